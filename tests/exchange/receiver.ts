import { randomUUID } from 'node:crypto';
import { type Exchange, type Partner, type ReceivedSet, receiveSets, type SetReceipt } from '@mra/exchange';
import {
  EVENT_TYPES,
  type EventName,
  memberSubject,
  SET_MEDIA_TYPE,
  SET_TYP,
  type Subject,
  streamSubject,
} from '@mra/exchange-protocol';
import { createDecider } from '@mra/registry';
import type { LightMyRequestResponse } from 'fastify';
import { SignJWT } from 'jose';
import { beforeAll, beforeEach, expect } from 'vitest';
import { as, createTestApi, type TestApi } from '../support/api.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { createTestExchange, type TestExchange } from '../support/exchange.ts';

/** The EU receives from JP, by push, and from US, by polling: the network without members, partners with pinned keys, streams. */

const EU = 'https://eu.test';
export const STREAMS = { JP: 'jp-to-eu', US: 'us-to-eu' } as const;

/** Numbers in the form of the programme, one for each index. */
export const numberOf = (index: number): string => `89900${String(index).padStart(8, '0')}0000`;
export const A = numberOf(1);
export const B = numberOf(2);

/** What `ask` gives. */
export const RECOGNISED = 'recognised RECOGNISED';
export const NOT_ACTIVE = 'not_recognised NOT_ACTIVE';
export const UNKNOWN = 'not_recognised UNKNOWN_TRADER';
export const STALE = 'indeterminate DATA_STALE';

/** What JP tells of one of its members: an exporter, active since 2019. */
export const aRecord = (number: string, changes: Readonly<Record<string, unknown>> = {}): Record<string, unknown> => ({
  programme: 'jp-aeo',
  number,
  version: 1,
  type: 'EXPORTER',
  statuses: [period('active', '2019-04-01')],
  identifiers: [],
  names: [{ name: 'Mihon Kaiun Co., Ltd. (demo)', kind: 'legal', language: 'en' }],
  addresses: [{ kind: 'registered', street: '7 Mihon-cho', city: 'Yokohama', country: 'JP' }],
  validFrom: '2019-04-01',
  validTo: null,
  issuingCountry: 'JP',
  issuingOffice: null,
  ...changes,
});

export const period = (status: string, from: string | null, to: string | null = null): Record<string, unknown> => ({
  component: 'EXPORTER',
  type: 'EXPORTER',
  status,
  from,
  to,
});

/** Active from 2019 until then, and from then on something else. */
export const since = (from: string, status = 'suspended'): Record<string, unknown> => ({
  statuses: [period('active', '2019-04-01', from), period(status, from)],
});

export interface EventChanges {
  readonly jti?: string;
  /** Claims in place of or beside those that the partner would send; undefined leaves one out. */
  readonly claims?: Readonly<Record<string, unknown>>;
  readonly header?: Readonly<Record<string, unknown>>;
  readonly payload?: Readonly<Record<string, unknown>>;
  readonly subject?: Subject;
  readonly toe?: string;
  /** In place of the partner's own. */
  readonly key?: Parameters<SignJWT['sign']>[0];
}

export type Sent = ReceivedSet & { readonly jti: string };

/** A partner that signs what it is told to send. */
export interface Sender {
  readonly partner: Partner;
  event(name: string, payload: object, changes?: EventChanges): Promise<Sent>;
  published(seq: number, record: object, changes?: EventChanges): Promise<Sent>;
  changed(seq: number, record: object, changes?: EventChanges): Promise<Sent>;
  ended(seq: number, number: string, changes?: EventChanges): Promise<Sent>;
  heartbeat(seq: number | null, state?: string | null, changes?: EventChanges): Promise<Sent>;
}

export interface Receiver {
  readonly database: TestDatabase;
  readonly exchange: Exchange;
  readonly partners: TestExchange['partners'];
  readonly api: TestApi;
  readonly jp: Sender;
  readonly us: Sender;
  /** Lines of the log of the exchange. */
  readonly log: Record<string, unknown>[];
  receive(sets: readonly ReceivedSet[], from?: Sender): Promise<readonly SetReceipt[]>;
  /** The same in one word each: the outcome, or the error code. */
  outcomes(sets: readonly ReceivedSet[], from?: Sender): Promise<readonly string[]>;
  /** `POST /exchange/events`, as JP unless told otherwise. */
  push(body: string, headers?: Readonly<Record<string, string>>): Promise<LightMyRequestResponse>;
  /** The answer about an identifier to the EU: outcome and reason. */
  ask(identifier: string, at?: string): Promise<string>;
  /** Every row that an answer about a member depends on, as text: equal texts are an unchanged registry. */
  registry(): Promise<string>;
  stream(partner?: string): Promise<Record<string, unknown>>;
  /** The place in the stream of JP up to which all has been applied. */
  lastApplied(): Promise<unknown>;
  rows(query: string, values?: readonly unknown[]): Promise<Record<string, unknown>[]>;
  /** Back to streams that were just made, their base being complete. */
  reset(): Promise<void>;
}

const REGISTRY = [
  'membership',
  'membership_record',
  'membership_status',
  'membership_consent',
  'membership_identifier',
  'membership_doubt',
  'copy',
];

