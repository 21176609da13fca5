import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { loadDemo, partnerIssuers } from '@mra/api';
import { createExchange, type Exchange, listenToOutbox, type Partner, registerPartners } from '@mra/exchange';
import { type ExchangeWorker, startExchangeWorker } from '@mra/exchange-worker';
import { createLogger } from '@mra/http';
import { createPool, openDatabase } from '@mra/registry';
import { afterAll } from 'vitest';
import { as, createTestApi, type TestApi, testAuthenticator } from './api.ts';
import { createTestDatabase, type TestDatabase } from './database.ts';
import { aPartner, createTestKeys, type TestKeys } from './exchange.ts';

/** A complete deployment of one administration: database, API on the loopback interface, exchange, keys. */
export interface TestNode {
  /** Its administration. */
  readonly code: string;
  /** Where its API listens: PUBLIC_URL. */
  readonly url: string;
  readonly database: TestDatabase;
  readonly exchange: Exchange;
  readonly keys: TestKeys;
  readonly api: TestApi;
  /** The other node as it is registered here. */
  readonly partner: Partner;
  /** Lines of the log of exchange and worker, parsed. */
  readonly log: Record<string, unknown>[];
  /** Starts another worker on this node's database; any number may run. */
  startWorker(): Promise<ExchangeWorker>;
  /** Ends all workers that were started. */
  stopWorkers(): Promise<void>;
  /** What becomes of requests before the API sees them: give true for one that is dealt with. Null: nothing. */
  intercept: ((request: IncomingMessage, response: ServerResponse) => boolean) | null;
  /** Cuts every open connection and refuses new ones, as a network that is down; `connect` undoes it. */
  disconnect(): void;
  connect(): void;
  /** The answer to whether a trader is recognised, as a caller who acts for the node. */
  ask(question: Readonly<Record<string, string>>): Promise<Record<string, unknown>>;
}

export interface NodesOptions {
  /** How each receives; both poll when left out. */
  readonly receiveBy?: Readonly<Partial<Record<'EU' | 'JP', Partner['receiveBy']>>>;
  readonly cadenceSeconds?: number;
  /** Whether each has the demonstration members of its own programmes. */
  readonly demo?: boolean;
  readonly alg?: 'EdDSA' | 'ES256';
  /** How each knows the keys of the other: pinned (default), or fetched from its address. */
  readonly keysBy?: 'pinned' | 'address';
}

/** Two deployments, EU and JP, each a partner of the other; ended with the tests of the file. No worker runs yet. */
export async function createPartneredNodes(options: NodesOptions = {}): Promise<{ eu: TestNode; jp: TestNode }> {
  const { cadenceSeconds = 60, alg = 'EdDSA', keysBy = 'pinned', receiveBy = {} } = options;
  const make = async (code: 'EU' | 'JP') => ({
    code,
    database: await createTestDatabase(),
    keys: await createTestKeys(alg),
    front: await openFront(),
  });
  const [eu, jp] = [await make('EU'), await make('JP')];
  const partnerOf = async (here: 'EU' | 'JP', there: typeof eu): Promise<Partner> =>
    aPartner({
      code: there.code,
      actsAs: here,
      issuer: there.front.url,
      receiveBy: receiveBy[here] ?? 'poll',
      cadenceSeconds,
      ...(keysBy === 'pinned'
        ? { jwks: await there.keys.jwks() }
        : { jwks: null, jwksUrl: `${there.front.url}/.well-known/jwks.json` }),
    });
  return {
    eu: await startNode({ ...eu, partner: await partnerOf('EU', jp), demo: options.demo ?? false }),
    jp: await startNode({ ...jp, partner: await partnerOf('JP', eu), demo: options.demo ?? false }),
  };
}

interface Parts {
  readonly code: string;
  readonly database: TestDatabase;
  readonly keys: TestKeys;
  readonly front: Front;
  readonly partner: Partner;
  readonly demo: boolean;
}

async function startNode({ code, database, keys, front, partner, demo }: Parts): Promise<TestNode> {
  // Of its own, as a deployment has it: a partner that hangs keeps a connection.
  const db = openDatabase(createPool({ url: database.url, max: 16, applicationName: 'mra-test-exchange' }));
  const { networks } = database;
  const isLocal = (administration: string) => administration === code;
  if (demo) await loadDemo(db, networks, isLocal);
  await registerPartners(db, [partner]);
  const log: Record<string, unknown>[] = [];
  const logger = createLogger('info', { write: (line) => void log.push(JSON.parse(line)) });
  const listening = createPool({ url: database.url, max: 1, applicationName: 'mra-test-listen' });
  const outbox = listenToOutbox(listening, logger);
  const exchange = createExchange({
    db,
    networks,
    issuer: front.url,
    keys,
    outbox,
    log: logger,
    isProduction: false,
    cooldownMs: 1000,
    failureCooldownMs: 200,
  });
  const api = await createTestApi(database, {
    exchange,
    isLocal,
    authenticate: testAuthenticator(partnerIssuers(exchange, [partner])),
  });
  const workers: ExchangeWorker[] = [];
  const node: TestNode = {
    ...{ code, url: front.url, database, exchange, keys, api, partner, log },
    async startWorker() {
      const worker = await startExchangeWorker({ exchange, database: { url: database.url, session: true } });
      workers.push(worker);
      return worker;
    },
    async stopWorkers() {
      await Promise.all(workers.splice(0).map((worker) => worker.stop()));
    },
    intercept: null,
    disconnect: front.disconnect,
    connect: front.connect,
    async ask(question) {
      const url = `/v1/recognition?${new URLSearchParams(question)}`;
      const headers = await as(['recognition:read'], code);
      return (await api.app.inject({ method: 'GET', url, headers })).json();
    },
  };
  front.serve((request, response) => {
    if (!node.intercept?.(request, response)) api.app.routing(request, response);
  });
  afterAll(async () => {
    await node.stopWorkers();
    await front.close();
    await outbox.close();
    await listening.end();
    await db.destroy();
  });
  return node;
}

/** A server that listens before there is an API to answer: each node must know the address of the other. */
interface Front {
  readonly url: string;
  serve(handler: (request: IncomingMessage, response: ServerResponse) => void): void;
  disconnect(): void;
  connect(): void;
  close(): Promise<void>;
}

async function openFront(): Promise<Front> {
  let isConnected = true;
  const server: Server = createServer();
  server.on('connection', (socket) => {
    if (!isConnected) socket.destroy();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    serve: (handler) => void server.on('request', handler),
    disconnect() {
      isConnected = false;
      server.closeAllConnections();
    },
    connect() {
      isConnected = true;
    },
    async close() {
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeAllConnections();
      await closed;
    },
  };
}
