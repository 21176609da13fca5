import { beforeAll, expect, test, vi } from 'vitest';
import { createPartneredNodes, type TestNode } from '../support/exchange-nodes.ts';
import { aMember, membersOf } from '../support/members.ts';
import { isPoll, tamperWith } from './tamper.ts';

/** What RFC 8936 asks of the requests of a recipient, by section: the polls of a worker as they arrive. */

vi.setConfig({ testTimeout: 60_000 });

const BAD = 'a-set-that-is-none';
const NUMBERS = ['DEAEOF00000001', 'DEAEOF00000002', 'DEAEOF00000003'];

interface Poll {
  readonly type: string | undefined;
  readonly language: string | undefined;
  readonly body: {
    readonly ack?: readonly string[];
    readonly setErrs?: Readonly<Record<string, unknown>>;
    readonly returnImmediately?: unknown;
    readonly maxEvents?: unknown;
  };
  /** Names of what was returned. */
  returned: readonly string[];
}

let eu: TestNode;
let jp: TestNode;
const polls: Poll[] = [];
beforeAll(async () => {
  ({ eu, jp } = await createPartneredNodes({ cadenceSeconds: 10 }));
  tamperWith(eu, isPoll, async ({ body, headers, pass }) => {
    const poll: Poll = {
      type: headers['content-type'],
      language: headers['content-language'],
      body: JSON.parse(body),
      returned: [],
    };
    polls.push(poll);
    const isTold = polls.some((one) => one.body.setErrs?.[BAD] !== undefined);
    const reply = await pass(
      JSON.stringify({ ...poll.body, setErrs: {}, ...(!isTold && { returnImmediately: true }) }),
    );
    const { sets, ...rest } = JSON.parse(reply.body);
    const returned = { ...(!isTold && { [BAD]: 'no token' }), ...sets };
    poll.returned = Object.keys(returned);
    return { ...reply, body: JSON.stringify({ ...rest, sets: returned }) };
  });
  for (const number of NUMBERS) await membersOf(eu.api).put(number, aMember());
  await eu.startWorker();
  await jp.startWorker();
});

const complaints = () => polls.filter(({ body }) => body.setErrs !== undefined);

test('2: it MUST acknowledge receipt: every SET that came is named by a later poll, in ack or in setErrs', async () => {
  for (const number of NUMBERS) await membersOf(eu.api).event(number, { type: 'suspended' });
  await vi.waitFor(
    () => {
      const returned = new Set(polls.flatMap((poll) => poll.returned));
      const named = polls.flatMap(({ body }) => [...(body.ack ?? []), ...Object.keys(body.setErrs ?? {})]);
      expect(returned.size).toBeGreaterThan(NUMBERS.length);
      expect(new Set(named)).toEqual(returned);
    },
    { timeout: 40_000, interval: 100 },
  );
  expect(Object.keys(complaints()[0]?.body.setErrs ?? {})).toEqual([BAD]);
});

test('2.2: JSON with the types that the parameters have', () => {
  for (const { type, body } of polls) {
    expect(type).toBe('application/json');
    expect(body).toMatchObject({
      maxEvents: expect.any(Number),
      returnImmediately: expect.any(Boolean),
      ack: expect.any(Array),
    });
  }
});

test('2.4.2: a poll that needs to return immediately MUST say so, one that may wait does not', () => {
  // The partner may count as settled what it is told of: whatever else there is must not wait behind that.
  expect(complaints().map(({ body }) => body.returnImmediately)).toEqual([true]);
  expect(polls.some(({ body }) => body.returnImmediately === false)).toBe(true);
});

test('2.6: a request with errors says in which language they are, others do not', () => {
  expect(complaints().map(({ language }) => language)).toEqual(['en']);
  const others = polls.filter(({ body }) => body.setErrs === undefined);
  expect(new Set(others.map(({ language }) => language))).toEqual(new Set([undefined]));
});
