import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Exchange, Partner } from '@mra/exchange';
import {
  type ExchangeEvent,
  PUSH,
  readEvent,
  type StreamConfiguration,
  type VerifiedSet,
  verifySet,
} from '@mra/exchange-protocol';
import type { Scope } from '@mra/http';
import type { InjectOptions, LightMyRequestResponse } from 'fastify';
import { afterAll, beforeAll, beforeEach } from 'vitest';
import { as, createTestApi, type TestApi } from '../support/api.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { createTestExchange, type TestExchangeOptions } from '../support/exchange.ts';
import { membersOf } from '../support/members.ts';
import { clearExchange, runTimers } from './streams.ts';

/** The EU as transmitter, and JP as the receiver of its stream, in the tests of the former. */
export interface Transmitter {
  readonly database: TestDatabase;
  readonly api: TestApi;
  /** With a clock that `clock.ahead` (seconds) moves. */
  readonly exchange: Exchange;
  readonly clock: { ahead: number };
  readonly members: ReturnType<typeof membersOf>;
  readonly log: Record<string, unknown>[];
  /** A call as JP unless told otherwise. */
  call(method: Method, url: string, payload?: unknown, as?: Caller): Promise<LightMyRequestResponse>;
  /** A new stream to JP, whose base is complete. */
  stream(request?: object, as?: Caller): Promise<StreamConfiguration>;
  poll(stream: Pick<StreamConfiguration, 'stream_id'>, request?: object): Promise<Answered>;
  /** A SET of the EU, verified as JP would; @throws what is wrong with it */
  read(compact: string, stream: Pick<StreamConfiguration, 'stream_id'>): Promise<Received>;
  /** Makes members whose numbers end in these. */
  publish(...endings: readonly number[]): Promise<void>;
  /** Whether somebody waits for a lock. */
  isWaiting(): Promise<boolean>;
  /** Removes streams and members. */
  clear(): Promise<void>;
}

type Method = NonNullable<InjectOptions['method']>;

export interface Caller {
  /** Null: a broker. */
  readonly administration?: string | null;
  readonly scopes?: readonly Scope[];
}

export interface Answered {
  readonly status: number;
  readonly moreAvailable: boolean;
  readonly sets: Readonly<Record<string, string>>;
  /** In order of `seq`. */
  readonly events: readonly Received[];
}

export interface Received {
  readonly set: VerifiedSet;
  readonly event: ExchangeEvent;
}

const EXCHANGE: readonly Scope[] = ['exchange'];

export const JP_ISSUER = 'https://jp.test';
export const NUMBER = 'DEAEOF00000001';
export const STREAMS = '/exchange/streams';
/** What might be a stream and is none. */
export const UNKNOWN = '00000000-0000-4000-8000-000000000000';

/**
 * The EU of all tests of a file, and a receiver to which it may push. Each test finds neither streams nor members, and a receiver that
 * nothing has reached and that accepts all.
 */
export function shareTransmitter(partner: Partial<Partner> = {}): {
  readonly eu: Transmitter;
  readonly receiver: Receiver;
} {
  const eu = {} as Transmitter;
  const receiver = {} as Receiver;
  beforeAll(async () => {
    await aReceiver(receiver);
    const pushOrigins = [receiver.origin, ...(partner.pushOrigins ?? [])];
    Object.assign(eu, await aTransmitter({ ...partner, pushOrigins }));
  });
  beforeEach(async () => {
    receiver.arrivals.length = 0;
    receiver.answer = accept;
    await eu.clear();
  });
  return { eu, receiver };
}

