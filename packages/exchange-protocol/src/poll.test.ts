import fc from 'fast-check';
import { expect, test } from 'vitest';
import { PollRequest, PollResponse, planPoll, pollResponse, readPollResponse } from './poll.ts';
import { setError } from './set-errors.ts';

const outstanding = (...seqs: number[]) => seqs.map((seq) => ({ jti: `j${seq}`, seq }));
const plan = (events: ReturnType<typeof outstanding>, request: object = {}, limit?: number) =>
  planPoll(events, PollRequest.parse(request), limit === undefined ? {} : { limit });
const seqs = (events: readonly { seq: number }[]) => events.map(({ seq }) => seq);

test('an empty request is a poll with defaults (RFC 8936 section 2.2)', () => {
  expect(PollRequest.parse({})).toEqual({ returnImmediately: false, ack: [], setErrs: {} });
});

test('unacknowledged events are returned by seq, and come again until they are acknowledged', () => {
  const events = outstanding(3, 1, 2);
  for (const _ of [1, 2]) expect(seqs(plan(events).returned)).toEqual([1, 2, 3]);
  const { acknowledged, returned } = plan(events, { ack: ['j1', 'j3'] });
  expect([seqs(acknowledged), seqs(returned)]).toEqual([[1, 3], [2]]);
});

test('no more than maxEvents are returned, and moreAvailable says that there are (RFC 8936 sections 2.2, 2.3)', () => {
  const events = outstanding(1, 2, 3);
  expect(plan(events, { maxEvents: 2 })).toMatchObject({ returned: outstanding(1, 2), moreAvailable: true });
  expect(plan(events, { maxEvents: 3 })).toMatchObject({ returned: events, moreAvailable: false });
  expect(plan(events, { maxEvents: 100 }, 1)).toMatchObject({ returned: outstanding(1), moreAvailable: true });
});

test('maxEvents 0 acknowledges only, and returns at once only where it says so (RFC 8936 section 2.4.2: MUST)', () => {
  expect(plan(outstanding(1, 2), { maxEvents: 0, ack: ['j1'] })).toMatchObject({
    acknowledged: outstanding(1),
    returned: [],
    moreAvailable: true,
    wait: false,
  });
  expect(plan([], { maxEvents: 0 }).wait).toBe(true);
  expect(plan([], { maxEvents: 0, returnImmediately: true }).wait).toBe(false);
});

test('a poll waits only where there is nothing and it is not to return immediately (RFC 8936 section 2.2)', () => {
  expect(plan([]).wait).toBe(true);
  expect(plan([], { returnImmediately: true }).wait).toBe(false);
  expect(plan(outstanding(1)).wait).toBe(false);
  expect(plan(outstanding(1), { ack: ['j1'] }).wait).toBe(true);
});

test('of a paused stream nothing is returned, and what is acknowledged counts all the same', () => {
  const request = PollRequest.parse({ ack: ['j2'] });
  expect(planPoll(outstanding(1, 2, 3), request, { mayReturn: ({ seq }) => seq <= 1 })).toMatchObject({
    acknowledged: outstanding(2),
    returned: outstanding(1),
    moreAvailable: false,
  });
  const nothing = planPoll(outstanding(1, 2), PollRequest.parse({}), { mayReturn: () => false });
  expect(nothing).toMatchObject({ returned: [], moreAvailable: false, wait: true });
});

test('an event refused for what is in it is not sent again (RFC 8936 section 2.2)', () => {
  const error = setError('invalid_request', 'bad');
  expect(plan(outstanding(1, 2), { setErrs: { j1: error } })).toMatchObject({
    refused: [{ event: { seq: 1 }, error }],
    failed: [],
    acknowledged: [],
    returned: outstanding(2),
  });
});

test('an event refused for its key comes again: every other would be refused too', () => {
  const error = setError('invalid_key', 'unknown');
  expect(plan(outstanding(1, 2), { setErrs: { j1: error } })).toMatchObject({
    refused: [],
    failed: [{ event: { seq: 1 }, error }],
    returned: outstanding(1, 2),
  });
});

