import { type ImportQuery, problem } from '@mra/contracts';
import { countWork, type Pace, type Recording, RecordingTooSlow, recordAhead } from '@mra/registry';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Dependencies } from '../../dependencies.ts';
import { write } from '../../write.ts';
import { applyList } from './apply-list.ts';
import type { ReceivedList } from './receive-list.ts';

/** A list that has arrived, and in whose name it is applied. */
export interface ListToWrite extends ReceivedList {
  readonly query: ImportQuery;
  readonly administration: string;
  readonly source: string | null;
  readonly maxAgeSeconds: number;
}

/**
 * Applies a list in one recording, made as far ahead as it will take, and answers the request. A list that turns out to take another
 * time than foreseen is begun anew.
 * @throws REMOVALS_NOT_ALLOWED, IDEMPOTENCY_KEY_REUSED, SERVICE_UNAVAILABLE
 */
export async function writeList(
  dependencies: Pick<Dependencies, 'db' | 'networks'>,
  request: FastifyRequest,
  reply: FastifyReply,
  list: ListToWrite,
  pace: Pace,
): Promise<FastifyReply> {
  const { db, networks } = dependencies;
  const { query, upload, staged, administration, source, bodyHash } = list;
  const { accepted: lines } = staged;
  const actor = { administration, copies: source !== null };
  const author = { client: request.caller.clientId, ...actor };
  const work = await countWork(db, author, { upload, programme: query.programme, mode: query.mode, source });
  const onRestart = (restart: object) => request.log.warn(restart, 'a list takes another time than foreseen');
  return recordAhead({ work, lines, pace, onRestart }, (ahead, watch) => {
    const apply = async (recording: Recording) => {
      const network = await networks.current(recording.tx);
      return { status: 200, body: await applyList(recording, network, list, watch(recording)) };
    };
    return write(dependencies, request, reply, actor, apply, { bodyHash, aheadSeconds: ahead });
  }).catch((error) => {
    throw error instanceof RecordingTooSlow ? tooSlow() : error;
  });
}

const tooSlow = () =>
  problem('SERVICE_UNAVAILABLE', {
    detail: 'The list could not be applied in the time foreseen for it; nothing was changed.',
    headers: { 'retry-after': '60' },
  });
