import { beforeAll, expect, test, vi } from 'vitest';
import { createPartneredNodes, type TestNode } from '../support/exchange-nodes.ts';
import { aMember, membersOf } from '../support/members.ts';
import { isPoll, tamperWith } from './tamper.ts';

/** What a partner returns to a poll beside its events is no reason to take none of them (RFC 8936 section 2.3). */

vi.setConfig({ testTimeout: 60_000 });

const LONG_NAME = 'j'.repeat(129);
const ENDLESS_NAME = 'e'.repeat(5000);

interface Poll {
  readonly setErrs?: Readonly<Record<string, { readonly err: string; readonly description: string }>>;
  readonly returnImmediately: boolean;
  readonly maxEvents: number;
}

let eu: TestNode;
let jp: TestNode;
const told = new Set<string>();
const polls: { readonly body: Poll; readonly language: string | undefined }[] = [];
beforeAll(async () => {
  ({ eu, jp } = await createPartneredNodes({ cadenceSeconds: 86_400 }));
  tamperWith(eu, isPoll, async ({ body, headers, pass }) => {
    const language = headers['content-language'];
    const asked: Poll = JSON.parse(body);
    polls.push({ body: asked, language });
    const refusals = Object.keys(asked.setErrs ?? {});
    // Once it does not understand what it is told.
    if (refusals.length > 0 && told.size === 0) {
      told.add('nothing');
      return { status: 400, body: '' };
    }
    for (const jti of refusals) told.add(jti);
    const odd = {
      'too-long': 'x'.repeat(2 * 1024 * 1024 + 1),
      [LONG_NAME]: 'x.y.z',
      'no-text': 7,
      ['__proto__']: 'x',
      '': 'x',
    };
    const untold = Object.entries(odd).filter(([jti]) => !told.has(jti));
    // It cannot be told of, and keeps the answers from being held.
    if (polls.length < 7) untold.push([ENDLESS_NAME, 'x']);
    // Whoever has something to return does not hold its answer; nor does our own transmitter know these names.
    const returnImmediately = asked.returnImmediately || untold.length > 0;
    const reply = await pass(JSON.stringify({ ...asked, returnImmediately, setErrs: {} }));
    const { sets, ...rest } = JSON.parse(reply.body);
    return { ...reply, body: JSON.stringify({ ...rest, sets: { ...Object.fromEntries(untold), ...sets } }) };
  });
  await membersOf(eu.api).put('DEAEOF00000001', aMember());
  await eu.startWorker();
  await jp.startWorker();
});

test('each is judged by itself: those that are too long, or badly named, are told so, and the others are taken', async () => {
  for (const [type, reason] of [
    ['', 'RECOGNISED'],
    ['suspended', 'NOT_ACTIVE'],
    ['reinstated', 'RECOGNISED'],
  ]) {
    if (type !== '') await membersOf(eu.api).event('DEAEOF00000001', { type });
    await vi.waitFor(
      async () => expect(await jp.ask({ recogniser: 'JP', identifier: 'DEAEOF00000001' })).toMatchObject({ reason }),
      { timeout: 30_000, interval: 50 },
    );
  }
  const complaint = await vi.waitFor(
    () => {
      const found = polls.find(({ body }) => body.setErrs !== undefined);
      expect(found).toBeDefined();
      return found;
    },
    { timeout: 30_000 },
  );
  const refused = { err: 'invalid_request', description: expect.any(String) };
  const { setErrs = {} } = complaint?.body ?? {};
  expect(Object.keys(setErrs).toSorted()).toEqual(['', '__proto__', LONG_NAME, 'no-text', 'too-long']);
  expect(Object.values(setErrs)).toEqual(Array.from({ length: 5 }, () => refused));
  // RFC 8936 section 2.6: the language of what is described, where something is.
  expect(complaint?.language).toBe('en');
  expect(polls.find(({ body }) => body.setErrs === undefined)?.language).toBeUndefined();
  // Never for want of room.
  expect(Math.min(...polls.map(({ body }) => body.maxEvents))).toBe(500);
});
