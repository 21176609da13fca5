import { expect, test } from 'vitest';
import { A, aRecord, shareReceiver, since } from './receiver.ts';

/** Clocks differ. What a partner's clock says of when it sent an event decides nothing here. */

const it = shareReceiver();

const HOUR = 3600;
const sentAfter = (seconds: number) => ({ claims: { iat: Math.floor(Date.now() / 1000) + seconds } });
const reported = () => it.rows(`select kind, detail from exchange_report order by id`);

test('events of a partner whose clock is ahead are applied in order of seq, and operations are told, once an hour', async () => {
  const events = [
    await it.jp.published(1, aRecord(A), sentAfter(2 * HOUR)),
    await it.jp.changed(2, aRecord(A, since('2024-06-03')), sentAfter(HOUR)),
  ];
  expect(await it.outcomes(events)).toEqual(['accepted', 'accepted']);
  expect(await it.ask(A)).toBe('not_recognised NOT_ACTIVE');
  expect(await it.outcomes(events)).toEqual(['duplicate', 'duplicate']);
  expect(await it.outcomes([await it.jp.heartbeat(3, null, sentAfter(61 + 1))])).toEqual(['accepted']);
  const [told, ...more] = await reported();
  expect([told?.kind, more]).toEqual(['clock_ahead', []]);
  const { aheadSeconds = 0 } = (told?.detail ?? {}) as { aheadSeconds?: number };
  expect(aheadSeconds).toBeGreaterThan(HOUR);
  expect(it.log.filter(({ msg }) => msg === 'the clock of the partner is ahead of ours')).toHaveLength(1);
});

test('a clock that is a little ahead is not worth a word', async () => {
  expect(await it.outcomes([await it.jp.published(1, aRecord(A), sentAfter(50))])).toEqual(['accepted']);
  expect(await reported()).toEqual([]);
});

test('neither freshness nor what is known when depends on it', async () => {
  await it.receive([await it.jp.published(1, aRecord(A), sentAfter(10 * 365 * 24 * HOUR))]);
  const times = await it.rows(
    `select (select heard_at from inbound_stream where partner = 'JP') <= now() as heard,
            (select max(synchronised_at) from synchronisation where administration = 'JP') <= now() as synchronised,
            (select bool_and(lower(known) <= now()) from membership_status) as known`,
  );
  expect(times).toEqual([{ heard: true, synchronised: true, known: true }]);
  const { rows } = await it.database.asOwner(`select cadence_seconds * 1.5 as age from partner where code = 'JP'`);
  const later = new Date(Date.now() + (Number(rows[0].age) + 60) * 1000).toISOString();
  const [last] = await it.rows(
    `select synchronised_at + make_interval(secs => max_age_seconds) < $1 as stale from synchronisation
      where administration = 'JP' order by recorded_at desc limit 1`,
    [later],
  );
  expect(last).toEqual({ stale: true });
});

test.each([
  ['an event without a place in the stream', () => it.jp.published(1, aRecord(A), { payload: { seq: undefined } }), 1],
  ['an event of another kind without a place', () => it.jp.event('urn:example:unknown', { hello: 1 }), 1],
  ['a verification without a place that is not one', () => it.jp.event('verification', { state: 7 }), 0],
  ['a bad record that has its place', () => it.jp.published(1, aRecord(A, { validFrom: 'x' })), 0],
])('that something is missing is remembered after %s', async (_, make, unreadable) => {
  const before = Number((await it.stream()).unreadable);
  expect(await it.outcomes([{ compact: (await make()).compact }])).toEqual(['invalid_request']);
  expect(Number((await it.stream()).unreadable) - before).toBe(unreadable);
});
