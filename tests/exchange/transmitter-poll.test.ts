import { EVENT_TYPES } from '@mra/exchange-protocol';
import { decodeJwt } from 'jose';
import { describe, expect, test } from 'vitest';
import { as } from '../support/api.ts';
import { jtisOf, NUMBER, seqsOf, shareTransmitter } from './transmitter.ts';

/**
 * Every MUST and SHALL of RFC 8936 that binds who answers polls, by its section. Those about waiting (2.4.2, 2.5) are in
 * transmitter-idle.test.ts. Not tested here: TLS, its certificate and RFC 7525 (3, 4.3), which are those of the gateway in front of the API; the
 * threats of RFC 7521 section 8 (4.4), those of the authorisation server; agreements and consent (5), in sharing-terms.test.ts. How the
 * receiver behaves is in receiver-push-and-poll.test.ts and receiver-poll-requests.test.ts.
 */

const { eu, receiver } = shareTransmitter();
const refusal = (err: string) => ({ err, description: 'for a test' });
const pollUrl = (id: string) => `/exchange/streams/${id}/poll`;

describe('2.2 The request (OIDSSFTransmitterStreamVerificationPollOnlyTest, …PollAndAckTest, …SetErrsTest)', () => {
  test('maxEvents: no more are returned, the oldest first, and moreAvailable says that there are', async () => {
    const stream = await eu.stream();
    await eu.publish(1, 2, 3);
    const first = await eu.poll(stream, { maxEvents: 2 });
    expect([seqsOf(first.events), first.moreAvailable]).toEqual([[1, 2], true]);
    const next = await eu.poll(stream, { maxEvents: 2, ack: jtisOf(first.events) });
    expect([seqsOf(next.events), next.moreAvailable]).toEqual([[3], false]);
  });

  test('ack: what is acknowledged does not come again; what is not does, under the same jti (2.4)', async () => {
    const stream = await eu.stream();
    await eu.publish(1, 2, 3);
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
    await eu.publish(1);
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
    await eu.publish(1, 2);
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
    await eu.publish(1, 2);
    const [first = ''] = jtisOf((await eu.poll(stream)).events);
    const { events } = await eu.poll(stream, { setErrs: { [first]: refusal('invalid_key') } });
    expect(seqsOf(events)).toEqual([1, 2]);
    const { rows } = await eu.database.asOwner('select last_error from stream');
    expect(rows).toEqual([{ last_error: 'event 1: invalid_key for a test' }]);
  });

  test('as many as a body may hold can be acknowledged and refused at once', async () => {
    const stream = await eu.stream();
    await eu.publish(1, 2);
    const [a = '', b = ''] = jtisOf((await eu.poll(stream)).events);
    const none = Array.from({ length: 15_000 }, (_, n) => `none-${n}`);
    const setErrs = {
      ...Object.fromEntries(none.slice(0, 8000).map((jti) => [jti, { err: 'x' }])),
      [b]: refusal('invalid_request'),
    };
    const answer = await eu.poll(stream, { ack: [...none, a], setErrs });
    expect([answer.status, answer.events]).toEqual([200, []]);
  });
});

describe('2.3 The answer', () => {
  test('200 and JSON: each SET under its jti', async () => {
    const stream = await eu.stream();
    await eu.publish(1, 2);
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
    await eu.publish(1);
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

describe('2.5.1 Errors', () => {
  test.each([
    ['no JSON', '{"ack": ['],
    ['no object', '[]'],
    ['no body', ''],
    ['a negative maxEvents', { maxEvents: -1 }],
    ['maxEvents that is no number', { maxEvents: '10' }],
    ['returnImmediately that is no boolean', { returnImmediately: 'yes' }],
    ['ack that is no list', { ack: 'a' }],
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
    await eu.publish(1);
    const headers = await as(['exchange'], 'US');
    const answer = await eu.api.app.inject({ method: 'POST', url: pollUrl(stream_id), payload: {}, headers });
    expect([answer.statusCode, answer.body.includes('sets')]).toEqual([404, false]);
  });
});

test('the events of one poll are what the types say, and nothing but what the agreement names', async () => {
  const stream = await eu.stream();
  await eu.publish(1);
  await eu.members.event(NUMBER, { type: 'suspended', note: 'suspected smuggling' });
  const before = await eu.poll(stream);
  await eu.members.event(NUMBER, { type: 'consent_withdrawn', partners: ['JP'] });
  const after = await eu.poll(stream, { ack: jtisOf(before.events) });
  expect([...before.events, ...after.events].map(({ set }) => set.eventType)).toEqual([
    EVENT_TYPES.membershipPublished,
    EVENT_TYPES.statusChanged,
    EVENT_TYPES.communicationEnded,
  ]);
  for (const set of [...Object.values(before.sets), ...Object.values(after.sets)])
    expect(JSON.stringify(decodeJwt(set))).not.toMatch(/smuggling|consent|withdrawn/);
});
