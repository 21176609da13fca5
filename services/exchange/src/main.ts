/** `node services/exchange/src/main.ts`: the work of the exchange as a process of its own, beside one or more of the API. */
import { setTimeout as pause } from 'node:timers/promises';
import { createLogger } from '@mra/http';
import { createPool, isMigrated, openDatabase } from '@mra/registry';
import { createEnding, databaseFailure, type Ending, listenFailure, reportFailure, StartFailure } from '@mra/service';
import { readWorkerConfig, type WorkerConfig } from './config.ts';
import { serveHealth } from './health.ts';
import { openExchange } from './open-exchange.ts';
import { startExchangeWorker } from './worker.ts';

type Log = ReturnType<typeof createLogger>;

/** The API applies the migrations, and may start at the same time. */
const MIGRATED_WITHIN_MS = 60_000;
const STOP_MS = 1500;

async function start(config: WorkerConfig, log: Log, ending: Ending): Promise<void> {
  const url = config.databaseUrl.reveal();
  const session = !config.databasePooler;
  await waitForMigrations(url, session, log);
  const local = new Set(config.localAdministrations);
  const opened = await openExchange({
    ...config,
    keysFile: config.exchangeKeysFile,
    issuer: config.publicUrl,
    isLocal: (administration) => local.has(administration),
    database: { url, session, prepare: config.databasePrepare },
    log,
    ending,
  });
  ending.add(() => Promise.race([opened.close(), pause(100)]));
  const health = await serveHealth(opened.exchange, config).catch((error) => {
    throw listenFailure(error, config.host, config.port);
  });
  ending.add(async () => {
    health.close();
    health.closeAllConnections();
  });
  const { pollTimeoutSeconds } = config;
  const worker = await startExchangeWorker({
    exchange: opened.exchange,
    database: { url, session },
    pollTimeoutSeconds,
  });
  ending.add(() => Promise.race([worker.stop(), pause(STOP_MS)]));
}

/** @throws StartFailure of one line */
async function waitForMigrations(url: string, session: boolean, log: Log): Promise<void> {
  const pool = createPool({ url, session, max: 1, role: null, applicationName: 'aeo-mra-start' });
  const db = openDatabase(pool, { prepare: session });
  const deadline = performance.now() + MIGRATED_WITHIN_MS;
  let isTold = false;
  try {
    const { rows } = await pool.query<{ replica: boolean }>('select pg_is_in_recovery() as replica').catch((error) => {
      throw databaseFailure('DATABASE_URL', error);
    });
    if (rows[0]?.replica) throw new StartFailure('DATABASE_URL is a streaming replica; the worker needs its primary');
    while (!(await isMigrated(db).catch(() => false))) {
      if (performance.now() > deadline)
        throw new StartFailure('The database lacks migrations: start the API, or npm run migrate, first');
      if (!isTold) log.info('waiting for the migrations of the database');
      isTold = true;
      await pause(500);
    }
  } finally {
    await db.destroy();
  }
}

let log = createLogger('info');
const ending = createEnding((error) => log.fatal({ err: error }, 'the worker failed'));
try {
  const config = readWorkerConfig(process.env);
  log = createLogger(config.logLevel);
  await start(config, log, ending);
} catch (error) {
  if (!ending.hasBegun) {
    reportFailure(error, log);
    await ending.end(1);
  }
}
