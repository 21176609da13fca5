import { beforeAll, expect, test, vi } from 'vitest';
import { type Direction, isPoll, isPush } from './fixtures/deliveries.ts';
import { numberOf } from './fixtures/fault-members.ts';
import { type FaultNode, startFaultNodes } from './fixtures/fault-nodes.ts';
import type { Act } from './fixtures/fault-proxy.ts';
import { eventually, expectInStep, versionsOf } from './fixtures/in-step.ts';

/** JP asks the EU to come again later, to its pushes and to its polls; the US must notice nothing of it. */

vi.setConfig({ testTimeout: 120_000, hookTimeout: 240_000 });

const LATER_SECONDS = 15;

let eu: FaultNode;
let jp: FaultNode;
let us: FaultNode;
let failing: readonly Direction[];
let others: readonly Direction[];
beforeAll(async () => {
  ({
    EU: eu,
    JP: jp,
    US: us,
  } = await startFaultNodes(
    {
      EU: { partners: { JP: 'poll', US: 'poll' } },
      JP: { partners: { EU: 'push' } },
      US: { partners: { EU: 'push' }, isTogether: true },
    },
    { cadenceSeconds: 60 },
  ));
  failing = [
    { by: 'push', sender: eu, receiver: jp },
    { by: 'poll', sender: jp, receiver: eu },
  ];
  others = [
    { by: 'push', sender: eu, receiver: us },
    { by: 'poll', sender: us, receiver: eu },
  ];
  for (const direction of [...failing, ...others]) await expectInStep(direction);
});

test('429 with Retry-After: others are not held up, the lag is seen, and nothing is asked again before', async () => {
  const refused = new Map<string, number>();
  const once: Act = (passing) => {
    const { path, answer } = passing;
    if (refused.has(path)) return answer === null ? passing.pass() : passing.reply(answer);
    refused.set(path, performance.now());
    passing.reply({ status: 429, headers: { 'retry-after': String(LATER_SECONDS) } });
  };
  const rules = [jp.proxy.rule('request', isPush, once), jp.proxy.rule('answer', isPoll, once)];
  const numbers: Readonly<Record<string, string>> = { EU: numberOf('EU'), JP: numberOf('JP'), US: numberOf('US') };
  await Promise.all([eu, jp, us].map((node) => node.put(numbers[node.code] ?? '')));
  await eventually(() => expect(refused.size).toBe(2));

  const isWaiting = { lastError: expect.stringMatching(/answered 429$/), nextAttemptAt: expect.any(String) };
  await eventually(async () => {
    const { outbound, inbound } = await eu.partner('JP');
    expect(outbound).toMatchObject({ ...isWaiting, attempts: 1 });
    expect(outbound?.undelivered).toBeGreaterThan(0);
    expect(outbound?.lagSeconds).toBeGreaterThan(0);
    expect(inbound).toMatchObject({ ...isWaiting, failures: 1 });
  });
  for (const direction of others) await expectInStep(direction);
  // It still waits, while the others have been served.
  const { outbound, inbound } = await eu.partner('JP');
  expect([outbound?.attempts, inbound.failures]).toEqual([1, 1]);
  expect(await eu.partner('US')).toMatchObject({
    outbound: { undelivered: 0, attempts: 0, lastError: null },
    inbound: { failures: 0 },
  });

  for (const direction of failing) {
    const { sender, receiver } = direction;
    await expectInStep(direction);
    expect(await versionsOf(receiver.database, numbers[sender.code] ?? '')).toBe(1);
  }
  for (const rule of rules) rule.end();
  for (const [path, at] of refused) {
    const next = jp.proxy.arrivals.find((one) => one.path === path && one.arrivedAt > at);
    // Clocks of whole milliseconds round down.
    expect((next?.arrivedAt ?? 0) - at).toBeGreaterThan(LATER_SECONDS * 1000 - 10);
  }
  await eventually(async () => {
    const calm = await eu.partner('JP');
    expect(calm.outbound).toMatchObject({ undelivered: 0, lagSeconds: 0, attempts: 0, nextAttemptAt: null });
    expect(calm.inbound).toMatchObject({ failures: 0, nextAttemptAt: null });
  });
});
