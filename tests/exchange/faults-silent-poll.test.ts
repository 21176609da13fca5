import { beforeAll, expect, test, vi } from 'vitest';
import { type Direction, isPoll } from './fixtures/deliveries.ts';
import { numberOf } from './fixtures/fault-members.ts';
import { type FaultNode, startFaultNodes } from './fixtures/fault-nodes.ts';
import { eventually, expectInStep, versionsOf } from './fixtures/in-step.ts';

/** JP takes the connections and the polls of the EU and answers nothing; the US must notice nothing of it. */

vi.setConfig({ testTimeout: 120_000, hookTimeout: 240_000 });

/** Partners that are well answer sooner: they say something every two seconds, half a cadence. */
const TIMEOUT_SECONDS = 6;
const CADENCE_SECONDS = 4;

let eu: FaultNode;
let jp: FaultNode;
let us: FaultNode;
let failing: Direction;
let other: Direction;
beforeAll(async () => {
  ({
    EU: eu,
    JP: jp,
    US: us,
  } = await startFaultNodes(
    {
      EU: { partners: { JP: 'poll', US: 'poll' }, settings: { POLL_TIMEOUT_SECONDS: String(TIMEOUT_SECONDS) } },
      JP: { partners: { EU: 'nothing' } },
      US: { partners: { EU: 'nothing' }, isTogether: true },
    },
    { cadenceSeconds: CADENCE_SECONDS },
  ));
  failing = { by: 'poll', sender: jp, receiver: eu };
  other = { by: 'poll', sender: us, receiver: eu };
  for (const direction of [failing, other]) await expectInStep(direction);
});

test('polls that are never answered: given up in time, counted, seen by operators; all comes once when there are answers', async () => {
  const numbers = { JP: numberOf('JP'), US: numberOf('US') };
  await jp.put(numbers.JP);
  await eventually(async () => expect(await eu.ask(numbers.JP)).toMatchObject({ outcome: 'recognised' }));

  const silence = [jp.proxy.rule('request', isPoll, () => undefined), jp.proxy.rule('answer', isPoll, () => undefined)];
  const silentAt = new Date().toISOString();
  await Promise.all([jp.event(numbers.JP, { type: 'suspended' }), us.put(numbers.US)]);
  await expectInStep(other);
  await eventually(async () => {
    const { inbound, lastError, fresh } = await eu.partner('JP');
    expect({ fresh, lastError }).toEqual({ fresh: false, lastError: expect.stringMatching(/no answer in time$/) });
    expect(inbound).toMatchObject({ lastError, nextAttemptAt: expect.any(String) });
    expect(inbound.failures).toBeGreaterThanOrEqual(2);
    expect((inbound.lastErrorAt ?? '') > silentAt).toBe(true);
  });
  expect(await eu.ask(numbers.JP)).toMatchObject({ outcome: 'indeterminate', reason: 'DATA_STALE' });
  const { outbound } = await jp.partner('EU');
  expect(outbound?.undelivered).toBeGreaterThan(0);
  expect(outbound?.lagSeconds).toBeGreaterThan(0);
  await eventually(async () => expect(await eu.partner('US')).toMatchObject({ fresh: true, inbound: { failures: 0 } }));

  // Nobody has broken them off but the EU, and none before its time.
  const given = silence.flatMap(({ hits }) => hits).filter(({ endedAt }) => endedAt !== null);
  expect(given.length).toBeGreaterThanOrEqual(2);
  for (const { arrivedAt, endedAt } of given)
    expect((endedAt ?? 0) - arrivedAt).toBeGreaterThan((TIMEOUT_SECONDS - 1) * 1000);

  for (const rule of silence) rule.end();
  await expectInStep(failing);
  await eventually(async () => {
    expect(await eu.ask(numbers.JP)).toMatchObject({ outcome: 'not_recognised', reason: 'NOT_ACTIVE' });
    const { fresh, inbound } = await eu.partner('JP');
    expect({ fresh, inbound }).toMatchObject({ fresh: true, inbound: { failures: 0, nextAttemptAt: null } });
    expect((await jp.partner('EU')).outbound).toMatchObject({ undelivered: 0, lagSeconds: 0 });
  });
  // One for each word.
  expect(await versionsOf(eu.database, numbers.JP)).toBe(2);
});
