import { setTimeout as delay } from 'node:timers/promises';
import { actAs } from '@mra/registry';
import { sql } from 'kysely';
import { beforeAll, describe, expect, test } from 'vitest';
import { createTestApi } from '../support/api.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { aMember, membersOf } from '../support/members.ts';
import { aNumber } from '../support/recordings.ts';

let database: TestDatabase;
let members: ReturnType<typeof membersOf>;
beforeAll(async () => {
  database = await createTestDatabase();
  members = membersOf(await createTestApi(database));
});

const FACTS = ['membership_record', 'membership_status', 'membership_consent', 'membership_identifier'] as const;

let count = 0;
/** The id of a new member, of whom each table of facts has rows. */
async function aMemberId(): Promise<number> {
  count += 1;
  const number = aNumber(count);
  await members.put(number, aMember());
  return (await database.asOwner('select id from membership where number = $1', [number])).rows[0].id;
}

/** A member whose rows in one table are these statuses alone. */
async function statuses(rows: readonly (readonly [valid: string, known: string, component?: string])[]) {
  const id = await aMemberId();
  await database.asOwner('delete from membership_status where membership_id = $1', [id]);
  const insert = (more: typeof rows) =>
    database.asOwner(
      `insert into membership_status (membership_id, type, component, status, valid, known)
       select $1, 'AEOF', coalesce(r ->> 2, 'AEOS'), 'active', (r ->> 0)::period, (r ->> 1)::period
         from jsonb_array_elements($2::jsonb) r`,
      [id, JSON.stringify(more)],
    );
  await insert(rows);
  return { id, insert };
}

describe('two facts about one thing of a member, valid and known at once', () => {
  test.each(FACTS)('are refused in %s, as by an exclusion constraint', async (fact) => {
    const id = await aMemberId();
    const again = `insert into ${fact} select * from ${fact} where membership_id = $1`;
    await expect(database.asOwner(again, [id])).rejects.toMatchObject({
      code: '23P01',
      constraint: `${fact}_no_overlap`,
      table: fact,
    });
  });

  test.each(FACTS)('are refused in %s among thousands of a statement that are right', async (fact) => {
    const id = await aMemberId();
    const columns = (
      await database.asOwner(
        `select string_agg(quote_ident(attname), ', ') as names from pg_attribute
          where attrelid = $1::regclass and attnum > 0 and not attisdropped and attname <> 'membership_id'`,
        [fact],
      )
    ).rows[0].names;
    const copies = (twice: string) =>
      database.asOwner(
        `with others as (
           insert into membership (administration, programme, number, number_normalised)
           select 'EU', 'eu-aeo', g::text, g::text from (select gen_random_uuid() as g from generate_series(1, 2000)) n returning id
         ), kept as materialized (select id from others)
         insert into ${fact} (membership_id, ${columns})
         select k.id, ${columns} from (select id from kept ${twice}) k, ${fact} f where f.membership_id = $1`,
        [id],
      );
    expect((await copies('')).rowCount).toBeGreaterThanOrEqual(2000);
    await expect(copies('union all (select id from kept limit 1)')).rejects.toMatchObject({
      constraint: `${fact}_no_overlap`,
    });
  });

  test('are those whose periods share an instant on both axes', async () => {
    const { insert } = await statuses([['[2020-01-01,2021-01-01)', '[2022-01-01,2023-01-01)']]);
    const add = (...row: Parameters<typeof insert>[0][number]) =>
      insert([row]).then(
        () => 'written',
        ({ constraint }) => constraint,
      );
    expect(await add('[2021-01-01,)', '[2022-01-01,2023-01-01)')).toBe('written');
    expect(await add('[2020-01-01,2021-01-01)', '[2023-01-01,)')).toBe('written');
    expect(await add('[2020-06-01,2020-07-01)', '[2022-06-01,2022-07-01)', 'AEOC')).toBe('written');
    expect(await add('[2020-12-31,2021-01-01)', '[2022-12-31,2023-01-01)')).toBe('membership_status_no_overlap');
    expect(await add('[2000-01-01,)', '(,)')).toBe('membership_status_no_overlap');
  });

  test('cannot come about by a change of what is there', async () => {
    const { id } = await statuses([
      ['[2020-01-01,)', '[2022-01-01,2023-01-01)'],
      ['[2020-01-01,)', '[2023-01-01,)'],
    ]);
    const reopened = `update membership_status set known = tstzrange(lower(known), null) where membership_id = $1 and not upper_inf(known)`;
    await expect(database.asOwner(reopened, [id])).rejects.toMatchObject({
      constraint: 'membership_status_no_overlap',
    });
  });
});

describe('ways round it', () => {
  test('of two transactions at once the second waits for the first, and is refused', async () => {
    const id = await aMemberId();
    await database.asOwner('delete from membership_consent where membership_id = $1', [id]);
    const first = Promise.withResolvers<void>();
    const commit = Promise.withResolvers<void>();
    const write = (between: () => Promise<void> = async () => undefined) =>
      database.db.transaction().execute(async (tx) => {
        await actAs(tx, { administration: 'EU' });
        await sql`insert into membership_consent (membership_id, scope, partners, except_for, valid, known)
                  values (${id}, 'all', '{}', '{}', '(,)', '[2020-01-01,)')`.execute(tx);
        await between();
      });
    const one = write(async () => {
      first.resolve();
      await commit.promise;
    });
    await first.promise;
    const other = write();
    // Time for a check that did not wait to pass, unseen by the first.
    await Promise.race([other.catch(() => undefined), delay(100)]);
    commit.resolve();
    const results = await Promise.allSettled([one, other]);
    expect(results).toMatchObject([
      { status: 'fulfilled' },
      { status: 'rejected', reason: { constraint: 'membership_consent_no_overlap' } },
    ]);
  });

  test.each(['repeatable read', 'serializable'] as const)('a transaction that is %s is refused', async (isolation) => {
    const id = await aMemberId();
    const writing = database.db
      .transaction()
      .setIsolationLevel(isolation)
      .execute(async (tx) => {
        await actAs(tx, { administration: 'EU' });
        await sql`insert into membership_consent (membership_id, scope, partners, except_for, valid, known)
                  values (${id}, 'all', '{}', '{}', '[1990-01-01,1991-01-01)', '[1990-01-01,1991-01-01)')`.execute(tx);
      });
    await expect(writing).rejects.toThrow('READ COMMITTED');
  });

  test.each(FACTS)('the service can neither switch the check of %s off nor call it', async (fact) => {
    for (const statement of [
      `alter table ${fact} disable trigger ${fact}_no_overlap`,
      `drop trigger ${fact}_no_overlap on ${fact}`,
      `set session_replication_role = replica`,
      'select refuse_overlaps()',
    ])
      await expect(sql.raw(statement).execute(database.db)).rejects.toMatchObject({
        code: expect.stringMatching(/^(42501|0A000)$/),
      });
  });
});
