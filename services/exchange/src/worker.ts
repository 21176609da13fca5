import { type Exchange, listenToOutbox, sendHeartbeats } from '@mra/exchange';
import { createPool } from '@mra/registry';
import { startDeliveries } from './deliveries.ts';
import { startJobs } from './jobs.ts';
import { type Loop, startLoop } from './loop.ts';
import { startReceivers } from './receivers.ts';
import { refreshShares } from './refresh-shares.ts';

export interface WorkerOptions {
  readonly exchange: Exchange;
  /** For the connections of the jobs. `session`: not behind a pooler, where nobody can listen. */
  readonly database: { readonly url: string; readonly session: boolean };
  /** Longer than transmitters hold an answer (ours for 25 s), and no longer: a network that swallows everything tells nobody. */
  readonly pollTimeoutSeconds?: number;
}

export interface ExchangeWorker {
  /** Ends what is under way and resolves within a second; what was not finished, the next worker does. */
  stop(): Promise<void>;
}

/** How often it is looked for streams that have been quiet: the shortest cadence is a second. */
const HEARTBEATS_MS = 500;

/**
 * Does the work of the exchange that nobody asks for: tells partners what changed, fetches what they tell, loads and compares. Any
 * number of workers may share one database.
 */
export async function startExchangeWorker({
  exchange,
  database,
  pollTimeoutSeconds = 40,
}: WorkerOptions): Promise<ExchangeWorker> {
  const { log } = exchange;
  const listening = exchange.outbox === undefined && database.session ? listenHere(exchange, database.url) : null;
  const heard: Exchange = listening === null ? exchange : { ...exchange, outbox: listening.bell };
  const jobs = await startJobs({ exchange: heard, database }).catch(async (error) => {
    await listening?.stop();
    throw error;
  });
  const loops: readonly Loop[] = [
    jobs,
    startLoop({ name: 'shares', log }, (signal) => refreshShares(heard, signal)),
    startLoop({ name: 'heartbeats', log }, async () => {
      await sendHeartbeats(heard);
      return HEARTBEATS_MS;
    }),
    startDeliveries(heard),
    startReceivers(heard, { pollTimeoutMs: pollTimeoutSeconds * 1000 }),
  ];
  log.info({}, 'exchange worker started');
  return {
    async stop() {
      await Promise.all(loops.map((loop) => loop.stop()));
      await listening?.stop();
      log.info({}, 'exchange worker stopped');
    },
  };
}

/** Where the process does not listen for other reasons. */
function listenHere({ log }: Exchange, url: string) {
  const pool = createPool({ url, max: 1, applicationName: 'aeo-mra-listen' });
  const bell = listenToOutbox(pool, log);
  return {
    bell,
    async stop() {
      await bell.close();
      await pool.end();
    },
  };
}
