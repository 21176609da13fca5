import { loadFacts } from '@mra/registry';
import { sql } from 'kysely';
import pg from 'pg';
import { beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { createTestApi } from '../support/api.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { aMember, membersOf } from '../support/members.ts';

const NUMBER = 'DEAEOF00000001';
let database: TestDatabase;
let members: ReturnType<typeof membersOf>;
beforeAll(async () => {
  database = await createTestDatabase();
  members = membersOf(await createTestApi(database));
});
beforeEach(async () => {
  await database.clear();
  await members.put(NUMBER, aMember());
});

const factsOf = async (knownAt: string | null = null) => {
  const [loaded] = await loadFacts(database.db, [{ identifier: NUMBER, knownAt }]);
  return loaded?.memberships[0];
};
const count = async (query: string) =>
  Number((await database.asOwner(`select count(*) as count ${query}`)).rows[0].count);

describe('the finished facts of a member', () => {
  test('are nothing to the service, not even to see', async () => {
    for (const table of ['membership_facts', 'membership_facts_due']) {
      for (const statement of [
        `select from ${table}`,
        `insert into ${table} overriding system value select * from ${table}`,
        `delete from ${table}`,
        `truncate ${table}`,
      ]) {
        // 42501: insufficient privilege
        await expect(sql.raw(statement).execute(database.db), statement).rejects.toMatchObject({ code: '42501' });
      }
    }
    for (const call of ['renew_membership_facts()', `write_membership_facts('{1}', now())`]) {
      await expect(sql.raw(`select ${call}`).execute(database.db), call).rejects.toMatchObject({ code: '42501' });
    }
  });

  test('are one row for each recording, and a question reads one, however many there are', async () => {
    for (let version = 2; version <= 20; version += 1) {
      await members.put(NUMBER, aMember({ names: [{ name: `Version ${version}`, kind: 'legal' }] }));
    }
    expect(await count('from membership_facts')).toBe(20);
    await database.asOwner('analyze membership_facts');
    const read = await database.db.transaction().execute(async (tx) => {
      const fetched = sql<{ count: number }>`
        select pg_stat_get_xact_tuples_fetched('membership_facts_pkey'::regclass) as count`;
      const before = (await fetched.execute(tx)).rows[0]?.count ?? 0;
      await sql`select facts from recognition_facts(array[${NUMBER}], array[null::timestamptz])`.execute(tx);
      return ((await fetched.execute(tx)).rows[0]?.count ?? 0) - before;
    });
    expect(read).toBe(1);
    expect((await factsOf())?.names).toEqual([expect.objectContaining({ name: 'Version 20' })]);
  });

  test('are there once constraints are checked, also before the transaction ends, which may write on', async () => {
    await withOwner(async (client) => {
      const nameOfFacts = async () => {
        const { rows } = await client.query(`select facts from membership_facts order by known_from desc limit 1`);
        return /"name": "([^"]*)"/.exec(rows[0].facts)?.[1];
      };
      await client.query('begin');
      for (const name of ['One', 'Two']) {
        await client.query(`update membership_record set names = '[{"name": "${name}"}]'`);
        expect(await nameOfFacts()).not.toBe(name);
        await client.query('set constraints all immediate');
        expect(await nameOfFacts()).toBe(name);
        await client.query('set constraints all deferred');
      }
      await client.query('rollback');
    });
    expect((await factsOf())?.names).not.toEqual([{ name: 'Two' }]);
  });

  test('have what two have written at once who did not take turns', async () => {
    await withOwner((one) =>
      withOwner(async (other) => {
        await one.query('begin');
        await other.query('begin');
        await one.query(`update membership_status set status = 'suspended'`);
        const second = other.query(`update membership_consent set scope = 'none'`).then(() => other.query('commit'));
        await one.query('set constraints all immediate');
        await one.query('commit');
        await second;
      }),
    );
    const facts = await factsOf();
    expect(new Set(facts?.statuses.map(({ status }) => status))).toEqual(new Set(['suspended']));
    expect(facts?.consents.map(({ scope }) => scope)).toContain('none');
    expect(facts?.consents.map(({ scope }) => scope)).not.toContain('all');
  });

  test('are refused in a snapshot that does not see what others commit', async () => {
    await withOwner(async (client) => {
      await client.query('begin isolation level repeatable read');
      const write = client.query(`update membership_consent set scope = 'none'`).then(() => client.query('commit'));
      await expect(write).rejects.toThrow('READ COMMITTED');
    });
  });

  test('can be made anew when triggers were switched off', async () => {
    const facts = await factsOf();
    await database.asOwner('alter table membership_record disable trigger user');
    await database.asOwner(`update membership_record set names = '[{"name": "Unnoticed"}]'`);
    await database.asOwner('alter table membership_record enable trigger user');
    expect(await factsOf()).toEqual(facts);
    await database.asOwner('select renew_membership_facts()');
    expect(await factsOf()).toEqual({ ...facts, addresses: facts?.addresses, names: [{ name: 'Unnoticed' }] });
  });

  test('go with the member', async () => {
    await database.clear();
    expect(await count('from membership_facts')).toBe(0);
    expect(await count('from membership_facts_due')).toBe(0);
  });
});

async function withOwner<T>(work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString: database.url });
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}
