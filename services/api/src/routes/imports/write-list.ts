import { type ImportQuery, problem } from '@mra/contracts';
import { countWork, holdReaders, type Recording, RecordingTooSlow } from '@mra/registry';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Dependencies } from '../../dependencies.ts';
import { write } from '../../write.ts';
import { aheadSeconds, type Pace } from './ahead-seconds.ts';
import { applyList } from './apply-list.ts';
import type { ReceivedList } from './receive-list.ts';
import { WillBeEarly, WillBeLate, watchPace } from './watch-pace.ts';

/** A list that has arrived, and in whose name it is applied. */
export interface ListToWrite extends ReceivedList {
  readonly query: ImportQuery;
  readonly administration: string;
  readonly source: string | null;
  readonly maxAgeSeconds: number;
}

/** So often it may turn out that a list will be late, and once that it will be early. The last attempt has the time that it has. */
const LATE_MAX = 4;

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
  let ahead = aheadSeconds(work, lines, pace);
  let late = 0;
  let early = 0;
  for (;;) {
    const mayRestart = { sooner: late + early === 0, later: late < LATE_MAX };
    const apply = async (recording: Recording) => {
      const inHand = { work, ahead, pace, mayRestart, holdReaders: () => holdReaders(recording) };
      const onProgress = watchPace(inHand);
      const network = await networks.current(recording.tx);
      return { status: 200, body: await applyList(recording, network, list, onProgress) };
    };
    try {
      return await write(dependencies, request, reply, actor, apply, { bodyHash, aheadSeconds: ahead });
    } catch (error) {
      if (!(error instanceof RecordingTooSlow)) throw error;
      if (error instanceof WillBeEarly) early += 1;
      else late += 1;
      if (late > LATE_MAX) throw tooSlow();
      const measured = aheadSeconds(work, lines, pace, 1 + late);
      request.log.warn({ announced: ahead, measured, late }, 'a list takes another time than foreseen');
      ahead = error instanceof WillBeLate || error instanceof WillBeEarly ? measured : Math.max(2 * ahead, measured);
    }
  }
}

const tooSlow = () =>
  problem('SERVICE_UNAVAILABLE', {
    detail: 'The list could not be applied in the time foreseen for it; nothing was changed.',
    headers: { 'retry-after': '60' },
  });
