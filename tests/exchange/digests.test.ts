import { bucketOf } from '@mra/exchange-protocol';
import { describe, expect, test } from 'vitest';
import { aTrader, bucketOfMember, createLoadingPair, numberOf, one, reportsOf } from './loading.ts';

/** Digests say whether both sides hold the same, with little sent, and whatever is under way between them. */

describe('both sides hold the same', () => {
  test('is found with nothing sent and nothing logged; only when it was compared is noted', async () => {
    const { jp, compare, load } = await createLoadingPair({ members: 10 });
    await load();
    const reports = await reportsOf(jp);
    const log = await one(jp, 'select seq from log_head');
    expect(await compare()).toEqual({ outcome: 'equal' });
    expect(await reportsOf(jp)).toEqual(reports);
    expect(await one(jp, 'select seq from log_head')).toEqual(log);
    const { age } = await one<{ age: number }>(
      jp,
      'select extract(epoch from now() - compared_at)::float8 as age from inbound_stream',
    );
    expect(age).toBeLessThan(60);
  });

  test('buckets are the same in SQL', async () => {
    const { eu } = await createLoadingPair();
    const numbers = ['DEAEOF1', 'GBAEOF00001/10', 'ÄÖ 東京', ''];
    const { rows } = await eu.database.asOwner(
      `select digest_bucket($2, n, b) as bucket
         from unnest($1::text[]) with ordinality x (n, i), unnest($3::int[]) with ordinality y (b, j) order by i, j`,
      [numbers, 'eu-aeo', [1, 256, 65_536]],
    );
    expect(rows.map(({ bucket }) => bucket)).toEqual(
      numbers.flatMap((number) => [1, 256, 65_536].map((buckets) => bucketOf(`eu-aeo/${number}`, buckets))),
    );
  });
});

describe('under traffic', () => {
  test('events that are waited for make no difference, and those that never come hide none', async () => {
    const { jp, members, compare, load, flow } = await createLoadingPair({ members: 20 });
    await load();
    await members.put(numberOf(0), aTrader(0, { names: [{ name: 'Renamed', kind: 'legal' }] }));
    const comparing = compare({ eventsMs: 5000 });
    await flow();
    expect(await comparing).toEqual({ outcome: 'equal' });

    await members.event(numberOf(1), { type: 'suspended', effectiveFrom: '2024-02-01' });
    await members.event(numberOf(2), { type: 'consent_withdrawn', effectiveFrom: new Date().toISOString() });
    await jp.database.asOwner(
      `update membership_record set names = '[]' where membership_id = (select id from membership where number = '${numberOf(3)}')`,
    );
    const buckets = [1, 2, 3].map((place) => bucketOfMember(numberOf(place))).toSorted((a, b) => a - b);
    expect(await compare({ eventsMs: 10 })).toMatchObject({ outcome: 'repaired', buckets, written: 2, ended: 1 });
    // A snapshot of some buckets says nothing of the others: the stream goes on where it was.
    expect(await one(jp, 'select last_applied, newest_seq from inbound_stream')).toEqual({
      last_applied: 1,
      newest_seq: 3,
    });
    const versions = 'select count(*)::int as versions from membership_record';
    const before = await one(jp, versions);
    await flow();
    expect(await one(jp, versions)).toEqual(before);
    expect(await compare({ eventsMs: 5000 })).toEqual({ outcome: 'equal' });
  });
});

test('a record in quarantine makes no difference that is fetched again and again', async () => {
  const { jp, members, compare, load, flow } = await createLoadingPair({ members: 8 });
  await load();
  // JP does not know the type any more: what EU tells next of the member cannot be applied.
  await jp.database.asOwner(`
    update programme set types = jsonb_path_query_array(types, '$[*] ? (@.code != "AEOF")') where id = 'eu-aeo'`);
  await jp.database.asOwner(`insert into network_version select max(version) + 1, now() from network_version`);
  await jp.database.asOwner('update log_head set network_version = (select max(version) from network_version)');
  await members.put(numberOf(0), aTrader(0, { names: [{ name: 'Renamed', kind: 'legal' }] }));
  await flow();
  expect(await one(jp, 'select number, code, state from quarantine')).toEqual({
    number: numberOf(0),
    code: 'UNKNOWN_TYPE',
    state: 'open',
  });
  const reports = await reportsOf(jp);
  expect(await compare()).toEqual({ outcome: 'equal' });
  expect(await reportsOf(jp)).toEqual(reports);
  // Discarded by operations, it is still what the partner told last.
  await jp.database.asOwner(`update quarantine set state = 'discarded', decided_at = now(), reason = 'test'`);
  expect(await compare()).toEqual({ outcome: 'equal' });
});
