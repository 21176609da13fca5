import { normaliseIdentifier } from '@mra/recognition';
import { type Actor, actAs, type DB, readAs } from '@mra/registry';
import { sql, type Transaction } from 'kysely';
import { beforeAll, describe, expect, test } from 'vitest';
import { createTestApi } from '../support/api.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { aMember, membersOf } from '../support/members.ts';

let database: TestDatabase;
/** Members of the EU: one whom JP may know of, one who did not consent. */
const ids = { shared: 0, hidden: 0 };
beforeAll(async () => {
  database = await createTestDatabase();
  const members = membersOf(await createTestApi(database));
  for (const [key, number, consent] of [
    ['shared', 'DEAEOF00000001', { given: true }],
    ['hidden', 'DEAEOF00000002', { given: false }],
  ] as const) {
    await members.put(number, aMember({ consent, identifiers: [{ scheme: 'eori', value: `DE${number.slice(-3)}` }] }));
    await members.event(number, { type: 'suspended', note: 'secret' });
    const { rows } = await database.asOwner('select id from membership where number = $1', [number]);
    ids[key] = rows[0].id;
  }
  await members.suspendLocally('DEAEOF00000001', { note: 'for JP only' });
});

const asJapan: Actor = { client: 'attacker', administration: 'JP' };
const PARTS = [
  'membership_record',
  'membership_event',
  'membership_status',
  'membership_identifier',
  'membership_consent',
  'local_suspension',
];
/** Of the exchange: what belongs to one partner, or to nobody that calls (tests/exchange). */
const OF_THE_EXCHANGE = ['copy', 'membership_doubt', 'outbox', 'share', 'share_due'];
/** Of answers alone: nobody reads it but recognition_facts. */
const OF_ANSWERS = ['membership_facts'];

/** Runs a statement as the service works for an actor, and takes it back. */
async function attempt(actor: Actor, work: (tx: Transaction<DB>) => Promise<unknown>): Promise<unknown> {
  const undo = new Error('undo');
  let result: unknown;
  await database.db
    .transaction()
    .execute(async (tx) => {
      await actAs(tx, actor);
      result = await work(tx);
      throw undo;
    })
    .catch((error) => {
      if (error !== undo) throw error;
    });
  return result;
}
const rowsOf = (actor: Actor, query: ReturnType<typeof sql<{ count: number }>>) =>
  readAs(database.db, actor, async (tx) => (await query.execute(tx)).rows[0]?.count ?? 0);
const changed = (actor: Actor, statement: ReturnType<typeof sql>) =>
  attempt(actor, async (tx) => Number((await statement.execute(tx)).numAffectedRows ?? 0));

describe('every table of members', () => {
  test('is one that these tests know, and has row-level security', async () => {
    const { rows } = await database.asOwner(
      `select c.relname as name, c.relrowsecurity as secured, pg_get_userbyid(c.relowner) as owner
         from pg_class c
        where c.relkind = 'r' and c.relnamespace = 'public'::regnamespace
          and (c.relname = 'membership' or exists (select from pg_attribute a where a.attrelid = c.oid and a.attname = 'membership_id'))
        order by 1`,
    );
    expect(rows.map(({ name }) => name)).toEqual(
      ['membership', ...PARTS, ...OF_THE_EXCHANGE, ...OF_ANSWERS].toSorted(),
    );
    for (const { secured, owner } of rows) {
      expect(secured).toBe(true);
      expect(owner).not.toBe('mra_service');
    }
  });

  test.each(PARTS.slice(0, -1))(
    '%s: the parts of a hidden member are not there, those of a shared one are',
    async (part) => {
      const count = (actor: Actor, id: number) =>
        rowsOf(actor, sql`select count(*) from ${sql.table(part)} where membership_id = ${id}`);
      expect(await count({ ...asJapan, administration: 'EU' }, ids.hidden)).toBeGreaterThan(0);
      expect(await count(asJapan, ids.hidden)).toBe(0);
      expect(await count(asJapan, ids.shared)).toBeGreaterThan(0);
      expect(await count({ ...asJapan, administration: 'US' }, ids.shared)).toBeGreaterThan(0);
      expect(await count({ ...asJapan, administration: 'BR' }, ids.shared)).toBe(0);
      expect(await rowsOf({ ...asJapan, administration: null }, sql`select count(*) from ${sql.table(part)}`)).toBe(0);
    },
  );

  test.each(PARTS)('%s: nothing of another can be written, overwritten or removed', async (part) => {
    const table = sql.table(part);
    for (const id of [ids.shared, ids.hidden]) {
      const { rows } = await database.asOwner(`select to_jsonb(t) as row from ${part} t where membership_id = $1`, [
        id,
      ]);
      const copy = JSON.stringify(
        rows[0]?.row ?? {
          recogniser: 'JP',
          membership_id: id,
          valid: '[2020-01-01,)',
          known: '[2020-01-01,)',
          recorded_by: 'x',
        },
      );
      // Whoever writes must act for the issuer; of a local suspension, for the recogniser.
      for (const administration of ['US', null]) {
        const actor = { ...asJapan, administration };
        const insert = sql`insert into ${table} select (jsonb_populate_record(null::${table}, ${copy}::jsonb)).*`;
        await expect(changed(actor, insert)).rejects.toThrow(/row-level security/);
        if (part !== 'membership_event') {
          expect(
            await changed(
              actor,
              sql`update ${table} set known = tstzrange(lower(known), now()) where membership_id = ${id}`,
            ),
          ).toBe(0);
        }
        const removal = changed(actor, sql`delete from ${table} where membership_id = ${id}`);
        await (part === 'local_suspension'
          ? expect(removal).resolves.toBe(0)
          : expect(removal).rejects.toThrow(/permission denied/));
      }
    }
  });

  test('not even its own administration overwrites or removes what was recorded', async () => {
    const own = { ...asJapan, administration: 'EU' };
    for (const statement of [
      sql`update membership_record set type = 'AEOC'`,
      sql`update membership_status set status = 'active'`,
      sql`update membership_status set valid = '[2020-01-01,)'`,
      sql`update membership_event set note = null`,
      sql`update membership_identifier set normalised = 'X'`,
      sql`update membership_consent set scope = 'all'`,
      sql`update membership set administration = 'JP'`,
      sql`delete from membership`,
      sql`delete from membership_event`,
      sql`delete from membership_record`,
      sql`delete from membership_status`,
      sql`truncate membership cascade`,
    ]) {
      await expect(changed(own, statement)).rejects.toThrow(/permission denied/);
    }
  });
});

