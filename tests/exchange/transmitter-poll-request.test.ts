import type { LightMyRequestResponse } from 'fastify';
import { describe, expect, test } from 'vitest';
import { as } from '../support/api.ts';
import { jtisOf, seqsOf, shareTransmitter, type Transmitter } from './transmitter.ts';

/**
 * The form of a poll, member by member (RFC 8936 section 2.2), and its variations (2.4): what may be left out, what is ignored, and what is
 * answered with 400 (2.5.1). What each leads to is in transmitter-poll.test.ts.
 */

const { eu } = shareTransmitter();
const pollUrl = (id: string) => `/exchange/streams/${id}/poll`;
const error = (err = 'invalid_request') => ({ err, description: 'for a test' });

type Stream = Awaited<ReturnType<Transmitter['stream']>>;

/** A stream with events that nothing has been said of. */
async function aStreamWith(events: number): Promise<Stream> {
  const stream = await eu.stream();
  await eu.publish(...Array.from({ length: events }, (_, place) => place + 1));
  return stream;
}

const post = ({ stream_id }: Stream, body: unknown): Promise<LightMyRequestResponse> =>
  eu.call('POST', pollUrl(stream_id), body);

/** Names of all that is outstanding, oldest first. */
const outstanding = async (stream: Stream): Promise<readonly string[]> => jtisOf((await eu.poll(stream)).events);

/** A poll that is refused for its form, although it acknowledges an event: nothing of it takes effect. */
async function expectRefused(member: object): Promise<void> {
  const stream = await aStreamWith(2);
  const before = await outstanding(stream);
  const answer = await post(stream, { returnImmediately: true, ack: before.slice(0, 1), ...member });
  expect([answer.statusCode, answer.json().code]).toEqual([400, 'VALIDATION_FAILED']);
  const pointers = (answer.json().errors as { pointer: string }[]).map(({ pointer }) => pointer.split('/')[1]);
  expect(pointers).toEqual(expect.arrayContaining(Object.keys(member)));
  expect(await outstanding(stream)).toEqual(before);
}

describe('2.2 maxEvents', () => {
  test('OPTIONAL: without it, all that are available come', async () => {
    const stream = await aStreamWith(12);
    expect((await eu.poll(stream)).events).toHaveLength(12);
  });

  test.each([1, 12, 13, 100_000, 2_147_483_647])('%i: no more than that', async (maxEvents) => {
    const stream = await aStreamWith(12);
    const { status, events, moreAvailable } = await eu.poll(stream, { maxEvents });
    expect([status, events.length, moreAvailable]).toEqual([200, Math.min(maxEvents, 12), maxEvents < 12]);
  });

  test('0: none, and it is told that there are', async () => {
    const stream = await aStreamWith(2);
    expect(await eu.poll(stream, { maxEvents: 0 })).toMatchObject({ status: 200, events: [], moreAvailable: true });
  });

  test.each([[-1], [1.5], ['10'], [true], [null], [[10]], [1e300]])('an integer value: %j is refused', (maxEvents) =>
    expectRefused({ maxEvents }),
  );
});

describe('2.2 returnImmediately', () => {
  test('true: answered at once where there is nothing', async () => {
    const answer = await post(await eu.stream(), { returnImmediately: true });
    expect([answer.statusCode, answer.json().sets]).toEqual([200, {}]);
  });

  test('false, and left out: where there are events they come at once as well', async () => {
    const stream = await aStreamWith(1);
    for (const body of [{ returnImmediately: false }, {}])
      expect(Object.keys((await post(stream, body)).json().sets)).toHaveLength(1);
  });

  test.each([['true'], [1], [0], [null], [[]]])('a boolean value: %j is refused', (returnImmediately) =>
    expectRefused({ returnImmediately }),
  );
});

describe('2.2 ack', () => {
  test('left out or an empty array: nothing is acknowledged', async () => {
    const stream = await aStreamWith(2);
    for (const body of [{}, { ack: [] }]) expect(seqsOf((await eu.poll(stream, body)).events)).toEqual([1, 2]);
  });

  test('what is named twice is acknowledged once', async () => {
    const stream = await aStreamWith(2);
    const [first = ''] = await outstanding(stream);
    expect(seqsOf((await eu.poll(stream, { ack: [first, first] })).events)).toEqual([2]);
    const { rows } = await eu.database.asOwner('select outcome from outbox order by seq');
    expect(rows.map(({ outcome }) => outcome)).toEqual(['delivered', null]);
  });

  test('what is unknown is ignored beside what is known', async () => {
    const stream = await aStreamWith(2);
    const [first = ''] = await outstanding(stream);
    const { status, events } = await eu.poll(stream, { ack: ['none', first, '__proto__', 'constructor'] });
    expect([status, seqsOf(events)]).toEqual([200, [2]]);
  });

  test.each([['a'], [{ a: true }], [[1]], [[null]], [[['a']]], [null], [true]])(
    'a JSON array of strings: %j is refused',
    (ack) => expectRefused({ ack }),
  );
});

