import { afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { createPartneredNodes, type TestNode } from '../support/exchange-nodes.ts';
import { aMember, membersOf } from '../support/members.ts';
import {
  alter,
  changeSets,
  cutShort,
  isPoll,
  isPush,
  isReplay,
  type OnItsWay,
  type Reply,
  tamperWith,
} from './tamper.ts';

/** Damage on the way of the last event for a day: neither a later one nor a heartbeat would show that it is missing. */
const DAY = 86_400;

vi.setConfig({ testTimeout: 60_000 });

describe.each(['push', 'poll'] as const)('by %s', (by) => {
  let eu: TestNode;
  let jp: TestNode;
  let members: ReturnType<typeof membersOf>;
  beforeAll(async () => {
    ({ eu, jp } = await createPartneredNodes({ receiveBy: { JP: by }, cadenceSeconds: DAY }));
    members = membersOf(eu.api);
    tamperWith(jp, isPush, onPush);
    const isOurs = (path: string) => isReplay(path) || (by === 'poll' && isPoll(path));
    tamperWith(eu, isOurs, async (request) => (isPoll(request.path) ? onPoll(request) : isReplayRefused(request.path)));
    await eu.startWorker();
    await jp.startWorker();
    await members.put('DEAEOF00000001', aMember());
    await expectAtJp('DEAEOF00000001', 'RECOGNISED');
  });
  afterEach(() => damage(0));

  const expectAtJp = (identifier: string, reason: string) =>
    vi.waitFor(async () => expect((await jp.ask({ recogniser: 'JP', identifier })).reason).toBe(reason), {
      timeout: 20_000,
      interval: 50,
    });

  /** A member whom JP recognises, with nothing on its way. */
  async function aKnownMember(number: string): Promise<string> {
    await members.put(number, aMember());
    await expectAtJp(number, 'RECOGNISED');
    return number;
  }

  /** What becomes of deliveries: damaged so often, with what the sender is then answered; and whether events can be asked for again. */
  const way = { times: 0, change: cutShort, answer: (reply: Reply): Reply => reply, canReplay: true };
  let answers: Reply[] = [];
  function damage(times: number, changes: Partial<typeof way> = {}): void {
    answers = [];
    Object.assign(way, { change: cutShort, answer: (reply: Reply) => reply, canReplay: true, ...changes, times });
  }
  const isReplayRefused = (path: string): Reply | null =>
    isReplay(path) && !way.canReplay ? { status: 404, body: '' } : null;
  /** As it is now, not as it was when a poll began that is held. */
  const onPush = async ({ body, pass }: OnItsWay): Promise<Reply> => {
    if (answers.length >= way.times) return pass();
    const reply = await pass(way.change(body));
    answers.push(reply);
    return way.answer(reply);
  };
  const onPoll = async ({ pass }: OnItsWay): Promise<Reply> => {
    const reply = await pass();
    if (answers.length >= way.times || reply.body.includes('"sets":{}')) return reply;
    const changed = changeSets(reply, way.change);
    answers.push(changed);
    return changed;
  };

  test.each([
    ['cut short', cutShort],
    ['altered', alter],
  ])('an event that was %s once is got again', async (_, change) => {
    const number = await aKnownMember(`DEAEOF1000000${change === alter ? 1 : 2}`);
    damage(1, { change });
    await members.event(number, { type: 'suspended' });
    await expectAtJp(number, 'NOT_ACTIVE');
    expect(answers).toHaveLength(1);
    if (by === 'push') expect(answers[0]?.status).toBe(400);
  });

  test('also where the sender counts it as delivered', async () => {
    const number = await aKnownMember('DEAEOF10000003');
    const settled = { status: 202, body: '' };
    damage(by === 'push' ? 1 : 3, { change: alter, answer: () => settled });
    await members.event(number, { type: 'revoked' });
    if (by === 'poll') {
      // Such a sender takes any error for an answer.
      await expect.poll(() => answers.length, { timeout: 20_000 }).toBe(3);
      await eu.database.asOwner(`update outbox set settled_at = now(), outcome = 'refused' where settled_at is null`);
    }
    await expectAtJp(number, 'NOT_ACTIVE');
  });

  test('also where it was told of, because it came damaged again and again', async () => {
    const number = await aKnownMember('DEAEOF10000004');
    damage(by === 'push' ? 2 : 3);
    await members.event(number, { type: 'revoked' });
    await expectAtJp(number, 'NOT_ACTIVE');
    expect(answers).toHaveLength(by === 'push' ? 2 : 3);
    const { rows } = await eu.database.asOwner(`select from exchange_report where kind = 'delivery_refused'`);
    expect(rows).not.toEqual([]);
  });

  test('from a partner that cannot send events again a snapshot is fetched', async () => {
    const number = await aKnownMember('DEAEOF10000005');
    damage(by === 'push' ? 1 : 3, { canReplay: false });
    const snapshots = async () =>
      (await jp.database.asOwner(`select from exchange_report where kind = 'snapshot_applied'`)).rowCount ?? 0;
    const before = await snapshots();
    await members.event(number, { type: 'revoked' });
    await expectAtJp(number, 'NOT_ACTIVE');
    expect(await snapshots()).toBe(before + 1);
  });
});
