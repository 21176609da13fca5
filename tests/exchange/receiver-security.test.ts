import { inExchange } from '@mra/exchange';
import { type Actor, type DB, readAs } from '@mra/registry';
import { sql, type Transaction } from 'kysely';
import { beforeAll, describe, expect, test } from 'vitest';
import { aRecord, createReceiver, numberOf, type Receiver } from './receiver.ts';

let it: Receiver;
beforeAll(async () => {
  it = await createReceiver();
  const sets = [
    await it.jp.published(1, aRecord(numberOf(1))),
    await it.jp.changed(2, aRecord(numberOf(1), { type: 'NONE' })),
    await it.jp.heartbeat(4),
  ];
  await it.receive(sets);
  await it.receive([{ compact: 'forged' }]);
  await it.rows(`insert into snapshot_load (partner) values ('JP')`);
  await it.rows(
    `insert into snapshot_load_line (load_id, ordinal, agreement, programme, number, normalised, record, hash)
     select id, 1, 'eu-jp-2010', 'jp-aeo', '1', '1', '{}', '' from snapshot_load`,
  );
});

const TABLES = [
  'inbound_stream',
  'inbound_event',
  'copy',
  'quarantine',
  'exchange_report',
  'snapshot_load',
  'snapshot_load_line',
] as const;

const actors: Readonly<Record<string, Actor>> = {
  'the partner itself': { client: 'jp', administration: 'JP' },
  'another partner': { client: 'us', administration: 'US' },
  'the local administration': { client: 'eu', administration: 'EU' },
  'an administration that is no partner': { client: 'br', administration: 'BR' },
  'a broker': { client: 'broker', administration: null },
  'an import of copies': { client: 'lists', administration: null, copies: true },
};

const count = (tx: Transaction<DB>, table: string) =>
  sql<{ count: number }>`select count(*) from ${sql.table(table)}`.execute(tx).then(({ rows }) => rows[0]?.count ?? 0);

describe.each(TABLES)('%s', (table) => {
  test('is there for the exchange', async () => {
    expect(await inExchange(it.exchange.db, (tx) => count(tx, table))).toBeGreaterThan(0);
  });

  test.each(Object.keys(actors))('is empty for %s', async (name) => {
    expect(await readAs(it.exchange.db, actors[name] as Actor, (tx) => count(tx, table))).toBe(0);
  });

  test('is not written by a partner that calls', async () => {
    const rows = await it.rows(`select to_jsonb(t) as row from ${table} t limit 1`);
    const row = JSON.stringify(rows[0]?.row);
    const insert = (tx: Transaction<DB>) =>
      sql`insert into ${sql.table(table)} select (jsonb_populate_record(null::${sql.table(table)}, ${row}::jsonb)).*`.execute(
        tx,
      );
    if (table !== 'quarantine' && table !== 'exchange_report') {
      await expect(inExchange(it.exchange.db, insert, 'JP')).rejects.toThrow(/row-level security/);
    }
    const removed = await inExchange(it.exchange.db, (tx) => sql`delete from ${sql.table(table)}`.execute(tx), 'JP');
    expect(removed.numAffectedRows).toBe(0n);
  });
});

test('a partner knows of its own registration alone', async () => {
  const codes = await inExchange(it.exchange.db, (tx) => tx.selectFrom('partner').select('code').execute(), 'JP');
  expect(codes).toEqual([{ code: 'JP' }]);
});

describe('what looks at copies past the policies', () => {
  test.each([
    `select * from held_members(array['jp-aeo'], array['${numberOf(1)}'])`,
    `select * from identifier_holders(array['jp-aeo'], array['jp-cn-code'], array['${numberOf(1)}'], now())`,
    `select * from fingerprints_of(array[1])`,
  ])('%s', async (query) => {
    await expect(inExchange(it.exchange.db, (tx) => sql.raw(query).execute(tx))).resolves.toBeDefined();
    for (const actor of Object.values(actors)) {
      await expect(readAs(it.exchange.db, actor, (tx) => sql.raw(query).execute(tx))).rejects.toThrow(
        /the work of the exchange/,
      );
    }
  });

  test('nobody but the service may call it', async () => {
    const { rows } = await it.database.asOwner(
      `select p.proname, a.grantee::regrole::text as grantee
         from pg_proc p, lateral aclexplode(p.proacl) a
        where p.proname in ('held_members', 'identifier_holders', 'fingerprints_of') and a.grantee not in (p.proowner)
        order by 1`,
    );
    expect(rows).toEqual([
      { proname: 'fingerprints_of', grantee: 'mra_service' },
      { proname: 'held_members', grantee: 'mra_service' },
      { proname: 'identifier_holders', grantee: 'mra_service' },
    ]);
  });
});
