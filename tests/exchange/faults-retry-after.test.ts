import { beforeAll, expect, test, vi } from 'vitest';
import { isPoll, isPush } from './fixtures/deliveries.ts';
import type { Act } from './fixtures/fault-proxy.ts';
import { eventually, expectInStep, versionsOf } from './fixtures/in-step.ts';
import { startThreeNodes, type ThreeNodes } from './fixtures/three-nodes.ts';

/** JP asks the EU to come again later, to its pushes and to its polls; the US must notice nothing of it. */

vi.setConfig({ testTimeout: 120_000, hookTimeout: 240_000 });

const LATER_SECONDS = 5;

let eu: ThreeNodes['eu'];
let jp: ThreeNodes['jp'];
let failing: ThreeNodes['failing'];
let others: ThreeNodes['others'];
let newMembers: ThreeNodes['newMembers'];
beforeAll(async () => {
  ({ eu, jp, failing, others, newMembers } = await startThreeNodes({ cadenceSeconds: 60 }));
  // Both begin at once, and may have had to try again: what is counted below begins at none.
  await expectCalm();
});

/** Nothing waits, and nothing has failed since it last went well. */
const expectCalm = () =>
  eventually(async () => {
    const { outbound, inbound } = await eu.partner('JP');
    expect(outbound).toMatchObject({ undelivered: 0, lagSeconds: 0, attempts: 0, nextAttemptAt: null });
    expect(inbound).toMatchObject({ failures: 0, nextAttemptAt: null });
  });

test('429 with Retry-After: others are not held up, the lag is seen, and nothing is asked again before', async () => {
  const before = await eu.partner('US');
  const refused: { readonly path: string; readonly at: number }[] = [];
  const later: Act = (passing) => {
    refused.push({ path: passing.path, at: performance.now() });
    passing.reply({ status: 429, headers: { 'retry-after': String(LATER_SECONDS) } });
  };
  // For as long as it is looked at: on a busy machine that may take longer than it asks for.
  const rules = [jp.proxy.rule('request', isPush, later), jp.proxy.rule('answer', isPoll, later)];
  const numbers = await newMembers();

  const isWaiting = { lastError: expect.stringMatching(/answered 429$/), nextAttemptAt: expect.any(String) };
  const expectWaiting = async (): Promise<void> => {
    const { outbound, inbound } = await eu.partner('JP');
    expect(outbound).toMatchObject(isWaiting);
    for (const count of [outbound?.attempts, outbound?.undelivered, outbound?.lagSeconds, inbound.failures])
      expect(count).toBeGreaterThan(0);
    expect(inbound).toMatchObject(isWaiting);
  };
  await eventually(expectWaiting);
  for (const direction of others) await expectInStep(direction);
  await expectWaiting();
  await eventually(async () =>
    expect(await eu.partner('US')).toMatchObject({
      outbound: { undelivered: 0, attempts: 0, lastErrorAt: before.outbound?.lastErrorAt },
      inbound: { failures: 0, lastErrorAt: before.inbound.lastErrorAt },
    }),
  );

  for (const rule of rules) rule.end();
  for (const direction of failing) {
    const { sender, receiver } = direction;
    await expectInStep(direction);
    expect(await versionsOf(receiver.database, numbers[sender.code])).toBe(1);
  }
  expect(new Set(refused.map(({ path }) => path)).size).toBe(2);
  for (const { path, at } of refused) {
    const next = jp.proxy.arrivals.find((one) => one.path === path && one.arrivedAt > at);
    // Clocks of whole milliseconds round down.
    expect((next?.arrivedAt ?? 0) - at).toBeGreaterThan(LATER_SECONDS * 1000 - 10);
  }
  await expectCalm();
});
