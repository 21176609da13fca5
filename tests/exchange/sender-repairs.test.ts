import { makeDigest } from '@mra/exchange';
import { beforeAll, expect, test } from 'vitest';
import { createLoadingPair, type LoadingPair, numberOf, one, reportsOf } from './loading.ts';

/** Before a digest is given, the sender compares what it has told with its registry: what differs is told, logged and reported. */

let pair: LoadingPair;
beforeAll(async () => {
  pair = await createLoadingPair({ members: 5 });
  await pair.load();
});

async function giveDigest(): Promise<void> {
  await pair.eu.database.asOwner(`update share_check set checked_at = checked_at - interval '1 hour'`);
  expect(await makeDigest(pair.eu.exchange, 'JP')).toMatchObject({ ok: true });
}
const repairs = async () => (await reportsOf(pair.eu)).filter(({ kind }) => kind === 'shares_repaired');
const logged = () => pair.eu.log.filter(({ msg }) => msg === 'the partner had been told something else');

test('rows that were changed by hand are in one report and in the log, by their numbers and events, once', async () => {
  const { eu, streamId } = pair;
  for (const [place, change] of [
    [1, `membership_record set names = '[]'`],
    [3, `membership_consent set scope = 'none'`],
  ] as const)
    await eu.database.asOwner(`update ${change} where membership_id = (select id from membership where number = $1)`, [
      numberOf(place),
    ]);
  const { seq } = await one<{ seq: number }>(eu, 'select last_seq as seq from stream');
  await giveDigest();
  expect(await repairs()).toEqual([
    {
      kind: 'shares_repaired',
      detail: {
        streamId,
        events: 2,
        first: [
          { seq: seq + 1, event: 'recordCorrected', programme: 'eu-aeo', number: numberOf(1) },
          { seq: seq + 2, event: 'communicationEnded', programme: 'eu-aeo', number: numberOf(3) },
        ],
      },
    },
  ]);
  expect(logged()).toMatchObject([{ partner: 'JP', seqs: [seq + 1, seq + 2] }]);
  await giveDigest();
  expect(await repairs()).toHaveLength(1);
  expect(logged()).toHaveLength(1);
});

test('what was recorded, or has come with time, is no repair', async () => {
  const effectiveFrom = new Date(Date.now() + 300).toISOString();
  await pair.members.event(numberOf(0), { type: 'suspended' });
  await pair.members.event(numberOf(2), { type: 'consent_withdrawn', effectiveFrom });
  await expect.poll(() => new Date().toISOString() > effectiveFrom).toBe(true);
  const before = (await repairs()).length;
  await giveDigest();
  const { events } = await one<{ events: number }>(
    pair.eu,
    `select count(*)::int as events from outbox where event = 'communicationEnded' and membership_id = (
       select id from membership where number = $1)`,
    [numberOf(2)],
  );
  expect(events).toBe(1);
  expect(await repairs()).toHaveLength(before);
});
