import type { Replication } from '@mra/registry';
import type { FastifyBaseLogger } from 'fastify';

/** By so much replicas are behind when nothing changes. */
const BEAT_MS = 1000;

/**
 * Tells the replicas of the database once a second up to when they have everything, and notices when the database becomes a replica or
 * ceases to be one.
 * @returns what ends it
 */
export function keepBeating(replication: Replication, log: FastifyBaseLogger): () => Promise<void> {
  let timer: NodeJS.Timeout;
  const beat = async (): Promise<void> => {
    const wasReplica = replication.isReplica;
    // A database that does not answer is told of by the requests that need it.
    await replication.beat().catch((error) => log.debug({ err: error }, 'no heartbeat'));
    const { isReplica } = replication;
    if (isReplica !== wasReplica) log.warn({ isReplica }, 'the database has changed its part in the replication');
    timer = setTimeout(beat, BEAT_MS).unref();
  };
  timer = setTimeout(beat).unref();
  return async () => clearTimeout(timer);
}
