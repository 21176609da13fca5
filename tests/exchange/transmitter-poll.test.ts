import { pollStream } from '@mra/exchange';
import { EVENT_TYPES, PollRequest } from '@mra/exchange-protocol';
import { decodeJwt } from 'jose';
import { beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { as, createTestApi } from '../support/api.ts';
import { aReceiver, aTransmitter, jtisOf, type Receiver, seqsOf, type Transmitter } from './transmitter.ts';

/**
 * Every MUST and SHALL of RFC 8936 that binds who answers polls, by its section. Not here: TLS and its certificates (sections 3, 4.3), which
 * are the gateway's, and how the receiver behaves.
 */

let eu: Transmitter;
let receiver: Receiver;
beforeAll(async () => {
  receiver = await aReceiver();
  eu = await aTransmitter({ pushOrigins: [receiver.origin] });
});
beforeEach(() => eu.clear());

const publish = async (...numbers: readonly number[]): Promise<void> => {
  for (const number of numbers) await eu.members.put(`DEAEOF0000000${number}`);
};
const refusal = (err: string) => ({ err, description: 'for a test' });
const pollUrl = (id: string) => `/exchange/streams/${id}/poll`;

describe('2.2 The request (OIDSSFTransmitterStreamVerificationPollOnlyTest, …PollAndAckTest, …SetErrsTest)', () => {
  test('maxEvents: no more are returned, the oldest first, and moreAvailable says that there are', async () => {
    const stream = await eu.stream();
    await publish(1, 2, 3);
    const first = await eu.poll(stream, { maxEvents: 2 });
    expect([seqsOf(first.events), first.moreAvailable]).toEqual([[1, 2], true]);
    const next = await eu.poll(stream, { maxEvents: 2, ack: jtisOf(first.events) });
    expect([seqsOf(next.events), next.moreAvailable]).toEqual([[3], false]);
  });

  test('ack: what is acknowledged does not come again; what is not does, under the same jti (2.4)', async () => {
    const stream = await eu.stream();
    await publish(1, 2, 3);
    const first = await eu.poll(stream);
    const [a = '', b = '', c = ''] = jtisOf(first.events);
    const second = await eu.poll(stream, { ack: [a, c] });
    expect(jtisOf(second.events)).toEqual([b]);
    expect(jtisOf((await eu.poll(stream)).events)).toEqual([b]);
    expect((await eu.poll(stream, { ack: [b] })).events).toEqual([]);
  });

  test('ack of what is unknown, of another partner or acknowledged before, has no effect', async () => {
    const stream = await eu.stream();
    const other = await eu.stream({}, { administration: 'US' });
    await publish(1);
    const theirs = await eu.call(
      'POST',
      pollUrl(other.stream_id),
      { returnImmediately: true },
      { administration: 'US' },
    );
    const [jti = ''] = Object.keys(theirs.json().sets);
    expect(seqsOf((await eu.poll(stream, { ack: [jti, 'none'] })).events)).toEqual([1]);
    const again = await eu.call(
      'POST',
      pollUrl(other.stream_id),
      { returnImmediately: true },
      { administration: 'US' },
    );
    expect(Object.keys(again.json().sets)).toEqual([jti]);
    const own = jtisOf((await eu.poll(stream)).events);
    for (const _ of [1, 2]) expect((await eu.poll(stream, { ack: own })).events).toEqual([]);
  });

  test('setErrs about an event: it is kept with its error, told to operations, and the next follows', async () => {
    const stream = await eu.stream();
    await publish(1, 2);
    const [bad = ''] = jtisOf((await eu.poll(stream)).events);
    const { events } = await eu.poll(stream, { setErrs: { [bad]: refusal('invalid_request') } });
    expect(seqsOf(events)).toEqual([2]);
    const { rows } = await eu.database.asOwner(
      `
      select o.outcome, o.error, r.kind, r.detail
        from outbox o join exchange_report r on r.partner = 'JP' where o.jti = $1`,
      [bad],
    );
    const error = { err: 'invalid_request', description: 'for a test' };
    const detail = { streamId: stream.stream_id, seq: 1, error };
    expect(rows).toEqual([{ outcome: 'refused', error, kind: 'delivery_refused', detail }]);
  });

  test('setErrs about keys or addresses: the order is kept, the event comes again, operations see why', async () => {
    const stream = await eu.stream();
    await publish(1, 2);
    const [first = ''] = jtisOf((await eu.poll(stream)).events);
    const { events } = await eu.poll(stream, { setErrs: { [first]: refusal('invalid_key') } });
    expect(seqsOf(events)).toEqual([1, 2]);
    const { rows } = await eu.database.asOwner('select last_error from stream');
    expect(rows).toEqual([{ last_error: 'event 1: invalid_key for a test' }]);
  });

  test('a thousand events can be acknowledged and refused at once', async () => {
    const stream = await eu.stream();
    await publish(1, 2);
    const [a = '', b = ''] = jtisOf((await eu.poll(stream)).events);
    const none = Array.from({ length: 999 }, (_, n) => `none-${n}`);
    const setErrs = Object.fromEntries([...none, b].map((jti) => [jti, refusal('invalid_request')]));
    expect((await eu.poll(stream, { ack: [...none, a], setErrs })).events).toEqual([]);
  });
});

describe('2.3 The answer', () => {
  test('200 and JSON: each SET under its jti', async () => {
    const stream = await eu.stream();
    await publish(1, 2);
    const answer = await eu.call('POST', pollUrl(stream.stream_id), { returnImmediately: true });
    expect([answer.statusCode, answer.headers['content-type']]).toEqual([200, 'application/json; charset=utf-8']);
    const sets = Object.entries<string>(answer.json().sets);
    expect(sets).toHaveLength(2);
    for (const [jti, set] of sets) expect(decodeJwt(set).jti).toBe(jti);
  });

  test('where there is none, sets SHALL be empty', async () => {
    const stream = await eu.stream();
    const answer = await eu.call('POST', pollUrl(stream.stream_id), { returnImmediately: true });
    expect([answer.statusCode, answer.json()]).toEqual([200, { sets: {}, moreAvailable: false }]);
  });

  test('many events come in answers of five hundred, none left out', async () => {
    const stream = await eu.stream();
    await eu.database.asOwner(
      `select append_stream_event($1, 'verification', jsonb_build_object('state', n::text), 'test') from generate_series(1, 1203) n,
              set_config('mra.exchange', 'on', false)`,
      [stream.stream_id],
    );
    const seen: (number | null)[] = [];
    const sizes: number[] = [];
    for (let ack: string[] = [], more = true; more; ) {
      const { events, moreAvailable } = await eu.poll(stream, { ack });
      seen.push(...seqsOf(events));
      sizes.push(events.length);
      [ack, more] = [jtisOf(events), moreAvailable];
    }
    expect(sizes).toEqual([500, 500, 203]);
    expect(seen).toEqual(Array.from({ length: 1203 }, (_, n) => n + 1));
  });

  test('large events make shorter answers, and moreAvailable says so', async () => {
    const stream = await eu.stream();
    await publish(1);
    await eu.database.asOwner(
      `insert into outbox (stream_id, seq, jti, event, membership_id, payload, toe, txn, committed_at)
       select o.stream_id, n, 'large-' || n, o.event, o.membership_id,
              jsonb_set(o.payload, '{record,names}',
                        (select jsonb_agg(jsonb_build_object('name', repeat('x', 190) || m, 'kind', 'legal', 'language', null))
                           from generate_series(1, 50) m)) || jsonb_build_object('seq', n),
              o.toe, o.txn, o.committed_at
         from outbox o, generate_series(2, 450) n where o.stream_id = $1 and o.seq = 1`,
      [stream.stream_id],
    );
    const { events, moreAvailable } = await eu.poll(stream);
    expect(moreAvailable).toBe(true);
    const next = await eu.poll(stream, { ack: jtisOf(events) });
    expect([...seqsOf(events), ...seqsOf(next.events)]).toEqual(Array.from({ length: 450 }, (_, n) => n + 1));
  });
});

describe('2.4.2, 2.5 Waiting (OIDSSFTransmitterStreamVerificationLongPollTest, …AckOnlyTest)', () => {
  /** A poll, and whether it is still held when later ones that do not wait have been answered. */
  const held = async (stream_id: string, request: object) => {
    let isAnswered = false;
    const answer = eu.call('POST', pollUrl(stream_id), request).finally(() => {
      isAnswered = true;
    });
    for (const _ of [1, 2, 3]) await eu.poll({ stream_id });
    return { answer, wasHeld: !isAnswered };
  };

  test('without returnImmediately the answer SHALL be delayed until an event is available', async () => {
    const stream = await eu.stream();
    const { answer, wasHeld } = await held(stream.stream_id, {});
    expect(wasHeld).toBe(true);
    await publish(1);
    expect(Object.keys((await answer).json().sets)).toHaveLength(1);
  });

  test('acknowledging only waits as well unless returnImmediately says otherwise, and then returns no events', async () => {
    const stream = await eu.stream();
    await publish(1);
    const ack = jtisOf((await eu.poll(stream)).events);
    const { answer, wasHeld } = await held(stream.stream_id, { maxEvents: 0, ack });
    expect(wasHeld).toBe(true);
    const { rows } = await eu.database.asOwner('select outcome from outbox');
    expect(rows).toEqual([{ outcome: 'delivered' }]);
    await publish(2);
    expect((await answer).json()).toEqual({ sets: {}, moreAvailable: true });
    const now = await eu.poll(stream, { maxEvents: 0 });
    expect(now).toMatchObject({ status: 200, events: [], moreAvailable: true });
  });

  test('a receiver that waits on a paused stream is answered when it is enabled', async () => {
    const stream = await eu.stream();
    const { stream_id } = stream;
    await eu.call('POST', '/exchange/streams/status', { stream_id, status: 'paused' });
    await publish(1);
    const { answer, wasHeld } = await held(stream_id, {});
    expect(wasHeld).toBe(true);
    await eu.call('POST', '/exchange/streams/status', { stream_id, status: 'enabled' });
    expect(Object.keys((await answer).json().sets)).toHaveLength(1);
  });

  test('when time is up, or the receiver has gone, the answer is empty', async () => {
    const { stream_id } = await eu.stream();
    const request = PollRequest.parse({});
    const nothing = { ok: true, response: { sets: {}, moreAvailable: false } };
    expect(await pollStream(eu.exchange, 'JP', stream_id, request, { holdMs: 50 })).toEqual(nothing);
    const gone = new AbortController();
    const waiting = pollStream(eu.exchange, 'JP', stream_id, request, { signal: gone.signal });
    gone.abort();
    expect(await waiting).toEqual(nothing);
  });

  test('held answers are given when the service ends', async () => {
    const { stream_id } = await eu.stream();
    const { app } = await createTestApi(eu.database, { exchange: eu.exchange });
    const headers = await as(['exchange'], 'JP');
    const waiting = app.inject({ method: 'POST', url: pollUrl(stream_id), payload: {}, headers });
    await eu.poll({ stream_id });
    await app.close();
    expect((await waiting).json()).toEqual({ sets: {}, moreAvailable: false });
  });

  test('a stream that is deleted meanwhile is told', async () => {
    const { stream_id } = await eu.stream();
    const { answer } = await held(stream_id, {});
    await eu.call('DELETE', `/exchange/streams?stream_id=${stream_id}`);
    expect((await answer).statusCode).toBe(404);
  });
});

describe('2.5.1 Errors', () => {
  test.each([
    ['no JSON', '{"ack": ['],
    ['no object', '[]'],
    ['no body', ''],
    ['a negative maxEvents', { maxEvents: -1 }],
    ['maxEvents that is no number', { maxEvents: '10' }],
    ['returnImmediately that is no boolean', { returnImmediately: 'yes' }],
    ['ack that is no list', { ack: 'a' }],
    ['more acknowledgements than are taken', { ack: Array.from({ length: 1001 }, (_, n) => `j${n}`) }],
    ['setErrs without an error', { setErrs: { a: {} } }],
  ])('an invalid poll SHALL be answered with 400: %s', async (_, body) => {
    const { stream_id } = await eu.stream();
    expect((await eu.call('POST', pollUrl(stream_id), body)).statusCode).toBe(400);
  });

  test('unknown fields are ignored', async () => {
    const stream = await eu.stream();
    expect((await eu.poll(stream, { hint: 'urgent' })).status).toBe(200);
  });

  test('404 to a stream that is none, 409 to one that is pushed', async () => {
    expect((await eu.poll({ stream_id: 'none' })).status).toBe(404);
    const stream = await eu.stream({ delivery: receiver.delivery });
    expect((await eu.poll(stream)).status).toBe(409);
  });
});

describe('3. Authentication (OIDSSFTransmitterPollEndpointAuthorizationTest)', () => {
  test('401 SHALL name the scheme', async () => {
    const { stream_id } = await eu.stream();
    const answer = await eu.api.app.inject({ method: 'POST', url: pollUrl(stream_id), payload: {} });
    expect([answer.statusCode, answer.headers['www-authenticate']]).toEqual([401, 'Bearer']);
  });

  test('another partner gets what there would be for no stream at all', async () => {
    const { stream_id } = await eu.stream();
    await publish(1);
    const headers = await as(['exchange'], 'US');
    const answer = await eu.api.app.inject({ method: 'POST', url: pollUrl(stream_id), payload: {}, headers });
    expect([answer.statusCode, answer.body.includes('sets')]).toEqual([404, false]);
  });
});

describe('Asking again: the replay of this exchange', () => {
  const replay = (stream_id: string, from: unknown) => eu.call('POST', '/exchange/streams/replay', { stream_id, from });
  const settled = async (...numbers: readonly number[]) => {
    const stream = await eu.stream();
    await publish(...numbers);
    const { events } = await eu.poll(stream);
    await eu.poll(stream, { ack: jtisOf(events) });
    return { stream, events };
  };

  test('202: events from there on come again under the jti that they had, refused ones too', async () => {
    const { stream, events } = await settled(1, 2);
    await publish(3);
    const [bad = ''] = jtisOf((await eu.poll(stream)).events);
    await eu.poll(stream, { setErrs: { [bad]: refusal('invalid_request') } });
    const answer = await replay(stream.stream_id, 2);
    expect([answer.statusCode, answer.json()]).toEqual([202, { stream_id: stream.stream_id, from: 2, to: 3 }]);
    const again = await eu.poll(stream);
    expect([seqsOf(again.events), jtisOf(again.events)]).toEqual([
      [2, 3],
      [jtisOf(events)[1], bad],
    ]);
    const { rows } = await eu.database.asOwner('select outcome, error from outbox where seq > 1');
    expect(rows).toEqual(Array(2).fill({ outcome: null, error: null }));
  });

  test('nothing to send again is no error', async () => {
    const { stream } = await settled(1);
    expect((await replay(stream.stream_id, 2)).json()).toMatchObject({ from: 2, to: 1 });
    expect((await eu.poll(stream)).events).toEqual([]);
  });

  test('410 where some are not kept any more, and nothing comes again', async () => {
    const { stream } = await settled(1, 2, 3);
    await eu.database.asOwner('delete from outbox where seq = 1');
    const answer = await replay(stream.stream_id, 1);
    expect(answer.json()).toMatchObject({
      status: 410,
      code: 'GONE',
      detail: 'The oldest that is kept is 2: load a snapshot.',
    });
    expect((await eu.poll(stream)).events).toEqual([]);
    expect((await replay(stream.stream_id, 2)).statusCode).toBe(202);
  });

  test('410 where a part between is not kept: it was dropped while the stream was disabled', async () => {
    const { stream } = await settled(1, 2);
    const { stream_id } = stream;
    await publish(3);
    for (const status of ['disabled', 'enabled'])
      await eu.call('POST', '/exchange/streams/status', { stream_id, status });
    expect((await replay(stream_id, 3)).statusCode).toBe(410);
    eu.clock.ahead = 60;
    await eu.call('POST', '/exchange/streams/verify', { stream_id });
    expect(seqsOf((await eu.poll(stream)).events)).toEqual([4]);
    for (const from of [1, 3]) expect((await replay(stream_id, from)).statusCode).toBe(410);
    expect((await replay(stream_id, 4)).statusCode).toBe(202);
  });

  test('410 to what was never sent: the transmitter has lost its memory, or the receiver is of another one', async () => {
    const { stream } = await settled(1);
    expect((await replay(stream.stream_id, 10)).statusCode).toBe(410);
  });

  test('400 to a place that is none, 404 to a stream that is none', async () => {
    const { stream } = await settled(1);
    for (const from of [0, -1, 1.5, '1', null]) expect((await replay(stream.stream_id, from)).statusCode).toBe(400);
    expect((await replay('none', 1)).statusCode).toBe(404);
  });
});

test('the events of one poll are what the types say, and nothing but what the agreement names', async () => {
  const stream = await eu.stream();
  await publish(1);
  await eu.members.event('DEAEOF00000001', { type: 'suspended', note: 'suspected smuggling' });
  await eu.members.event('DEAEOF00000001', { type: 'consent_withdrawn', partners: ['JP'] });
  const { events, sets } = await eu.poll(stream);
  expect(events.map(({ set }) => set.eventType)).toEqual([
    EVENT_TYPES.membershipPublished,
    EVENT_TYPES.statusChanged,
    EVENT_TYPES.communicationEnded,
  ]);
  for (const set of Object.values(sets))
    expect(JSON.stringify(decodeJwt(set))).not.toMatch(/smuggling|consent|withdrawn/);
});