/** The receiver of all tests of a file; each finds streams that were just made and no members. */
export function shareReceiver(): Receiver {
  const receiver = {} as Receiver;
  beforeAll(async () => void Object.assign(receiver, await createReceiver()));
  beforeEach(() => receiver.reset());
  return receiver;
}

/** A push that is refused as RFC 8935 section 2.3 has it, and without effect. */
export async function expectRefusal(receiver: Receiver, compact: string, err: string): Promise<void> {
  const before = await receiver.registry();
  const answer = await receiver.push(compact);
  expect([answer.statusCode, answer.json().err]).toEqual([400, err]);
  expect(await receiver.registry()).toBe(before);
}

export async function createReceiver(): Promise<Receiver> {
  const database = await createTestDatabase();
  const { exchange, partners, log } = await createTestExchange(database, {
    issuer: EU,
    partners: [{ code: 'JP', receiveBy: 'push' }, { code: 'US' }],
  });
  const api = await createTestApi(database, { exchange, isLocal: (code) => code === 'EU' });
  const decider = createDecider(database.db, database.networks);
  const rows = async (query: string, values: readonly unknown[] = []) => (await database.asOwner(query, values)).rows;
  const jp = await createSender(partners, 'JP', 'eu-jp-2010');
  const us = await createSender(partners, 'US', 'eu-us-2012');
  const receive: Receiver['receive'] = async (sets, from = jp) =>
    (await receiveSets(exchange, from.partner, sets)).receipts;
  const receiver: Receiver = {
    ...{ database, exchange, partners, api, jp, us, log, receive, rows },
    outcomes: async (sets, from) => (await receive(sets, from)).map(({ outcome, error }) => error?.err ?? outcome),
    push: async (body, headers = {}) =>
      api.app.inject({
        method: 'POST',
        url: '/exchange/events',
        headers: { ...(await as(['exchange'], 'JP')), 'content-type': SET_MEDIA_TYPE, ...headers },
        payload: body,
      }),
    ask: async (identifier, at) => {
      const question = { recogniser: 'EU', identifier, at: at ?? null, knownAt: null };
      const [answer] = await decider.ask([question], { administration: null });
      if (answer?.kind !== 'answered') throw new Error('not answered');
      return `${answer.decision.outcome} ${answer.decision.reason}`;
    },
    registry: async () =>
      JSON.stringify(
        await Promise.all(REGISTRY.map((table) => rows(`select t::text as row from ${table} t order by t::text`))),
      ),
    stream: async (partner = 'JP') =>
      (await rows('select * from inbound_stream where partner = $1', [partner]))[0] ?? {},
    lastApplied: async () => (await receiver.stream()).last_applied,
    reset: async () => {
      await database.asOwner(
        `with q as (delete from quarantine), e as (delete from inbound_event), r as (delete from exchange_report),
              d as (delete from membership_doubt), c as (delete from copy)
         update inbound_stream
            set stream_id = $1::jsonb ->> partner, last_applied = 0, needs_snapshot = false, snapshot_reason = null, heard_at = null,
                newest_seq = 0, expected_state = null, compared_at = now(), allow_shrink_to = null,
                applying = null, applying_until = null, snapshot_seq = 0, needed_seq = 0`,
        [JSON.stringify(STREAMS)],
      );
      await database.clear();
    },
  };
  await receiver.reset();
  return receiver;
}

/** @param agreement the one under which it tells of its members */
export async function createSender(
  partners: TestExchange['partners'],
  code: keyof typeof STREAMS,
  agreement: string,
): Promise<Sender> {
  const registered = partners[code];
  if (registered === undefined) throw new Error(`no partner ${code}`);
  const { partner, keys } = registered;
  const signing = await keys.signingKey();
  const event: Sender['event'] = async (name, payload, changes = {}) => {
    const { jti = randomUUID(), toe } = changes;
    const whole: Record<string, unknown> = { ...payload, ...changes.payload };
    const claims = {
      iss: partner.issuer,
      aud: EU,
      jti,
      iat: Math.floor(Date.now() / 1000),
      ...(toe !== undefined && { toe: Math.floor(Date.parse(toe) / 1000) }),
      txn: 'tests',
      sub_id: changes.subject ?? subjectOf(whole, STREAMS[code]),
      events: { [EVENT_TYPES[name as EventName] ?? name]: whole },
      ...changes.claims,
    };
    const header = { typ: SET_TYP, alg: signing.alg, kid: signing.kid, ...changes.header };
    const compact = await new SignJWT(JSON.parse(JSON.stringify(claims)))
      .setProtectedHeader(JSON.parse(JSON.stringify(header)))
      .sign(changes.key ?? signing.key);
    return { compact, jti };
  };
  return {
    partner,
    event,
    published: (seq, record, changes) => event('membershipPublished', { seq, agreement, record }, changes),
    changed: (seq, record, changes) => event('statusChanged', { seq, agreement, record }, changes),
    ended: (seq, number, changes) =>
      event('communicationEnded', { seq, agreement, member: { programme: 'jp-aeo', number } }, changes),
    heartbeat: (seq, state = null, changes) =>
      event('verification', { ...(seq !== null && { seq }), ...(state !== null && { state }) }, changes),
  };
}

function subjectOf(payload: Record<string, unknown>, stream: string): Subject {
  const named = (payload.record ?? payload.member) as { programme: string; number: string } | undefined;
  return typeof named?.number === 'string' ? memberSubject(named) : streamSubject(stream);
}
