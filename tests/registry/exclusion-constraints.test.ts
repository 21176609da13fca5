import { beforeAll, describe, expect, test } from 'vitest';
import { VERSIONED, VERSIONS, writeSamples } from '../load/sample-members.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';

describe('exclusion constraints', () => {
  let database: TestDatabase;
  beforeAll(async () => {
    database = await createTestDatabase();
  });

  test('have indexes that no query can be planned through (db/migrations/0031)', async () => {
    const { rows } = await database.asOwner(`
      select conname as name, i.indkey::text as columns
        from pg_constraint c join pg_index i on i.indexrelid = c.conindid
       where contype = 'x' and connamespace = 'public'::regnamespace`);
    expect(rows.length).toBeGreaterThan(10);
    // 0 stands for an expression.
    expect(rows.filter(({ columns }) => /[1-9]/.test(columns))).toEqual([]);
  });

  test('hold, and every earlier fact is closed, after twenty versions of a member in a new database', async () => {
    await writeSamples(database.url);
    const { rows } = await database.asOwner(
      `select s.component, s.status, upper_inf(s.known) as is_known from membership_status s
         join membership m on m.id = s.membership_id where m.number = $1`,
      [VERSIONED],
    );
    expect(rows).toHaveLength(4 * VERSIONS);
    expect(
      rows
        .filter(({ is_known }) => is_known)
        .map(({ component, status }) => `${component} ${status}`)
        .sort(),
    ).toEqual(['AEOC active', 'AEOC expired', 'AEOS active', 'AEOS expired']);
    const { rows: constraints } = await database.asOwner(
      `select conindid::regclass::text as index from pg_constraint where contype = 'x' and connamespace = 'public'::regnamespace`,
    );
    // Built anew over all rows, an index says what its constraint has let through.
    for (const { index } of constraints) await database.asOwner(`reindex index ${index}`);
  });
});
