import { type ImportQuery, problem } from '@mra/contracts';
import { countChangedLines, RecordingTooSlow } from '@mra/registry';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Dependencies } from '../../dependencies.ts';
import { write } from '../../write.ts';
import { aheadSeconds } from './ahead-seconds.ts';
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
 * Applies a list in one recording, made as far ahead as it will take, and answers the request; a list that takes longer than foreseen
 * gets one more attempt with twice the time.
 * @throws REMOVALS_NOT_ALLOWED, IDEMPOTENCY_KEY_REUSED, SERVICE_UNAVAILABLE
 */
export async function writeList(
  dependencies: Pick<Dependencies, 'db' | 'networks'>,
  request: FastifyRequest,
  reply: FastifyReply,
  list: ListToWrite,
): Promise<FastifyReply> {
  const { db, networks } = dependencies;
  const { query, upload, staged, administration, source, bodyHash } = list;
  const actor = { administration, copies: source !== null };
  const author = { client: request.caller.clientId, ...actor };
  const changed = await countChangedLines(db, author, { upload, programme: query.programme, source });
  const seconds = aheadSeconds(changed, staged.accepted);
  const attempt = (ahead: number): Promise<FastifyReply> =>
    write(
      dependencies,
      request,
      reply,
      actor,
      async (recording) => {
        const network = await networks.current(recording.tx);
        return { status: 200, body: await applyList(recording, network, list) };
      },
      { bodyHash, aheadSeconds: ahead },
    );
  return attempt(seconds)
    .catch(ifTooSlow(() => attempt(2 * seconds)))
    .catch(ifTooSlow(giveUp));
}

const ifTooSlow =
  <T>(then: () => T) =>
  (error: unknown): T => {
    if (error instanceof RecordingTooSlow) return then();
    throw error;
  };

function giveUp(): never {
  throw problem('SERVICE_UNAVAILABLE', {
    detail: 'The list could not be applied in the time foreseen for it; nothing was changed.',
    headers: { 'retry-after': '60' },
  });
}
