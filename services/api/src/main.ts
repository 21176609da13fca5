/** `npm start`: the API with its database, from the environment to the first request. */
import type { AddressInfo } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { EmbeddedDatabaseError } from '@mra/embedded-database';
import type { OpenedExchange } from '@mra/exchange-worker';
import { createAuthenticator, createLogger, type HttpApp, type TrustedIssuer } from '@mra/http';
import {
  createDecider,
  createNetworkCache,
  createPool,
  createReplication,
  type Database,
  measureWaits,
  type NetworkCache,
  openDatabase,
} from '@mra/registry';
import { createEnding, databaseFailure, type Ending, listenFailure, reportFailure, StartFailure } from '@mra/service';
import { createRemoteJWKSet } from 'jose';
import { buildApp } from './app.ts';
import { type Config, readConfig } from './config.ts';
import { describeStart } from './describe-start.ts';
import { type DevelopmentIssuer, openDevelopmentIssuer } from './development-issuer.ts';
import { openConfiguredExchange, startConfiguredWorker } from './exchange.ts';
import { findDatabase } from './find-database.ts';
import { keepBeating } from './heartbeat.ts';
import { createMetrics } from './metrics.ts';
import { partnerIssuers } from './partner-issuers.ts';
import { prepareDatabase } from './prepare-database.ts';
import { loadDemo } from './seeds/demo.ts';
import { loadReference } from './seeds/reference.ts';
import { addressOf, NEWCOMER, startMessage } from './start-message.ts';

type Log = ReturnType<typeof createLogger>;

/** By how much the clocks of issuers may differ from ours. */
const CLOCK_TOLERANCE_SECONDS = 5;
/** Then a key that an issuer has withdrawn is gone here too; tokens signed with it that are remembered are so for as long again at most. */
const KEYS_KEPT_MS = 300_000;
/** Beside those of the pool: one for health checks, one for the heartbeat. */
const RESERVED_CONNECTIONS = 2;
/** For a connection; beyond that nothing more is taken in. After five times as long the pool gives up. */
const MOST_WAIT_MS = 1000;
/** For the work of the exchange that is under way at the end; what is not finished, the next worker does. */
const WORKER_STOP_MS = 300;
/** For requests under way at the end; the embedded database needs up to 1.4 s of the two seconds for itself. */
const DRAIN_MS = { embedded: 400, own: 1500 };

async function start(config: Config, log: Log, ending: Ending): Promise<void> {
  let isServing = false;
  // What was added first ends last.
  ending.add(async () => {
    if (isServing) log.info({}, 'service stopped');
  });
  if (config.isProduction && config.databaseUrl === null) log.warn('production on the embedded database');
  const addresses = await findDatabase(config, log, ending);
  const { migrations, isReplica } = await prepareDatabase(addresses);
  if (migrations.length > 0) log.info({ migrations }, 'migrations applied');

  const connect = (max: number) =>
    createPool({
      url: addresses.url.reveal(),
      max,
      session: addresses.session,
      onError: (error) => {
        // Those that the end cuts off are no news.
        if (!ending.hasBegun) log.warn({ err: error }, 'a database connection was lost');
      },
    });
  const pool = connect(config.databasePoolSize);
  const db = openDatabase(pool, { prepare: config.databasePrepare });
  const reserved = openDatabase(connect(RESERVED_CONNECTIONS), { prepare: config.databasePrepare });
  // A connection still at work is cut off by the end of the process.
  ending.add(() => Promise.race([Promise.all([db.destroy(), reserved.destroy()]), pause(100)]));
  const longestWait = measureWaits(pool);
  const networks = createNetworkCache(db);
  const isLocal = localityOf(config);
  await pool.query('select').catch((error) => {
    throw databaseFailure('DATABASE_URL', error);
  });
  const replication = createReplication(reserved, { isReplica });
  ending.add(keepBeating(replication, log));
  if (isReplica) log.info('read-only: the database is a streaming replica');
  else await loadSeeds(config, log, db, networks, isLocal);

  const development = config.tokenIssuers === null ? await openIssuer(config) : null;
  const opened = isReplica ? null : await openConfiguredExchange(config, addresses, isLocal, log, ending);
  const app = await buildApp({
    db,
    reserved,
    networks,
    decider: createDecider(db, networks),
    authenticate: createAuthenticator({
      issuers: issuersOf(config, development, opened),
      audience: config.tokenAudience,
      algorithms: config.tokenAlgorithms,
      clockToleranceSeconds: CLOCK_TOLERANCE_SECONDS,
    }),
    logger: log,
    metrics: createMetrics({ pool, replication }),
    replication,
    replicaMaxLagSeconds: config.replicaMaxLagSeconds,
    overload: { mostUnderWay: config.mostRequestsUnderWay, isBehind: () => longestWait() > MOST_WAIT_MS },
    isLocal,
    partnerCadenceSeconds: config.partnerCadenceSeconds,
    exchange: opened?.exchange ?? null,
    rateLimit: config.rateLimit,
    trustedProxies: config.trustedProxies,
    now: () => new Date().toISOString(),
  });
  if (ending.hasBegun) return;
  ending.add(() => closeApp(app, config.databaseUrl === null ? DRAIN_MS.embedded : DRAIN_MS.own));
  await app.listen({ host: config.host, port: config.port }).catch((error) => {
    throw listenFailure(error, config.host, config.port);
  });
  isServing = true;
  log.info(describeStart(config, app.server.address() as AddressInfo), 'service started');
  const worker = await startConfiguredWorker(config, addresses, opened);
  if (worker !== null) ending.add(() => Promise.race([worker.stop(), pause(WORKER_STOP_MS)]));
  // Whoever pastes what is printed then pastes no lines of the log.
  log.flush();
  await greet(app, config, development, isLocal);
}

