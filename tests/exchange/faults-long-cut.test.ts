import { setTimeout as pause } from 'node:timers/promises';
import { decodeJwt } from 'jose';
import { expect, test } from 'vitest';
import { type Direction, isPoll, isPush, readToken, tokensIn } from './fixtures/deliveries.ts';
import type { FaultNode } from './fixtures/fault-nodes.ts';
import type { Passing } from './fixtures/fault-proxy.ts';
import { eventually, expectInStep, versionsOf } from './fixtures/in-step.ts';
import { startThreeNodes } from './fixtures/three-nodes.ts';

/** Two minutes and more without a network between two partners, in which everybody goes on changing members. */

const CADENCE_SECONDS = 20;
const CUT_SECONDS = 130;
/** Of one member at each. The last of them is what all must know in the end. */
const CHANGES = ['suspended', 'reinstated', 'suspended', 'reinstated', 'suspended', 'reinstated', 'suspended'] as const;
const STALE = { outcome: 'indeterminate', reason: 'DATA_STALE' };

test('the network is cut for minutes', { timeout: 600_000 }, async (context) => {
  context.skip(process.env.LONG !== '1', 'it takes three minutes: npm run test:long');
  const { eu, jp, us, failing, others, newMembers } = await startThreeNodes({ cadenceSeconds: CADENCE_SECONDS });
  const nodes = [eu, jp, us];
  const numbers = await newMembers();
  const numberAt = ({ code }: FaultNode) => numbers[code];
  const answerTo = ({ sender, receiver }: Direction) => receiver.ask(numberAt(sender));
  for (const direction of [...failing, ...others]) {
    await expectInStep(direction);
    expect(await answerTo(direction)).toMatchObject({ outcome: 'recognised' });
  }

  const cutAt = performance.now();
  const secondsCut = () => (performance.now() - cutAt) / 1000;
  jp.proxy.disconnect();
  const calls = eu.proxy.rule('request', isCallOf(jp), (passing) => passing.cut());
  const before = { undelivered: 0, lagSeconds: 0, failures: 0 };
  const seen = new Map(failing.map((direction) => [direction, before]));
  for (const [index, type] of CHANGES.entries()) {
    await Promise.all(nodes.map((node) => node.event(numberAt(node), { type })));
    const isMember = type === 'reinstated';
    for (const direction of others) {
      await eventually(async () =>
        expect(await answerTo(direction)).toMatchObject({ outcome: isMember ? 'recognised' : 'not_recognised' }),
      );
      expect(await direction.receiver.partner(direction.sender.code)).toMatchObject({ fresh: true });
    }
    await pause((CUT_SECONDS * 1000 * (index + 1)) / CHANGES.length - (performance.now() - cutAt));
    for (const direction of failing) {
      const last = seen.get(direction) ?? before;
      const [told, heard] = await lookAt(direction);
      seen.set(direction, { ...told, ...heard });
      expect(told.undelivered).toBeGreaterThan(last.undelivered);
      expect(told.lagSeconds).toBeGreaterThan(last.lagSeconds);
      // Before it is stale a receiver of pushes may not have noticed.
      if (secondsCut() < 3 * CADENCE_SECONDS) continue;
      expect(heard.failures).toBeGreaterThan(last.failures);
      expect(await answerTo(direction)).toMatchObject(STALE);
      expect(await direction.receiver.partner(direction.sender.code)).toMatchObject({
        fresh: false,
        lastError: expect.any(String),
        inbound: { nextAttemptAt: expect.any(String) },
      });
    }
  }
  expect(secondsCut()).toBeGreaterThan(120);
  expect((await eu.partner('JP')).outbound).toMatchObject({
    attempts: expect.toSatisfy((attempts: number) => attempts > 3),
    lastError: expect.stringMatching(/^event \d+: http:\S+: (ECONNRESET|UND_ERR_SOCKET|ECONNREFUSED)/),
  });

  const arrivedBefore = jp.proxy.arrivals.length;
  calls.end();
  jp.proxy.connect();
  for (const direction of [...failing, ...others]) {
    const { sender, receiver } = direction;
    await eventually(async () => {
      expect(await answerTo(direction)).toMatchObject({ outcome: 'not_recognised', reason: 'NOT_ACTIVE' });
      const { fresh, inbound } = await receiver.partner(sender.code);
      expect({ fresh, inbound }).toMatchObject({ fresh: true, inbound: { failures: 0, nextAttemptAt: null } });
      const { outbound } = await sender.partner(receiver.code);
      expect(outbound).toMatchObject({ undelivered: 0, lagSeconds: 0, attempts: 0, nextAttemptAt: null });
    });
    // Each word makes one at most.
    expect(await versionsOf(receiver.database, numberAt(sender))).toBeLessThanOrEqual(1 + CHANGES.length);
  }
  for (const direction of failing) {
    await expectInStep(direction);
    const { sender, receiver } = direction;
    expect(await statusesAt(receiver, numberAt(sender))).toEqual(['active', ...CHANGES.map(statusAfter)]);
  }
  const arrived = jp.proxy.arrivals.slice(arrivedBefore);
  for (const { by, sender } of failing) {
    const tokens = arrived.filter(by === 'push' ? isPush : isPoll).flatMap(tokensIn);
    const told = tokens.map(readToken).filter(({ number }) => number === numberAt(sender));
    const seqs = [...new Set(told.map(({ seq }) => seq))];
    expect(seqs).toHaveLength(CHANGES.length);
    expect(seqs).toEqual(seqs.toSorted((a, b) => a - b));
  }
});

/** By the access token that it shows. */
const isCallOf =
  ({ proxy }: FaultNode) =>
  ({ headers: { authorization } }: Passing): boolean =>
    authorization !== undefined && decodeJwt(authorization.replace('Bearer ', '')).iss === proxy.url;

/** How operators see it at both ends. */
async function lookAt({ sender, receiver }: Direction) {
  const { outbound } = await sender.partner(receiver.code);
  const { inbound } = await receiver.partner(sender.code);
  const { undelivered, lagSeconds } = outbound ?? { undelivered: 0, lagSeconds: 0 };
  return [{ undelivered, lagSeconds }, { failures: inbound.failures }] as const;
}

const statusAfter = (type: (typeof CHANGES)[number]) => (type === 'suspended' ? 'suspended' : 'active');

/** One after the other, as they are known now; those of all components of the member are the same. */
async function statusesAt({ database }: FaultNode, number: string): Promise<readonly string[]> {
  const { rows } = await database.asOwner(
    `select s.status from membership_status s join membership m on m.id = s.membership_id
      where m.number = $1 and upper_inf(s.known) group by s.valid, s.status order by s.valid`,
    [number],
  );
  return rows.map(({ status }) => status);
}
