import { setTimeout as delay } from 'node:timers/promises';
import { STATUSES, type Status } from '@mra/recognition';
import { createPool, record } from '@mra/registry';
import { sql } from 'kysely';
import type pg from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createTestApi } from '../support/api.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { aMember, membersOf } from '../support/members.ts';

let database: TestDatabase;
let members: ReturnType<typeof membersOf>;
let pool: pg.Pool;
beforeAll(async () => {
  database = await createTestDatabase();
  members = membersOf(await createTestApi(database));
  pool = createPool({ url: database.url, max: 3 });
});
afterAll(() => pool.end());

const CONSTRAINT = 'membership_status_life_cycle';
let count = 0;
/** The id of a new member bereft of its statuses (by the owner of the tables), to be written past the code that would check them. */
async function aBareMember(): Promise<number> {
  count += 1;
  const number = `DEAEOF${String(count).padStart(8, '0')}`;
  await members.put(number, aMember());
  const { rows } = await database.asOwner('select id from membership where number = $1', [number]);
  await database.asOwner('delete from membership_status where membership_id = $1', [rows[0].id]);
  return rows[0].id;
}

const insert = `insert into membership_status (membership_id, type, component, status, valid, known)
                values ($1, 'AEOF', $2, $3, tstzrange($4, $5), '[2026-01-01,)')`;
type Row = readonly [component: string, status: Status, from: string, to: string | null];

/** A transaction of the service for the EU on a connection of its own, without the turn that recordings take. */
async function begin(isolation = ''): Promise<pg.PoolClient> {
  const client = await pool.connect();
  await client.query(`begin ${isolation}`);
  await client.query(`select set_config('mra.administration', 'EU', true)`);
  return client;
}
const finish = async (client: pg.PoolClient): Promise<unknown> => {
  try {
    await client.query('commit');
    return null;
  } catch (error) {
    return error;
  } finally {
    client.release();
  }
};
async function write(id: number, rows: readonly Row[]): Promise<unknown> {
  const client = await begin();
  try {
    for (const row of rows) await client.query(insert, [id, ...row]);
  } catch (error) {
    await client.query('rollback');
    client.release();
    throw error;
  }
  return finish(client);
}

const ALLOWED: readonly string[] = ['suspended', 'revoked', 'withdrawn', 'expired']
  .flatMap((to) => [`active ${to}`, `suspended ${to}`])
  .concat('suspended active');

describe('what follows what within one component', () => {
  test.each(STATUSES.flatMap((before) => STATUSES.map((after) => [before, after] as const)))(
    '%s, then %s',
    async (before, after) => {
      const id = await aBareMember();
      // In any order of writing, and with a gap between them.
      const outcome = await write(id, [
        ['AEOS', after, '2022-01-01', null],
        ['AEOS', before, '2020-01-01', '2021-01-01'],
      ]);
      if (before === after || ALLOWED.includes(`${before} ${after}`)) expect(outcome).toBeNull();
      else
        expect(outcome).toMatchObject({
          code: '23514',
          constraint: CONSTRAINT,
          message: `a ${before} component cannot become ${after}`,
        });
    },
  );

  test('other components do not matter, and two statuses at one time are refused', async () => {
    const id = await aBareMember();
    expect(
      await write(id, [
        ['AEOC', 'revoked', '2020-01-01', '2021-01-01'],
        ['AEOS', 'active', '2021-01-01', null],
      ]),
    ).toBeNull();
    const client = await begin();
    await expect(client.query(insert, [id, 'AEOS', 'suspended', '2022-01-01', null])).rejects.toMatchObject({
      code: '23P01',
    });
    await finish(client);
  });
});

describe('ways round it', () => {
  test('knowledge that was closed cannot be opened again', async () => {
    const id = await aBareMember();
    await write(id, [['AEOS', 'active', '2022-01-01', null]]);
    const know = async (known: string) => {
      const client = await begin();
      await client.query(`update membership_status set known = $2 where membership_id = $1 and status = 'active'`, [
        id,
        known,
      ]);
      return finish(client);
    };
    expect(await know('[2026-01-01,2026-02-01)')).toBeNull();
    expect(await write(id, [['AEOS', 'revoked', '2020-01-01', '2021-01-01']])).toBeNull();
    expect(await know('[2026-01-01,)')).toMatchObject({ constraint: CONSTRAINT });
  });

  test('of two writers at once who each would be right alone, the second is refused', async () => {
    const id = await aBareMember();
    await write(id, [['AEOS', 'active', '2020-01-01', '2021-01-01']]);
    const [first, second] = [await begin(), await begin()];
    await first.query(insert, [id, 'AEOS', 'revoked', '2021-01-01', '2022-01-01']);
    // The first has been checked and is not yet committed: the second must wait for it before it is checked.
    await first.query('set constraints all immediate');
    const late = second.query(insert, [id, 'AEOS', 'suspended', '2022-01-01', null]).then(() => finish(second));
    await delay(100);
    expect(await finish(first)).toBeNull();
    expect(await late).toMatchObject({
      constraint: CONSTRAINT,
      message: 'a revoked component cannot become suspended',
    });
  });

  test('nor does another isolation help', async () => {
    for (const isolation of ['isolation level repeatable read', 'isolation level serializable']) {
      const id = await aBareMember();
      const client = await begin(isolation);
      const refused = await client.query(insert, [id, 'AEOS', 'active', '2020-01-01', null]).catch((error) => error);
      expect(refused).toMatchObject({ message: expect.stringContaining('READ COMMITTED') });
      await finish(client);
    }
  });

  test('a recording that breaks it writes nothing at all', async () => {
    const id = await aBareMember();
    const before = (await database.asOwner('select seq, recorded_at from log_head')).rows;
    const writing = record(database.db, { client: 'x', administration: 'EU' }, async ({ tx, recordedAt }) => {
      for (const [status, from, to] of [
        ['revoked', '2020-01-01', '2021-01-01'],
        ['active', '2021-01-01', null],
      ]) {
        await sql`insert into membership_status (membership_id, type, component, status, valid, known)
                  values (${id}, 'AEOF', 'AEOC', ${status}, tstzrange(${from}, ${to}), tstzrange(${recordedAt}, null))`.execute(
          tx,
        );
      }
    });
    await expect(writing).rejects.toMatchObject({ constraint: CONSTRAINT });
    expect((await database.asOwner('select seq, recorded_at from log_head')).rows).toEqual(before);
    expect(
      (await database.asOwner('select from membership_status where membership_id = $1 and upper_inf(known)', [id]))
        .rowCount,
    ).toBe(0);
  });
});