describe('2.2 setErrs', () => {
  test('left out or an empty object: nothing is refused', async () => {
    const stream = await aStreamWith(2);
    for (const body of [{}, { setErrs: {} }]) expect(seqsOf((await eu.poll(stream, body)).events)).toEqual([1, 2]);
  });

  test('about what is unknown or was acknowledged before: ignored, and nothing is reported', async () => {
    const stream = await aStreamWith(2);
    const [first = ''] = await outstanding(stream);
    await eu.poll(stream, { ack: [first] });
    const { status, events } = await eu.poll(stream, { setErrs: { [first]: error(), none: error() } });
    expect([status, seqsOf(events)]).toEqual([200, [2]]);
    const { rows } = await eu.database.asOwner('select outcome from outbox where seq = 1');
    expect(rows).toEqual([{ outcome: 'delivered' }]);
    expect((await eu.database.asOwner('select from exchange_report')).rowCount).toBe(0);
  });

  test('err may be of a later registry, description may be missing, and other members are ignored (2.6)', async () => {
    const stream = await aStreamWith(2);
    const [first = ''] = await outstanding(stream);
    const { status, events } = await eu.poll(stream, { setErrs: { [first]: { err: 'of_later', severity: 'high' } } });
    expect([status, seqsOf(events)]).toEqual([200, [2]]);
    const { rows } = await eu.database.asOwner('select outcome, error from outbox where seq = 1');
    expect(rows).toEqual([{ outcome: 'refused', error: { err: 'of_later', description: '' } }]);
  });

  test.each([
    [[]],
    [null],
    ['a'],
    [{ a: 'invalid_request' }],
    [{ a: null }],
    [{ a: [] }],
    [{ a: { description: 'why' } }],
    [{ a: { err: 1 } }],
    [{ a: { err: '' } }],
    [{ a: { err: 'invalid_request', description: 1 } }],
  ])('a JSON object of objects with err: %j is refused', (setErrs) => expectRefused({ setErrs }));
});

describe('2.2 The document', () => {
  test.each([{ jti: 'a' }, { MAXEVENTS: 1 }, { events: [], nested: { maxEvents: 0 } }])(
    'members that are none of these are ignored: %j',
    async (unknown) => {
      const stream = await aStreamWith(2);
      const { status, events } = await eu.poll(stream, unknown);
      expect([status, seqsOf(events)]).toEqual([200, [1, 2]]);
    },
  );

  test.each(['', ' ', 'null', 'true', '7', '"{}"', '[{}]', '{"ack": []', '{} {}'])(
    'what is no JSON object is refused: %j',
    async (body) => {
      const answer = await post(await eu.stream(), body);
      expect(answer.statusCode).toBe(400);
    },
  );

  test('it is JSON: nothing, and what is called otherwise, is refused', async () => {
    const { stream_id } = await eu.stream();
    const token = await as(['exchange'], 'JP');
    const request = { method: 'POST', url: pollUrl(stream_id) } as const;
    const nothing = await eu.api.app.inject({ ...request, headers: token });
    const headers = { ...token, 'content-type': 'text/plain' };
    const text = await eu.api.app.inject({ ...request, headers, payload: '{}' });
    expect([nothing.statusCode, text.statusCode]).toEqual([415, 415]);
  });
});

describe('2.4 The variations', () => {
  test('2.4.1 poll only: an empty object is a poll with all defaults', async () => {
    const stream = await aStreamWith(2);
    const answer = await post(stream, {});
    expect([answer.statusCode, Object.keys(answer.json().sets)]).toEqual([200, [...(await outstanding(stream))]]);
  });

  test('2.4.2 acknowledge only: with maxEvents 0 what is named is acknowledged, and no event is returned', async () => {
    const stream = await aStreamWith(3);
    const [first = '', ...others] = await outstanding(stream);
    const { events, moreAvailable } = await eu.poll(stream, { maxEvents: 0, ack: [first] });
    expect([events, moreAvailable]).toEqual([[], true]);
    expect(await outstanding(stream)).toEqual(others);
  });

  test('2.4.3 poll with acknowledgement: the same answer brings the next', async () => {
    const stream = await aStreamWith(3);
    const first = await eu.poll(stream, { maxEvents: 1 });
    const next = await eu.poll(stream, { maxEvents: 1, ack: jtisOf(first.events) });
    expect([seqsOf(next.events), next.moreAvailable]).toEqual([[2], true]);
  });

  test('2.4.4 poll with acknowledgement and errors: each counts for what it is about', async () => {
    const stream = await aStreamWith(3);
    const [a = '', b = ''] = await outstanding(stream);
    expect(seqsOf((await eu.poll(stream, { ack: [b], setErrs: { [a]: error() } })).events)).toEqual([3]);
    const { rows } = await eu.database.asOwner('select outcome from outbox order by seq');
    expect(rows.map(({ outcome }) => outcome)).toEqual(['refused', 'delivered', null]);
  });

  test('2.4.4 what is acknowledged and refused in one poll counts as refused: it may not have been applied', async () => {
    const stream = await aStreamWith(2);
    const [a = ''] = await outstanding(stream);
    expect(seqsOf((await eu.poll(stream, { ack: [a], setErrs: { [a]: error() } })).events)).toEqual([2]);
    expect((await eu.database.asOwner('select outcome from outbox where seq = 1')).rows).toEqual([
      { outcome: 'refused' },
    ]);
    expect(seqsOf((await eu.poll(stream, { ack: [a] })).events)).toEqual([2]);
  });
});
