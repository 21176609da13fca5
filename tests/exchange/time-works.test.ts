import { beforeAll, expect, test } from 'vitest';
import { recordChange } from '../support/agreement-changes.ts';
import { createPartneredNodes, type TestNode } from '../support/exchange-nodes.ts';
import { aMember, membersOf } from '../support/members.ts';

/** What was recorded beforehand takes effect at its instant at both nodes, without anyone writing anything. */

/** Of the EU about its own member, and of JP about its copy. */
const [YES, NO] = [
  ['recognised', 'recognised'],
  ['not_recognised', 'not_recognised'],
] as const;

let eu: TestNode;
let jp: TestNode;
let members: ReturnType<typeof membersOf>;
beforeAll(async () => {
  ({ eu, jp } = await createPartneredNodes());
  members = membersOf(eu.api);
  await members.put('DEAEOF00000001', aMember());
  await eu.startWorker();
  await jp.startWorker();
});

const answerAt = async (node: TestNode, identifier: string) =>
  (await node.ask({ recogniser: 'JP', identifier, role: 'exporter' })).outcome;
const bothAnswer = (number: string) => Promise.all([eu, jp].map((node) => answerAt(node, number)));
const expectAtJp = (number: string, outcome: string) =>
  expect.poll(() => answerAt(jp, number), { timeout: 30_000, interval: 20 }).toBe(outcome);
const communicated = async (number: string) =>
  (
    await jp.database.asOwner(
      `select upper(communicated) as to from copy c where c.record ->> 'number' = $1 and (communicated @> now() or upper(communicated) > now())`,
      [number],
    )
  ).rows;
const inSeconds = (seconds: number) => new Date(Date.now() + seconds * 1000).toISOString();

/** Both change their answer at the instant: not before, and in whatever order. */
async function expectChangeAt(instant: string, number: string, from: readonly unknown[], to: readonly unknown[]) {
  const seen = await bothAnswer(number);
  // On a busy machine the instant may have come meanwhile.
  if (new Date().toISOString() < instant) expect(seen).toEqual(from);
  await expect.poll(() => bothAnswer(number), { timeout: 30_000, interval: 20 }).toEqual(to);
  expect(new Date().toISOString() >= instant).toBe(true);
}

test('a membership that begins in a few seconds', async () => {
  const number = 'DEAEOF00000002';
  await expectAtJp('DEAEOF00000001', 'recognised');
  const validFrom = inSeconds(6);
  const written = await members.put(number, aMember({ validFrom }));
  expect(written.statusCode).toBe(201);
  await expect.poll(() => communicated(number), { timeout: 20_000, interval: 20 }).toHaveLength(1);
  await expectChangeAt(validFrom, number, NO, YES);
});

test('the suspension of an agreement, and its coming into force again', async () => {
  const number = 'DEAEOF00000001';
  await expectAtJp(number, 'recognised');
  const [end, start] = [inSeconds(5), inSeconds(10)];
  // Each side has the terms of the agreement in its own reference data.
  for (const { database } of [eu, jp]) {
    await recordChange(database.db, { agreement: 'eu-jp-2010', from: end, lifeCycle: 'suspended' });
    await recordChange(database.db, { agreement: 'eu-jp-2010', from: start, lifeCycle: 'in_force' });
  }
  await expectChangeAt(end, number, YES, NO);
  await expect.poll(() => communicated(number), { timeout: 20_000, interval: 20 }).toHaveLength(0);
  await expectChangeAt(start, number, NO, YES);
  expect(await communicated(number)).toEqual([{ to: null }]);
});