describe('membership', () => {
  const count = (actor: Actor) => rowsOf(actor, sql`select count(*) from membership`);
  test('is seen by its administration, by partners where it is shared, and by no one else', async () => {
    expect(await count({ ...asJapan, administration: 'EU' })).toBe(2);
    expect(await count(asJapan)).toBe(1);
    expect(await count({ ...asJapan, administration: 'BR' })).toBe(0);
    expect(await count({ ...asJapan, administration: null })).toBe(0);
  });

  test.each([
    ['of another administration', 'EU', 'eu-aeo', null, false],
    ['in the programme of another', 'JP', 'eu-aeo', null, false],
    ['in a programme that nobody runs', 'JP', 'xx-none', null, false],
    ['as a copy, without importing copies', 'EU', 'eu-aeo', 'EU', false],
    ['as a copy in the wrong programme', 'EU', 'jp-aeo', 'EU', true],
  ])('cannot be made %s', async (_, administration, programme, source, copies) => {
    const insert = sql`insert into membership (administration, programme, number, number_normalised, source)
                       values (${administration}, ${programme}, 'N1', ${normaliseIdentifier('N1')}, ${source})`;
    await expect(changed({ ...asJapan, copies }, insert)).rejects.toThrow(/row-level security/);
  });
});

describe('what else could tell', () => {
  test('local suspensions are seen and written by the recogniser alone', async () => {
    const count = (administration: string | null) =>
      rowsOf({ ...asJapan, administration }, sql`select count(*) from local_suspension`);
    expect([await count('JP'), await count('EU'), await count('US'), await count(null)]).toEqual([1, 0, 0, 0]);
    const forged = sql`insert into local_suspension (recogniser, membership_id, valid, known, recorded_by)
                       values ('US', ${ids.shared}, '[2020-01-01,)', '[2020-01-01,)', 'x')`;
    await expect(changed(asJapan, forged)).rejects.toThrow(/row-level security/);
  });

  test("the change log shows what is its own or everyone's, takes no entry for another, and is never changed", async () => {
    const { rows } = await readAs(database.db, asJapan, (tx) =>
      sql<{ administration: string | null }>`select distinct administration from change_log`.execute(tx),
    );
    expect(new Set(rows.map(({ administration }) => administration))).toEqual(new Set([null, 'JP']));
    const forged = sql`insert into change_log (seq, recorded_at, recorded_by, administration, subject, subject_id, network_version, payload)
                       values (99999999, now(), 'x', 'EU', 'membership', 'eu-aeo/N1', 1, '{}')`;
    await expect(changed(asJapan, forged)).rejects.toThrow(/row-level security/);
    for (const statement of [
      sql`update change_log set payload = '{}'`,
      sql`delete from change_log`,
      sql`truncate change_log`,
      sql`delete from log_head`,
    ]) {
      await expect(changed({ ...asJapan, administration: 'EU' }, statement)).rejects.toThrow(/permission denied/);
    }
  });

  test('answers are the only other way to members: these functions and no others work past the policies', async () => {
    const { rows } = await database.asOwner(
      `select proname as name, pg_get_userbyid(proowner) as owner from pg_proc
        where prosecdef and pronamespace = 'public'::regnamespace and has_function_privilege('mra_service', oid, 'execute') order by 1`,
    );
    // recognition_facts answers questions; find_member, search_members, is_shared_with and told_elements say whether and how members may be known; the others write down
    // what each partner is told, which only that partner and the exchange read, or look at copies for the exchange alone.
    const exchange = [
      'append_stream_event',
      'begin_due_sweeps',
      'check_shares',
      'fingerprints_of',
      'held_members',
      'identifier_holders',
      'refresh_due_shares',
      'refresh_shares',
      'sweep_stream',
    ];
    // write_listed_members writes new members of the caller's own, or copies where the caller loads them (new-members.test.ts).
    // replica_state says how far a server has got: a number and an instant; analyze_facts says nothing.
    const names = [
      'analyze_facts',
      'find_member',
      'is_shared_with',
      'recognition_facts',
      'replica_state',
      'search_members',
      'told_elements',
      'write_listed_members',
      ...exchange,
    ].toSorted();
    expect(rows).toEqual(names.map((name) => ({ name, owner: 'mra_decider' })));
    const found = await readAs(database.db, asJapan, async (tx) =>
      Promise.all(
        ['DEAEOF00000001', 'DEAEOF00000002', 'DEAEOF00000003'].map(
          async (number) =>
            (await sql<{ id: number | null }>`select find_member('eu-aeo', ${number}) as id`.execute(tx)).rows[0]?.id ??
            null,
        ),
      ),
    );
    expect(found).toEqual([ids.shared, null, null]);
  });
});
