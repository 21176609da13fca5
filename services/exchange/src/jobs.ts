import { buildSnapshot, compareDigest, type Exchange, inExchange, readPartner } from '@mra/exchange';
import type { BackoffLimits } from '@mra/exchange-protocol';
import { type JobWithMetadata, PgBoss, type QueueOptions } from 'pg-boss';
import { type DueJob, findDueJobs } from './due-jobs.ts';
import { nextAttempt, OURS, reasonOf } from './failure.ts';
import { noteFailed, noteWorking } from './inbound-stream.ts';
import { loadFrom } from './load-from.ts';
import { type Loop, startLoop } from './loop.ts';
import { prune } from './prune.ts';

export interface JobsOptions {
  readonly exchange: Exchange;
  readonly database: { readonly url: string; readonly session: boolean };
}

/** What to do with one thing: a snapshot, or a partner. */
type Work = (exchange: Exchange, subject: string, signal: AbortSignal) => Promise<void>;

interface Queue {
  readonly work: Work;
  /** How many this process does at once: a partner that is slow must not hold up another. */
  readonly atOnce: number;
  readonly options: QueueOptions;
  /** Of work that calls a partner, which its operations are to know of: how long to wait after failures. */
  readonly calls?: { readonly what: string; readonly backoff: BackoffLimits };
}

/** As long as they fail, jobs stay in their queue and wait ever longer; one that never ends is given up by its expiry. */
const PATIENT = { retryLimit: 10_000, retryBackoff: true, heartbeatSeconds: 20, deleteAfterSeconds: 3600 };

const QUEUES: Readonly<Record<DueJob['name'] | 'prune', Queue>> = {
  'build-snapshot': {
    work: async (exchange, snapshotId, signal) => void (await buildSnapshot(exchange, snapshotId, { signal })),
    atOnce: 2,
    options: { ...PATIENT, retryDelay: 1, retryDelayMax: 30, expireInSeconds: 3600 },
  },
  'load-snapshot': {
    work: loadFrom,
    atOnce: 4,
    options: { ...PATIENT, retryDelay: 1, retryDelayMax: 60, expireInSeconds: 6 * 3600 },
    calls: { what: 'loading a snapshot', backoff: { baseSeconds: 2, maxSeconds: 60 } },
  },
  'compare-digest': {
    work: compareWith,
    atOnce: 2,
    options: { ...PATIENT, retryDelay: 5, retryDelayMax: 900, expireInSeconds: 6 * 3600 },
    calls: { what: 'comparing digests', backoff: { baseSeconds: 10, maxSeconds: 900 } },
  },
  prune: {
    work: (exchange, _, signal) => prune(exchange, signal),
    atOnce: 1,
    options: { ...PATIENT, retryDelay: 60, retryDelayMax: 900, expireInSeconds: 3600 },
  },
};

const LOOK_AGAIN_MS = 1000;
const PRUNED_AT = '23 * * * *';

/**
 * Long work, each piece done by one worker at a time and again until it is done: building and loading snapshots, comparing digests,
 * pruning. What is due stands in the tables of the exchange; the queues (pg-boss, schema `jobs`) know who is at it and when to try again.
 */
export async function startJobs({ exchange, database }: JobsOptions): Promise<Loop> {
  const { log } = exchange;
  const stopping = new AbortController();
  const boss = new PgBoss({
    connectionString: database.url,
    ...(database.session && { options: '-c role=mra_service -c timezone=UTC' }),
    application_name: 'aeo-mra-jobs',
    max: 3,
    schema: 'jobs',
    // The owner of the tables migrates them (db/migrations/0015); the services may neither alter nor rebuild anything.
    ...{ migrate: false, createSchema: false, reindex: false, monitorVacuum: false },
    ...{ superviseIntervalSeconds: 10, monitorIntervalSeconds: 10 },
  });
  boss.on('error', (error) => log.warn({ err: error }, 'the queue of jobs has a failure'));
  await boss.start();
  const workers = new Map<string, string>();
  for (const [name, queue] of Object.entries(QUEUES)) {
    const { atOnce, options } = queue;
    await boss.createQueue(name, { ...options, policy: 'exclusive' });
    await boss.updateQueue(name, options);
    const id = await boss.work(
      name,
      { localConcurrency: atOnce, pollingIntervalSeconds: 2, includeMetadata: true },
      async ([job]: JobWithMetadata<{ subject: string }>[]) => {
        if (job !== undefined) await run(job, queue);
      },
    );
    workers.set(name, id);
  }
  await boss.schedule('prune', PRUNED_AT, { subject: 'everything' }, { singletonKey: 'everything' });

  async function run(job: JobWithMetadata<{ subject: string }>, { work, calls }: Queue): Promise<void> {
    const { id, name, data, signal } = job;
    const { subject } = data;
    try {
      await work(exchange, subject, AbortSignal.any([signal, stopping.signal]));
    } catch (error) {
      if (stopping.signal.aborted) throw error;
      log.warn({ job: name, subject, err: error }, 'a job failed and is tried again');
      // One that was given up may be with another worker already.
      if (calls === undefined || signal.aborted) throw error;
      return postpone(job, error, calls);
    }
    if (calls !== undefined && job.retryCount > 0) await noteWorking(exchange, subject, id);
  }

  /** Puts a job about a partner off, by the rules of polls in place of the queue's own, and tells operations. */
  async function postpone(
    { id, name, data, retryCount }: JobWithMetadata<{ subject: string }>,
    error: unknown,
    { what, backoff }: NonNullable<Queue['calls']>,
  ): Promise<void> {
    const failures = retryCount + 1;
    const nextAttemptAt = nextAttempt(error, failures, exchange.now(), backoff);
    const reason = `${what}: ${reasonOf(error) ?? OURS}`;
    await noteFailed(exchange, data.subject, { error: reason, failures, nextAttemptAt });
    // The queue's own wait is a second or more: nobody takes the job in between.
    await boss.fail(name, id, { reason });
    await boss.update(name, undefined, { id, startAfter: new Date(nextAttemptAt) });
  }

  const loop = startLoop({ name: 'jobs', log }, async () => {
    for (const { name, subject } of await findDueJobs(exchange)) {
      const id = await boss.send(name, { subject }, { singletonKey: subject });
      const worker = workers.get(name);
      if (id !== null && worker !== undefined) boss.notifyWorker(worker);
    }
    return LOOK_AGAIN_MS;
  });
  return {
    wake: loop.wake,
    async stop() {
      stopping.abort();
      await loop.stop();
      // Jobs under way go back into their queues, for the next worker.
      await boss.stop({ graceful: false });
    },
  };
}

async function compareWith(exchange: Exchange, code: string, signal: AbortSignal): Promise<void> {
  const partner = await inExchange(exchange.db, (tx) => readPartner(tx, code));
  if (partner === null) return;
  // Where what differs is refused, a full snapshot is due, and its job has the patience.
  await compareDigest(exchange, partner, { signal });
}