export async function aTransmitter(
  partner: Partial<Partner> = {},
  options: Partial<Omit<TestExchangeOptions, 'partners'>> = {},
): Promise<Transmitter> {
  const database = await createTestDatabase();
  const { exchange: made, log } = await createTestExchange(database, {
    partners: [{ code: 'JP', issuer: JP_ISSUER, ...partner }, { code: 'US' }],
    ...options,
  });
  const clock = { ahead: 0 };
  const exchange = { ...made, now: () => new Date(Date.now() + clock.ahead * 1000).toISOString() };
  const api = await createTestApi(database, { exchange });
  const call: Transmitter['call'] = async (method, url, payload, { scopes = EXCHANGE, administration = 'JP' } = {}) => {
    const headers = await as(scopes, administration ?? undefined);
    const content = typeof payload === 'string' ? { 'content-type': 'application/json' } : {};
    return api.app.inject({
      method,
      url,
      headers: { ...headers, ...content },
      ...(payload !== undefined && { payload: payload as object }),
    });
  };
  const members = membersOf(api);
  const read: Transmitter['read'] = async (compact, { stream_id }) => {
    const audience = partner.issuer ?? JP_ISSUER;
    const verified = await verifySet(compact, {
      keys: await exchange.keys.jwks(),
      issuer: exchange.issuer,
      audience,
    });
    if (!verified.ok) throw new Error(`${verified.err}: ${verified.description}`);
    const reading = readEvent(verified.set, stream_id);
    if (!reading.ok) throw new Error(`${reading.description} ${JSON.stringify(reading.errors)}`);
    return { set: verified.set, event: reading.event };
  };
  return {
    ...{ database, api, exchange, clock, log, call, read },
    members,
    async stream(request = {}, caller = {}) {
      const created = await call('POST', '/exchange/streams', request, caller);
      if (created.statusCode !== 201) throw new Error(created.body);
      await runTimers(database);
      return created.json();
    },
    async poll({ stream_id }, request = {}) {
      const answer = await call('POST', `/exchange/streams/${stream_id}/poll`, { returnImmediately: true, ...request });
      const { sets = {}, moreAvailable = false } = answer.json();
      const events = await Promise.all(Object.values<string>(sets).map((compact) => read(compact, { stream_id })));
      events.sort((a, b) => (a.event.seq ?? 0) - (b.event.seq ?? 0));
      return { status: answer.statusCode, moreAvailable, sets, events };
    },
    async publish(...endings) {
      for (const ending of endings) await members.put(`DEAEOF${String(ending).padStart(8, '0')}`);
    },
    async isWaiting() {
      const { rows } = await database.asOwner(
        `select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`,
      );
      return rows.length > 0;
    },
    async clear() {
      clock.ahead = 0;
      await database.asOwner('delete from exchange_report');
      await clearExchange(database);
    },
  };
}

export const seqsOf = (events: readonly Received[]): readonly (number | null)[] => events.map(({ event }) => event.seq);
export const namesOf = (events: readonly Received[]): readonly string[] => events.map(({ event }) => event.name);
export const jtisOf = (events: readonly Received[]): string[] => events.map(({ set }) => set.jti);

export interface Arrival {
  readonly headers: IncomingHttpHeaders;
  readonly method: string | undefined;
  readonly body: string;
  /** Requests that had arrived and were not answered, this one included. */
  readonly atOnce: number;
}

export type Reply = { readonly status: number; readonly headers?: Record<string, string>; readonly body?: string };

/** A receiver of pushed events, over real HTTP, that records what arrives and answers as it is told. */
export interface Receiver {
  readonly origin: string;
  readonly delivery: { readonly method: string; readonly endpoint_url: string };
  readonly arrivals: Arrival[];
  /** What is answered; `null`: the connection is cut, `'silent'`: nothing is. 202 when left alone. */
  answer: (arrival: Arrival, index: number) => Promise<Reply | null | 'silent'> | Reply | null | 'silent';
  close(): Promise<void>;
}

const accept: Receiver['answer'] = () => ({ status: 202 });

/** @param receiver what becomes it */
export async function aReceiver(receiver = {} as Receiver): Promise<Receiver> {
  let underWay = 0;
  const server = createServer((request, response) => {
    serve(request, response).catch(() => response.destroy());
  });
  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    underWay += 1;
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const { headers, method } = request;
    const arrival = { headers, method, body: Buffer.concat(chunks).toString('utf8'), atOnce: underWay };
    receiver.arrivals.push(arrival);
    const reply = await receiver.answer(arrival, receiver.arrivals.length - 1);
    underWay -= 1;
    if (reply === 'silent') return;
    if (reply === null) response.destroy();
    else response.writeHead(reply.status, reply.headers).end(reply.body);
  }
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const close = async (): Promise<void> => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  };
  afterAll(close);
  const made: Receiver = {
    origin,
    delivery: { method: PUSH, endpoint_url: `${origin}/exchange/events` },
    arrivals: [],
    answer: accept,
    close,
  };
  return Object.assign(receiver, made);
}
