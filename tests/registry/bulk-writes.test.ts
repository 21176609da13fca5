import { setTimeout as delay } from 'node:timers/promises';
import { actAs, holdReaders, readAs, record } from '@mra/registry';
import { sql } from 'kysely';
import { beforeAll, describe, expect, test } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { aWriter } from '../support/recordings.ts';

let database: TestDatabase;
beforeAll(async () => {
  database = await createTestDatabase();
});

describe('lines that come in by COPY', () => {
  test.each([
    'select * from import_line_arrived',
    'update import_line_arrived set line = 1',
    'delete from import_line_arrived',
    'truncate import_line_arrived',
    'update import_line set line = 1',
  ])('the service may not %s', async (statement) => {
    await expect(sql.raw(statement).execute(database.db)).rejects.toThrow('permission denied');
  });

  test('are read and removed within their own upload alone', async () => {
    const lines = (upload: string) =>
      database.db.transaction().execute(async (tx) => {
        await sql`select set_config('mra.upload', ${upload}, true)`.execute(tx);
        const { rows } = await sql`select number from import_line`.execute(tx);
        const removed = await sql`delete from import_line`.execute(tx);
        return [rows.length, Number(removed.numAffectedRows)];
      });
    const uploads = ['00000000-0000-4000-8000-000000000001', '00000000-0000-4000-8000-000000000002'] as const;
    for (const [index, upload] of uploads.entries()) {
      await database.asOwner(`insert into import_upload (id, client) values ('${upload}', 'tests')`);
      await database.asOwner(`insert into import_line_arrived (upload_id, number_normalised, accepted, line, number)
                              select '${upload}', 'X', false, n, 'X' from generate_series(1, ${index + 1}) n`);
    }
    expect(await lines(uploads[1])).toEqual([2, 2]);
    expect(await lines('00000000-0000-4000-8000-000000000003')).toEqual([0, 0]);
    // They go with their upload, also one whose process is gone.
    await sql`delete from import_upload`.execute(database.db);
    expect((await database.asOwner('select from import_line_arrived')).rowCount).toBe(0);
  });
});

describe('the life cycle of many members at once', () => {
  const statuses = (rows: readonly (readonly [id: number, status: string, from: string, to: string | null])[]) =>
    database.asOwner(
      `insert into membership_status (membership_id, type, component, status, valid, known)
       select (r ->> 0)::bigint, 'AEOF', 'X', r ->> 1, tstzrange((r ->> 2)::timestamptz, (r ->> 3)::timestamptz), '[2020-01-01,)'
         from jsonb_array_elements($1::jsonb) r`,
      [JSON.stringify(rows)],
    );
  const someIds = async (count: number): Promise<number[]> =>
    (
      await database.asOwner(
        `insert into membership (administration, programme, number, number_normalised)
         select 'EU', 'eu-aeo', g::text, g::text from (select gen_random_uuid() as g from generate_series(1, $1)) n returning id`,
        [count],
      )
    ).rows.map(({ id }) => id);

  test('one that is broken is found among those that are not, and nothing of the statement stays', async () => {
    const ids = await someIds(600);
    const good = ids.flatMap((id) => [
      [id, 'active', '2020-01-01', '2021-01-01'] as const,
      [id, 'suspended', '2021-01-01', null] as const,
    ]);
    const [broken = 0] = await someIds(1);
    const bad = [
      [broken, 'revoked', '2020-01-01', '2021-01-01'],
      [broken, 'active', '2021-01-01', null],
    ] as const;
    await expect(statuses([...good.slice(0, 900), ...bad, ...good.slice(900)])).rejects.toMatchObject({
      constraint: 'membership_status_life_cycle',
      message: 'a revoked component cannot become active',
    });
    expect((await statuses(good)).rowCount).toBe(1200);
    // What follows one member's status is not compared with another's.
    const [one = 0, other = 0] = await someIds(2);
    await statuses([
      [one, 'revoked', '2020-01-01', '2021-01-01'],
      [other, 'active', '2021-01-01', null],
    ]);
    expect((await database.asOwner('select from life_cycle_check')).rowCount).toBe(0);
  });

  test('the service can neither see nor change what is still to be checked, nor check in its own way', async () => {
    for (const statement of [
      'select * from life_cycle_check',
      `insert into life_cycle_check (members) values ('{}')`,
      'delete from life_cycle_check',
      `update life_cycle_check set members = '{}'`,
      'alter table membership_status disable trigger membership_status_life_cycle',
    ])
      await expect(sql.raw(statement).execute(database.db)).rejects.toThrow(/permission denied|must be owner/);
    const { rows } = await database.asOwner(
      `select proname from pg_proc where proname in ('note_life_cycle_check', 'check_life_cycles')
          and (has_function_privilege('mra_service', oid, 'execute') or not prosecdef)`,
    );
    expect(rows).toEqual([]);
  });
});

describe('a recording that lets readers wait before its instant', () => {
  test('may end after it: whoever reads then reads what it wrote', async () => {
    const opened = Promise.withResolvers<string>();
    const seen = async () =>
      readAs(database.db, aWriter, async (tx, now) => ({
        now,
        there: (await sql`select from membership where number = 'LATE'`.execute(tx)).rows.length,
      }));
    const writing = record(
      database.db,
      aWriter,
      async (recording) => {
        const held = await holdReaders(recording);
        opened.resolve(recording.recordedAt);
        await actAs(recording.tx, aWriter);
        await sql`insert into membership (administration, programme, number, number_normalised)
                  values ('EU', 'eu-aeo', 'LATE', 'LATE')`.execute(recording.tx);
        await delay(1200);
        return held;
      },
      { aheadSeconds: 0.8 },
    );
    const instant = await opened.promise;
    const read = await seen();
    expect(await writing).toBe(true);
    expect(read).toMatchObject({ there: 1 });
    expect(read.now > instant).toBe(true);
  });

  test('too late it is given up', async () => {
    const writing = record(
      database.db,
      aWriter,
      async (recording) => {
        await delay(400);
        expect(await holdReaders(recording)).toBe(false);
      },
      { aheadSeconds: 0.5 },
    );
    await expect(writing).rejects.toThrow();
    const next = await record(database.db, aWriter, async ({ recordedAt }) => recordedAt);
    expect(Date.parse(next)).toBeGreaterThan(0);
  });
});