test('acknowledged and refused at once counts as refused; unknown ids are ignored', () => {
  const error = setError('invalid_request', 'bad');
  expect(plan(outstanding(1), { ack: ['j1', 'j9'], setErrs: { j1: error, j8: error } })).toMatchObject({
    acknowledged: [],
    refused: [{ event: { seq: 1 } }],
  });
});

test('each event is acknowledged, refused or still outstanding, and what is returned is the beginning of the latter', () => {
  const jtis = fc.subarray(['j1', 'j2', 'j3', 'j4', 'j5', 'j6']);
  const err = fc.constantFrom('invalid_request', 'invalid_key');
  fc.assert(
    fc.property(
      fc.shuffledSubarray(outstanding(1, 2, 3, 4, 5)),
      jtis,
      jtis,
      err,
      fc.nat({ max: 6 }),
      (events, ack, bad, code, max) => {
        const setErrs = Object.fromEntries(bad.map((jti) => [jti, { err: code, description: '' }]));
        const result = plan(events, { ack, setErrs, maxEvents: max });
        const settled = new Set([...seqs(result.acknowledged), ...result.refused.map(({ event }) => event.seq)]);
        const left = seqs(events)
          .filter((seq) => !settled.has(seq))
          .sort();
        expect(seqs(result.returned)).toEqual(left.slice(0, max));
        expect(result.moreAvailable).toBe(left.length > max);
        expect(result.acknowledged.every(({ jti }) => ack.includes(jti))).toBe(true);
      },
    ),
  );
});

test('sets is a JSON object of texts by jti, empty where there is none (RFC 8936 section 2.3: SHALL)', () => {
  expect(pollResponse([], false)).toEqual({ sets: {}, moreAvailable: false });
  const made = pollResponse(
    [
      { jti: '2', compact: 'a.b.c' },
      { jti: 'x', compact: 'd.e.f' },
    ],
    true,
  );
  expect(PollResponse.parse(JSON.parse(JSON.stringify(made)))).toEqual({
    sets: { 2: 'a.b.c', x: 'd.e.f' },
    moreAvailable: true,
  });
});

test('an answer without moreAvailable has no more (RFC 8936 section 2.3)', () => {
  expect(PollResponse.parse({ sets: {} }).moreAvailable).toBe(false);
});

test.each([
  ['a negative maxEvents', { maxEvents: -1 }],
  ['maxEvents as text', { maxEvents: '10' }],
  ['ack as text', { ack: 'j1' }],
  ['an error without a code', { setErrs: { j1: { description: 'bad' } } }],
])('%s is refused', (_, request) => {
  expect(PollRequest.safeParse(request).success).toBe(false);
});

test('as many acknowledgements and errors as a body may hold are one request (RFC 8936 section 2.2 names no limit)', () => {
  const names = Array.from({ length: 30_000 }, (_, index) => `j${index}`);
  const request = { ack: names, setErrs: Object.fromEntries(names.map((jti) => [jti, { err: 'x' }])) };
  expect(PollRequest.parse(request)).toMatchObject({ ack: names });
  expect(PollRequest.safeParse({ ack: Array(262_145).fill('a') }).success).toBe(false);
});

test('an answer is read set by set: a bad one says nothing about the others (RFC 8936 section 2.3)', () => {
  const long = 'j'.repeat(129);
  const body = `{"sets": {"a": "x.y.z", "${long}": "x", "__proto__": "y", "b": null}, "moreAvailable": "perhaps"}`;
  expect(readPollResponse(body)).toEqual([
    { jti: 'a', compact: 'x.y.z' },
    { jti: long, compact: 'x' },
    { jti: '__proto__', compact: 'y' },
    { jti: 'b', compact: null },
  ]);
  expect(readPollResponse('{"sets": {}}')).toEqual([]);
});

test.each(['', '[]', '{}', '{"sets": []}', '{"sets": {"a": "x.y', '{"sets": {"a": "x", "a": "y"}}'])(
  'what is no answer to a poll, such as one that was cut off, is not read: %s',
  (body) => {
    expect(readPollResponse(body)).toBeNull();
  },
);
