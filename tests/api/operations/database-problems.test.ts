import { setTimeout as pause } from 'node:timers/promises';
import { databaseProblem, NAMED_CONSTRAINTS } from '@mra/api';
import { createNetworkCache, createPool, openDatabase } from '@mra/registry';
import { sql } from 'kysely';
import { beforeAll, describe, expect, test } from 'vitest';
import { as, createTestApi } from '../../support/api.ts';
import { createTestDatabase, type TestDatabase } from '../../support/database.ts';

let database: TestDatabase;
beforeAll(async () => {
  database = await createTestDatabase();
});

/** Of tables that only seeds write, and those of the exchange, which inserts nothing that is there. */
const UNREACHABLE = [
  ...['benefit', 'identifier_scheme', 'mutual_assistance', 'presentation'],
  ...['membership_doubt', 'outbox', 'partner', 'stream'],
  // What is written of it is made from facts that have been checked.
  'membership_facts_due',
];

test('every constraint that a request can break has its words, and every entry its constraint', async () => {
  const { rows } = await database.asOwner(
    `select conname from pg_constraint
      where contype in ('u', 'x', 't') and connamespace = 'public'::regnamespace and not conrelid::regclass::text = any ($1)
     union all
     select tgname from pg_trigger where tgfoid = 'refuse_overlaps'::regproc and tgtype & 4 <> 0 -- of inserted rows`,
    [UNREACHABLE],
  );
  expect(NAMED_CONSTRAINTS.toSorted()).toEqual(rows.map(({ conname }) => conname as string).toSorted());
});

describe('errors of a real database', () => {
  const failureOf = (text: string) => database.asOwner(text).then(() => null, databaseProblem);

  test('two facts for one time are CONFLICT', async () => {
    const member = `('EU', 'JP', tstzrange('2026-01-01', null), tstzrange(now(), null), 'test')`;
    const failure = await failureOf(
      `insert into union_member (union_code, member, valid, known, recorded_by) values ${member}, ${member}`,
    );
    expect(failure).toMatchObject({ code: 'CONFLICT', detail: 'A member of the union is named twice for one time.' });
  });

  test('a statement that takes too long is SERVICE_UNAVAILABLE', async () => {
    expect(await failureOf(`begin; set local statement_timeout = 20; select pg_sleep(5)`)).toMatchObject({
      code: 'SERVICE_UNAVAILABLE',
    });
    await database.asOwner('rollback');
  });

  test('a connection that the server ends is SERVICE_UNAVAILABLE', async () => {
    const pool = createPool({ url: database.url, max: 1, role: null });
    try {
      const ended = pool.query('select pg_terminate_backend(pg_backend_pid())').then(() => null, databaseProblem);
      expect(await ended).toMatchObject({ code: 'SERVICE_UNAVAILABLE', status: 503 });
    } finally {
      await pool.end();
    }
  });
});

test('a connection that is lost between two statements of a transaction fails that transaction, and nothing else', async () => {
  const failed = database.db.transaction().execute(async (tx) => {
    const { rows } = await sql<{ pid: number }>`select pg_backend_pid() as pid`.execute(tx);
    await database.asOwner('select pg_terminate_backend($1)', [rows[0]?.pid]);
    await pause(100);
    await sql`select 1`.execute(tx);
  });
  expect(await failed.then(() => null, databaseProblem)).toMatchObject({ code: 'SERVICE_UNAVAILABLE' });
  const { app } = await createTestApi(database);
  expect((await app.inject({ url: '/readyz' })).statusCode).toBe(200);
});

test('a request without a database is answered with 503 and Retry-After; only the log knows why', async () => {
  const db = openDatabase(createPool({ url: 'postgres://nobody@127.0.0.1:1/none' }));
  const { app, log } = await createTestApi(database, { db, networks: createNetworkCache(db) });
  const answer = await app.inject({ url: '/v1/administrations', headers: await as(['registry:read']) });
  expect(answer.statusCode).toBe(503);
  expect(answer.headers['retry-after']).toBe('5');
  expect(answer.json()).toMatchObject({ code: 'SERVICE_UNAVAILABLE', detail: 'The database cannot answer now.' });
  expect(answer.body).not.toContain('ECONNREFUSED');
  expect(log).toContainEqual(
    expect.objectContaining({ level: 50, err: expect.objectContaining({ code: 'ECONNREFUSED' }) }),
  );
});