async function loadSeeds(
  config: Config,
  log: Log,
  db: Database,
  networks: NetworkCache,
  isLocal: (administration: string) => boolean,
): Promise<void> {
  const reference = await loadReference(db);
  if (reference.length > 0) log.info({ files: reference }, 'reference data loaded');
  await seeLocalAdministrations(config, networks);
  const members = config.demoMembers ? await loadDemo(db, networks, isLocal) : 0;
  if (members > 0) log.info({ members }, 'demonstration members loaded');
}

async function openIssuer({ dataDir }: Config): Promise<DevelopmentIssuer> {
  return openDevelopmentIssuer(dataDir).catch((error: Error) => {
    throw new StartFailure(error.message, { cause: error });
  });
}

/** Partners' own tokens are for development, like the development issuer. */
function issuersOf(
  { tokenIssuers, isProduction }: Config,
  development: DevelopmentIssuer | null,
  opened: OpenedExchange | null,
): readonly TrustedIssuer[] {
  const configured = (tokenIssuers ?? []).map(({ issuer, jwksUrl }) => ({
    issuer,
    jwks: createRemoteJWKSet(jwksUrl, { cacheMaxAge: KEYS_KEPT_MS }),
  }));
  const partners = opened === null || isProduction ? [] : partnerIssuers(opened.exchange, opened.partners);
  return [...(development === null ? configured : [development]), ...partners];
}

function localityOf({ localAdministrations }: Config): (administration: string) => boolean {
  if (localAdministrations === null) return () => true;
  const local = new Set(localAdministrations);
  return (administration) => local.has(administration);
}

/** @throws StartFailure that names the codes of LOCAL_ADMINISTRATIONS that no administration of the network has */
async function seeLocalAdministrations({ localAdministrations }: Config, networks: NetworkCache): Promise<void> {
  const { administrations } = await networks.current();
  const unknown = (localAdministrations ?? []).filter((code) => !administrations.has(code));
  if (unknown.length > 0)
    throw new StartFailure(`LOCAL_ADMINISTRATIONS names no administration of the network: ${unknown.join(', ')}`);
}

/** From its beginning readiness is refused; requests that outlast the time given are cut off. */
async function closeApp(app: HttpApp, drainMs: number): Promise<void> {
  const closed = app.close();
  await Promise.race([closed, pause(drainMs)]);
  app.server.closeAllConnections();
}

async function greet(
  app: HttpApp,
  config: Config,
  development: DevelopmentIssuer | null,
  isLocal: (administration: string) => boolean,
): Promise<void> {
  if (config.isProduction) return;
  const { port } = app.server.address() as AddressInfo;
  const hasExamples = development !== null && config.demoMembers && isLocal(NEWCOMER.administration);
  const token = hasExamples ? await development.sign({ ...NEWCOMER, audience: config.tokenAudience }) : null;
  process.stdout.write(`\n${startMessage(addressOf(config.host, port), token)}\n`);
}

let log = createLogger('info');
const ending = createEnding((error) => log.fatal({ err: error }, 'the service failed'));
try {
  const config = readConfig(process.env);
  log = createLogger(config.logLevel);
  await start(config, log, ending);
} catch (error) {
  if (!ending.hasBegun) {
    reportFailure(error, log, [EmbeddedDatabaseError]);
    await ending.end(1);
  }
}
