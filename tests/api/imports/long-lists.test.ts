import { setTimeout as delay } from 'node:timers/promises';
import { beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { createTestApi } from '../../support/api.ts';
import { createTestDatabase, type TestDatabase } from '../../support/database.ts';
import { aLine, aList, counts, FULL, importsOf, ndjson, numberOf } from './lists.ts';

let database: TestDatabase;
let imports: ReturnType<typeof importsOf>;
beforeAll(async () => {
  database = await createTestDatabase();
  imports = importsOf(await createTestApi(database));
});
beforeEach(() => database.clear());

describe('200', () => {
  test('new, changed and unchanged members in one list, over several chunks', async () => {
    await imports.load(ndjson(aList(1200)));
    const list = aList(1800).map((line, index) => (index % 3 === 0 ? { ...line, validatedOn: '2024-05-06' } : line));
    expect(counts(await imports.load(ndjson(list), { query: FULL }))).toEqual({
      received: 1800,
      created: 600,
      updated: 400,
      unchanged: 800,
      ended: 0,
      rejected: 0,
    });
    const { rows } = await database.asOwner(`
      select (select count(*)::int from membership_record where upper_inf(known)) as records,
             (select count(*)::int from membership_record where not upper_inf(known)) as former,
             (select count(*)::int from membership_record where upper_inf(known) and validated_on is not null) as validated,
             (select count(*)::int from membership_status) as statuses,
             (select count(distinct membership_id)::int from membership_identifier) as found`);
    // What did not change is not written again.
    expect(rows).toEqual([{ records: 1800, former: 400, validated: 600, statuses: 1800, found: 1800 }]);
    for (const [index, version] of [
      [0, 2],
      [1, 1],
      [1200, 1],
    ] as const)
      expect((await imports.member(numberOf(index))).json()).toMatchObject({ version, status: 'active' });
    const log = await database.asOwner(
      `select count(*)::int as entries, max(seq) - min(seq) + 1 = count(*) as gapless from change_log where subject = 'membership'`,
    );
    expect(log.rows).toEqual([{ entries: 2200, gapless: true }]);
  });

  test('lines refused when they are applied are told one by one, in the order of the file', async () => {
    await imports.load(ndjson(aList(1100)));
    await database.asOwner("update membership set source = 'JP'");
    const list = [aLine(5000, { type: 'X' }), ...aList(1100).map((line) => ({ ...line, type: 'IMPORTER' })), aLine(0)];
    const result = await imports.load(ndjson(list));
    expect(counts(result)).toMatchObject({ received: 1102, rejected: 1102 });
    expect([result.rejections.length, result.rejectionsOmitted]).toEqual([1102, 0]);
    expect(result.rejections.map(({ line }) => line)).toEqual(Array.from({ length: 1102 }, (_, index) => index + 1));
    expect(result.rejections.slice(0, 2).map(({ code }) => code)).toEqual(['TYPE_UNKNOWN', 'NOT_AUTHORITATIVE']);
  });

  test('a list that is held up is begun anew, and nothing of the first attempt goes on', async () => {
    await database.asOwner('begin');
    await database.asOwner('lock table membership_identifier in share mode');
    const loading = imports.load(ndjson(aList(1300)));
    await delay(4500); // Foreseen are two seconds.
    await database.asOwner('commit');
    expect(counts(await loading)).toMatchObject({ created: 1300 });
    const { rows } = await database.asOwner(
      'select count(*)::int as records, count(distinct lower(known))::int as instants from membership_record',
    );
    expect(rows).toEqual([{ records: 1300, instants: 1 }]);
    expect(counts(await imports.load(ndjson(aList(1300))))).toMatchObject({ unchanged: 1300 });
  });
});
