import { buildApp } from '@mra/api';
import {
  buildSnapshot,
  createExchange,
  type Exchange,
  type Partner,
  type PartnerClient,
  type PartnerRequest,
  PartnerUnreachable,
  readRequestedSnapshots,
} from '@mra/exchange';
import { createLogger, type HttpApp } from '@mra/http';
import { createDecider, createNetworkCache, createPool, type Decider, openDatabase } from '@mra/registry';
import type { LightMyRequestResponse } from 'fastify';
import { as, createTestApi } from '../../support/api.ts';
import { createTestDatabase, type TestDatabase } from '../../support/database.ts';
import { aPartner, createTestKeys } from '../../support/exchange.ts';
import { type Crash, type Life, lifeOf } from './crash.ts';
import { setClockAhead } from './database-clock.ts';

export type Code = 'EU' | 'JP';
export const CODES: readonly Code[] = ['EU', 'JP'];

/** A deployment that may die at any statement and begins anew with nothing but its database. */
export interface ModelNode {
  readonly code: Code;
  /** What a test looks at, which no crash ends. */
  readonly database: TestDatabase;
  readonly decider: Decider;
  /** The other one, as registered here. */
  readonly partner: Partner;
  /** Seconds by which the clock of its processes is ahead of that of its database. */
  ahead: number;
  /** What becomes of an event that it pushes: the answer, or an error where there is none. */
  onPush: (compact: string) => Promise<Answer>;
  /** The same database as its processes see it. */
  readonly work: TestDatabase;
  readonly exchange: Exchange;
  readonly isDead: boolean;
  /** The partner's call. @throws PartnerUnreachable when it is dead, or dies */
  serve(request: PartnerRequest): Promise<LightMyRequestResponse>;
  /** It is to die there; null: no more. */
  expect(crash: Crash | null): void;
  /** Kills it, unless it has died, and starts it again. */
  restart(): Promise<void>;
}

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: string;
}

interface Process {
  readonly life: Life;
  readonly work: TestDatabase;
  readonly exchange: Exchange;
  /** Built when it is first called. */
  app: Promise<HttpApp> | null;
}

const issuerOf = (code: Code) => `https://${code.toLowerCase()}.test`;

/**
 * Two deployments, each a partner of the other, with no network between them but the hands of the test.
 * @param clocks seconds by which the clocks of their databases are ahead of that of this machine
 */
export async function createModelNodes(
  clocks: Readonly<Record<Code, number>> = { EU: 0, JP: 0 },
): Promise<Readonly<Record<Code, ModelNode>>> {
  const keys = { EU: await createTestKeys(), JP: await createTestKeys() };
  const nodes: Partial<Record<Code, ModelNode>> = {};
  for (const code of CODES) {
    const other = code === 'EU' ? 'JP' : 'EU';
    const terms = { code: other, actsAs: code, issuer: issuerOf(other), jwks: await keys[other].jwks() };
    nodes[code] = await createNode(
      { code, keys: keys[code], partner: aPartner(terms), clock: clocks[code] },
      () => nodes[other] as ModelNode,
    );
  }
  return nodes as Record<Code, ModelNode>;
}

interface Parts {
  readonly code: Code;
  readonly keys: Exchange['keys'];
  readonly partner: Partner;
  readonly clock: number;
}

async function createNode({ code, keys, partner, clock }: Parts, other: () => ModelNode): Promise<ModelNode> {
  const database = await createTestDatabase();
  if (clock !== 0) await setClockAhead(database, clock);
  const { dependencies } = await createTestApi(database);
  let started = 0;
  const start = (): Process => {
    started += 1;
    const applicationName = `mra-model-${code}-${started}`;
    const pool = createPool({ url: database.url, max: 4, applicationName });
    // Of this database: another file may have its nodes on the same server.
    const end = `
      select pg_terminate_backend(pid, 5000) from pg_stat_activity where datname = current_database() and application_name = $1`;
    const life = lifeOf(pool, () => database.asOwner(end, [applicationName]));
    const db = openDatabase(pool);
    const networks = createNetworkCache(db);
    const log = createLogger('silent');
    const made = createExchange({ db, networks, issuer: issuerOf(code), keys, log, isProduction: false });
    const now = () => new Date(Date.now() + (clock + node.ahead) * 1000).toISOString();
    const exchange = { ...made, now, client: clientOf(node, other) };
    return { life, work: { ...database, db, networks }, exchange, app: null };
  };
  const buildApi = async ({ exchange, work }: Process): Promise<HttpApp> => {
    const { db, networks } = work;
    const isLocal = (administration: string) => administration === code;
    const decider = createDecider(db, networks);
    const app = await buildApp({
      ...dependencies,
      db,
      networks,
      decider,
      exchange,
      isLocal,
      logger: createLogger('silent'),
    });
    await app.ready();
    return app;
  };
  let process: Process;
  const node: ModelNode = {
    ...{ code, database, partner, ahead: 0, decider: createDecider(database.db, database.networks) },
    onPush: () => Promise.reject(new Error('nothing is pushed now')),
    get work() {
      return process.work;
    },
    get exchange() {
      return process.exchange;
    },
    get isDead() {
      return process.life.isOver;
    },
    async serve({ method, url, body, contentType = 'application/json' }) {
      if (process.life.isOver) throw new PartnerUnreachable(`${code} is dead`);
      process.app ??= buildApi(process);
      const { pathname, search } = new URL(url);
      const answer = await (await process.app).inject({
        ...{ method, url: `${pathname}${search}` },
        headers: {
          ...(await as(['exchange'], partner.code)),
          ...(body !== undefined && { 'content-type': contentType }),
        },
        ...(body !== undefined && { payload: body }),
      });
      // What its worker does when a snapshot was asked for; where it dies at it, its API is gone too.
      if (method === 'POST' && pathname === '/exchange/snapshots')
        await buildRequested(process.exchange).catch(unlessDead);
      if (process.life.isOver) throw new PartnerUnreachable(`${code} has died`);
      return answer;
    },
    expect: (crash) => process.life.expect(crash),
    async restart() {
      await process.life.end();
      const { app } = process;
      process = start();
      await (await app)?.close();
    },
  };
  const unlessDead = (error: unknown): void => {
    if (!process.life.isOver) throw error;
  };
  process = start();
  return node;
}

async function buildRequested(exchange: Exchange): Promise<void> {
  for (const id of await readRequestedSnapshots(exchange)) await buildSnapshot(exchange, id);
}

/** Pushes go where the test has them; all other calls reach the other node. */
function clientOf(here: ModelNode, other: () => ModelNode): PartnerClient {
  const headersOf = ({ headers }: LightMyRequestResponse) =>
    new Headers(
      Object.entries(headers).flatMap(([name, value]) => (value === undefined ? [] : [[name, String(value)]])),
    );
  return {
    async send(_partner, request) {
      if (request.url.endsWith('/exchange/events')) return here.onPush(request.body ?? '');
      const answer = await other().serve(request);
      return { status: answer.statusCode, headers: headersOf(answer), body: answer.body };
    },
    async open(_partner, request) {
      const answer = await other().serve(request);
      const body = new Blob([new Uint8Array(answer.rawPayload)]).stream();
      return { status: answer.statusCode, headers: headersOf(answer), body };
    },
  };
}
