import { createPool, openDatabase, readAs, record } from '@mra/registry';
import { sql } from 'kysely';
import { beforeAll, describe, expect, test } from 'vitest';
import { createTestApi } from '../support/api.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { membersOf } from '../support/members.ts';

let database: TestDatabase;
beforeAll(async () => {
  database = await createTestDatabase();
  const members = membersOf(await createTestApi(database));
  for (const number of ['DEAEOF00000001', 'DEAEOF00000002']) await members.put(number);
});

describe('roles and connections', () => {
  test('the roles cannot log in, are no superusers and cannot bypass the policies; the service is member of no other', async () => {
    const { rows } = await database.asOwner(
      `select rolname, rolsuper, rolbypassrls, rolcanlogin, rolcreaterole from pg_roles where rolname in ('mra_service', 'mra_decider') order by 1`,
    );
    const weak = { rolsuper: false, rolbypassrls: false, rolcanlogin: false, rolcreaterole: false };
    expect(rows).toEqual([
      { rolname: 'mra_decider', ...weak },
      { rolname: 'mra_service', ...weak },
    ]);
    const { rowCount } = await database.asOwner(`select from pg_auth_members where member = 'mra_service'::regrole`);
    expect(rowCount).toBe(0);
  });

  test('whom a transaction worked for ends with it', async () => {
    const pool = createPool({ url: database.url, max: 1 });
    const db = openDatabase(pool);
    try {
      expect(
        await readAs(
          db,
          { client: 'x', administration: 'EU' },
          async (tx) => (await sql<{ count: number }>`select count(*) from membership`.execute(tx)).rows[0]?.count,
        ),
      ).toBe(2);
      await record(db, { client: 'x', administration: 'EU' }, async () => {
        throw new Error('given up');
      }).catch(() => undefined);
      expect((await pool.query('select count(*) from membership')).rows[0].count).toBe(0);
      expect((await pool.query(`select current_setting('mra.administration', true) as it`)).rows[0].it).toBe('');
    } finally {
      await db.destroy();
    }
  });

  test('a pooled connection that resets its role is still the service', async () => {
    const pool = createPool({ url: database.url, max: 1 });
    try {
      for (const statement of ['reset role', 'discard all', 'reset all']) {
        await pool.query(statement);
        expect((await pool.query('select current_user as it')).rows[0].it).toBe('mra_service');
        expect((await pool.query('select count(*) from membership')).rows[0].count).toBe(0);
      }
    } finally {
      await pool.end();
    }
  });

  test('a transaction of an actor is bound whatever role its connection is in', async () => {
    const pool = createPool({ url: database.url, max: 1, role: null });
    const db = openDatabase(pool);
    try {
      expect((await pool.query('select count(*) from membership')).rows[0].count).toBe(2);
      const seen = async (administration: string) =>
        readAs(db, { client: 'x', administration }, async (tx) => {
          const { rows } = await sql<{ role: string; count: number }>`
            select current_user as role, (select count(*) from membership where number = 'DEAEOF00000001') as count`.execute(
            tx,
          );
          return rows[0];
        });
      expect(await seen('EU')).toEqual({ role: 'mra_service', count: 1 });
      expect(await seen('UY')).toEqual({ role: 'mra_service', count: 0 });
    } finally {
      await db.destroy();
    }
  });

  // `set role none` gives a connection back the rights of its login. Where that login owns the tables (the embedded default), the
  // policies guard against wrong queries of the service; where it is only a member of mra_service, against any SQL whatsoever.
  test('a login that is only a member of mra_service gains nothing by leaving the role', async () => {
    const login = `limited_${database.url.slice(-12).replaceAll(/\W/g, '')}`;
    await database.asOwner(`create role ${login} login password 'only-for-this-test' in role mra_service`);
    const url = new URL(database.url);
    url.username = login;
    url.password = 'only-for-this-test';
    const pool = createPool({ url: url.href, max: 1 });
    try {
      for (const statement of ['select 1', 'set role none', 'reset session authorization']) {
        await pool.query(statement);
        expect((await pool.query('select count(*) from membership')).rows[0].count).toBe(0);
        await expect(pool.query('set row_security = off; select count(*) from membership')).rejects.toThrow(
          /row-level security|would be affected/,
        );
        await pool.query('reset row_security');
      }
      await expect(pool.query('set role mra_decider')).rejects.toThrow(/permission denied/);
      await expect(pool.query('alter table membership disable row level security')).rejects.toThrow(/must be owner/);
    } finally {
      await pool.end();
      await database.asOwner(`drop role ${login}`);
    }
  });
});
