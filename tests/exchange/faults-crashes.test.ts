import { beforeAll, describe, expect, test, vi } from 'vitest';
import { blockWrites } from './fixtures/blocked-writes.ts';
import { type BothWays, startBothWays } from './fixtures/both-ways.ts';
import {
  type Direction,
  deliver,
  deliverHalf,
  holdDeliveries,
  killSide,
  restartSide,
  wayOf,
} from './fixtures/deliveries.ts';
import { numberOf } from './fixtures/fault-members.ts';
import { eventually, expectInStep, versionsOf } from './fixtures/in-step.ts';

/** Processes are killed at every point of a delivery; what was committed is delivered, and applied once. */

vi.setConfig({ testTimeout: 120_000, hookTimeout: 240_000 });

let directions: BothWays['directions'];
beforeAll(async () => {
  ({ directions } = await startBothWays({ cadenceSeconds: 120 }));
});

/** A member that the receiver holds as active; what happens to it next is what a fault is about. */
async function aKnownMember(direction: Direction): Promise<string> {
  const number = numberOf(direction.sender.code);
  await direction.sender.put(number);
  await eventually(async () => expect(await direction.receiver.ask(number)).toMatchObject({ outcome: 'recognised' }));
  await expectInStep(direction);
  return number;
}

const suspend = ({ sender }: Direction, number: string) => sender.event(number, { type: 'suspended' });

/** The suspension has come, and was applied once: it is the second version of the copy. */
async function expectSuspendedOnce(direction: Direction, number: string): Promise<void> {
  await expectInStep(direction);
  expect(await direction.receiver.ask(number)).toMatchObject({ outcome: 'not_recognised' });
  expect(await versionsOf(direction.receiver.database, number)).toBe(2);
}

describe.each(['push', 'poll'] as const)('by %s', (by) => {
  describe('the sender is killed', () => {
    test('after the commit, before delivery', async () => {
      const direction = directions[by];
      const number = await aKnownMember(direction);
      const { proxy } = wayOf(direction);
      proxy.disconnect();
      await suspend(direction, number);
      await killSide(direction, 'sender');
      proxy.connect();
      expect(await direction.receiver.ask(number)).toMatchObject({ outcome: 'recognised' });
      await restartSide(direction, 'sender');
      await expectSuspendedOnce(direction, number);
    });

    test('during delivery, when half of it has arrived', async () => {
      const direction = directions[by];
      const number = await aKnownMember(direction);
      const deliveries = holdDeliveries(direction, number);
      await suspend(direction, number);
      const delivery = await deliveries.next();
      await deliverHalf(direction, delivery);
      await killSide(direction, 'sender');
      deliveries.end();
      await restartSide(direction, 'sender');
      await expectSuspendedOnce(direction, number);
    });

    test('after delivery, before it noted so', async () => {
      const direction = directions[by];
      const number = await aKnownMember(direction);
      const deliveries = holdDeliveries(direction, number);
      await suspend(direction, number);
      const verdict = await deliver(direction, await deliveries.next());
      expect(await direction.receiver.ask(number)).toMatchObject({ outcome: 'not_recognised' });
      await killSide(direction, 'sender');
      verdict.lose();
      deliveries.end();
      await restartSide(direction, 'sender');
      await expectSuspendedOnce(direction, number);
    });
  });

  describe('the receiver is killed', () => {
    test('before applying', async () => {
      const direction = directions[by];
      const number = await aKnownMember(direction);
      const deliveries = holdDeliveries(direction, number);
      await suspend(direction, number);
      const delivery = await deliveries.next();
      await killSide(direction, 'receiver');
      deliveries.end();
      delivery.cut();
      await restartSide(direction, 'receiver');
      await expectSuspendedOnce(direction, number);
    });

    test('while applying', async () => {
      const direction = directions[by];
      const number = await aKnownMember(direction);
      const block = await blockWrites(direction.receiver.database, 'copy');
      await suspend(direction, number);
      await block.someoneWaits();
      await killSide(direction, 'receiver');
      await block.release();
      await restartSide(direction, 'receiver');
      await expectSuspendedOnce(direction, number);
    });

    test('after applying, before its answer has arrived', async () => {
      const direction = directions[by];
      const number = await aKnownMember(direction);
      const deliveries = holdDeliveries(direction, number);
      await suspend(direction, number);
      const verdict = await deliver(direction, await deliveries.next());
      await killSide(direction, 'receiver');
      verdict.lose();
      deliveries.end();
      await restartSide(direction, 'receiver');
      await expectSuspendedOnce(direction, number);
    });
  });
});
