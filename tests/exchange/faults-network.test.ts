import { beforeAll, describe, expect, test, vi } from 'vitest';
import { isPoll, isPush } from './fixtures/deliveries.ts';
import { numberOf } from './fixtures/fault-members.ts';
import type { Act, Answer, Moment, Passing } from './fixtures/fault-proxy.ts';
import { eventually, expectInStep, versionsOf } from './fixtures/in-step.ts';
import { createRestartableDatabase, type RestartableDatabase } from './fixtures/restartable-database.ts';
import { startThreeNodes, type ThreeNodes } from './fixtures/three-nodes.ts';

/**
 * The EU pushes to JP and polls JP, whose line or answers fail; and exchanges with the US, who must notice nothing of it. The
 * database of JP is on a server of its own.
 */

vi.setConfig({ testTimeout: 120_000, hookTimeout: 240_000 });

let eu: ThreeNodes['eu'];
let jp: ThreeNodes['jp'];
let us: ThreeNodes['us'];
let database: RestartableDatabase;
let failing: ThreeNodes['failing'];
let others: ThreeNodes['others'];
let newMembers: ThreeNodes['newMembers'];
beforeAll(async () => {
  database = await createRestartableDatabase();
  ({ eu, jp, us, failing, others, newMembers } = await startThreeNodes({
    cadenceSeconds: 20,
    jp: { partners: { US: 'poll' }, database },
    us: { partners: { JP: 'nothing' } },
  }));
});

/** Everybody has everything, and of what was changed nothing came twice. */
async function expectAllInStep(numbers: Readonly<Record<string, string>>): Promise<void> {
  for (const direction of [...failing, ...others]) {
    await expectInStep(direction);
    const { sender, receiver } = direction;
    expect(await versionsOf(receiver.database, numbers[sender.code] ?? '')).toBe(1);
  }
}

/** What operators see while JP cannot be reached: how much waits and since when, and why. */
async function expectTold(why: RegExp): Promise<void> {
  await eventually(async () => {
    const { outbound, inbound } = await eu.partner('JP');
    expect(outbound).toMatchObject({ lastError: expect.stringMatching(why), nextAttemptAt: expect.any(String) });
    expect(outbound?.undelivered).toBeGreaterThan(0);
    expect(outbound?.attempts).toBeGreaterThan(0);
    expect(outbound?.lagSeconds).toBeGreaterThan(0);
    expect(inbound).toMatchObject({ lastError: expect.stringMatching(why), nextAttemptAt: expect.any(String) });
    expect(inbound.failures).toBeGreaterThan(0);
  });
}

async function expectCalm(): Promise<void> {
  await eventually(async () => {
    const { outbound, inbound, fresh } = await eu.partner('JP');
    expect(fresh).toBe(true);
    expect(outbound).toMatchObject({ undelivered: 0, lagSeconds: 0, attempts: 0, nextAttemptAt: null });
    expect(inbound).toMatchObject({ lagEvents: 0, failures: 0, nextAttemptAt: null });
  });
}

test('the network is cut: others are not held up, the lag is seen, and all comes when it is back', async () => {
  jp.proxy.disconnect();
  const numbers = await newMembers();
  for (const direction of others) await expectInStep(direction);
  await expectTold(/^(event \d+: )?http:\S+: (ECONNRESET|UND_ERR_SOCKET|ECONNREFUSED)/);
  jp.proxy.connect();
  await expectAllInStep(numbers);
  await expectCalm();
});

/** From now on, every push to JP and every answer of JP to a poll. */
function failWith(push: Act, poll: Act = push, when: Moment = 'request'): { hits(): readonly number[]; end(): void } {
  const rules = [jp.proxy.rule(when, isPush, push), jp.proxy.rule('answer', isPoll, poll)];
  return {
    hits: () => rules.map(({ hits }) => hits.length),
    end: () => rules.map((rule) => rule.end()),
  };
}

const half: Act = (passing) => {
  if (passing.answer?.body?.length) passing.replyHalf(passing.answer);
  else passing.cut();
};

describe('the partner answers', () => {
  test.each<[string, Answer | Act, RegExp]>([
    ['500', { status: 500, body: 'Internal Server Error' }, /answered 500/],
    ['garbage', { status: 200, body: '<html><body>It works!</body></html>' }, /answered 200/],
    ['and breaks off', half, /: \S+$/],
  ])('%s: asked again until it answers as it should; others are not held up', async (_, answer, why) => {
    const isActed = typeof answer === 'function';
    const act: Act = isActed ? answer : (passing) => passing.reply(answer);
    const failure = failWith(act, act, isActed ? 'answer' : 'request');
    const numbers = await newMembers();
    for (const direction of others) await expectInStep(direction);
    await expectTold(why);
    await eventually(() => expect(Math.min(...failure.hits())).toBeGreaterThan(1));
    failure.end();
    await expectAllInStep(numbers);
    await expectCalm();
  });

  test('429 with Retry-After: not asked again before', async () => {
    const refused = new Map<string, number>();
    const failure = failWith((passing) => {
      if (refused.has(passing.path)) return passing.answer === null ? passing.pass() : passing.reply(passing.answer);
      refused.set(passing.path, performance.now());
      passing.reply({ status: 429, headers: { 'retry-after': '2' } });
    });
    const numbers = await newMembers();
    await expectAllInStep(numbers);
    failure.end();
    expect(refused.size).toBe(2);
    for (const [path, at] of refused) {
      const next = jp.proxy.arrivals.find((one) => one.path === path && one.arrivedAt > at);
      // Clocks of whole milliseconds round down.
      expect((next?.arrivedAt ?? 0) - at).toBeGreaterThan(1990);
    }
  });

  test('nothing: given up after a while and asked again; others are not held up', async () => {
    const unanswered: Passing[] = [];
    const failure = failWith((passing) => void unanswered.push(passing));
    const numbers = await newMembers();
    for (const direction of others) await expectInStep(direction);
    await eventually(async () => {
      const { outbound } = await eu.partner('JP');
      expect(outbound).toMatchObject({ lastError: expect.stringMatching(/no answer in time$/) });
      expect(outbound?.undelivered).toBeGreaterThan(0);
    });
    failure.end();
    // A poll is waited for longer than a test should take: a gateway breaks it off.
    for (const passing of unanswered) passing.cut();
    await expectAllInStep(numbers);
    await expectCalm();
  });
});

test('the database of the partner restarts, in the middle of changes: none is lost, none applied twice', async () => {
  const first = await newMembers();
  await database.crash();
  const numbers = { EU: numberOf('EU'), US: numberOf('US') };
  await Promise.all([eu.put(numbers.EU), us.put(numbers.US)]);
  await expectInStep(others[0]);
  await expectInStep(others[1]);
  await expectTold(/answered 50[03]/);
  await database.start();
  await expectAllInStep({ ...first, ...numbers });
  await expectInStep({ by: 'poll', sender: us, receiver: jp });
  expect(await versionsOf(jp.database, numbers.US)).toBe(1);
  await expectCalm();
});
