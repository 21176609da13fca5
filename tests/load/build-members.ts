import pg from 'pg';
import { PLACEHOLDER, SAMPLES, VERSIONED, writeSamples } from './sample-members.ts';

/** Numbers begin here, so that all have the eight digits of the placeholder. */
export const FIRST_NUMBER = 10_000_000;

/** Members with twenty versions, beside the others. */
export const VERSIONED_MEMBERS = 2_000;

const FACTS = ['membership_record', 'membership_status', 'membership_consent', 'membership_identifier'] as const;
type Fact = (typeof FACTS)[number];

/** What the database makes of these rows (db/migrations/0060); multiplied as they are, which is faster than to make it anew. */
const MADE_OF_FACTS = 'membership_facts';

/** How the rows of a sample become those of a member: its digits wherever the placeholder stands. */
const COLUMNS: Readonly<Record<Fact | typeof MADE_OF_FACTS, string>> = {
  membership_record: `version, type, issuing_country, issuing_office, validated_on, {names}::jsonb, addresses,
                      {identifiers}::jsonb, roles, consent, valid, known, recorded_by`,
  membership_status: 'type, component, status, valid, known',
  membership_consent: 'scope, partners, except_for, valid, known',
  membership_identifier: 'origin, scheme, {value}, {normalised}, recogniser, valid, known',
  membership_facts: 'known_from, source, {facts}',
};

/** Nested loops would take longer than all the rest. */
const OPTIONS = '-c timezone=UTC -c maintenance_work_mem=512MB -c work_mem=512MB -c enable_nestloop=off';

/**
 * Fills a migrated database that has the network and no members: `members` of the six ordinary kinds and VERSIONED_MEMBERS with a long
 * history. The samples come from the product; their rows are multiplied in SQL, without keys and indexes, which are made anew over all
 * rows, so that what is there then is valid by all of them; what is checked within a member holds for copies of one that has been
 * checked. (The change log has the samples alone: no question reads it.)
 */
export async function buildMembers(url: string, members: number): Promise<void> {
  const pool = new pg.Pool({ connectionString: url, max: 5, options: OPTIONS });
  try {
    const definitions = await takeConstraints(pool);
    await writeSamples(url);
    await knowEarlier(pool);
    // The samples have been through the triggers, and the others are copies of them.
    const triggers = (state: 'disable' | 'enable') =>
      Promise.all(FACTS.map((fact) => pool.query(`alter table ${fact} ${state} trigger user`)));
    await triggers('disable');
    const first = await layOut(pool, members);
    const multiplied = [...FACTS, MADE_OF_FACTS] as const;
    await Promise.all([multiplyMemberships(pool, first), ...multiplied.map((fact) => multiply(pool, fact, first))]);
    await restore(pool, definitions);
    await pool.query('vacuum analyze');
    await triggers('enable');
    await pool.query(`select setval(pg_get_serial_sequence('membership', 'id'), (select max(id) from membership))`);
    await pool.query('drop table bench_slot');
  } finally {
    await pool.end();
  }
}

/** As if the network had been recorded in 2020, and the versions of the samples in the last two years, evenly. */
async function knowEarlier(pool: pg.Pool): Promise<void> {
  const network = ['administration', 'union_member', 'programme', 'agreement', 'recognition_rule', 'presentation'];
  for (const table of [...network, 'identifier_scheme', 'benefit', 'mutual_assistance']) {
    await pool.query(`update ${table} set known = '[2020-01-01,)'`);
  }
  await pool.query(`update network_version set recorded_at = '2020-01-01'`);
  await pool.query(`
    create table bench_moment as
      select recorded_at, date_trunc('milliseconds', date_trunc('day', now()) - interval '2 years'
               + interval '730 days' * (row_number() over (order by recorded_at) - 1) / count(*) over ()) as moved
        from (select distinct lower(known) as recorded_at from membership_record) r`);
  for (const fact of FACTS) {
    await pool.query(`
      update ${fact} set known = tstzrange(
        (select moved from bench_moment where recorded_at = lower(known)), (select moved from bench_moment where recorded_at = upper(known)))`);
  }
  await pool.query('drop table bench_moment');
  // Without the instants at which they were really written.
  await pool.query('select renew_membership_facts()');
}

/** For each slot, the sample it stands for. */
async function layOut(pool: pg.Pool, members: number): Promise<number> {
  const slots = SAMPLES.flatMap(({ programme, number, share }) =>
    Array.from({ length: share }, () => ({ programme, number })),
  );
  await pool.query(`create unlogged table bench_slot (slot integer, sample bigint, least integer, most integer)`);
  await pool.query(
    `insert into bench_slot
     select s.ordinal - 1, m.id, 0, $3 - 1
       from unnest($1::text[], $2::text[]) with ordinality as s (programme, number, ordinal)
       join membership m on m.programme = s.programme and m.number = s.number`,
    [slots.map(({ programme }) => programme), slots.map(({ number }) => number), members],
  );
  await pool.query(
    `insert into bench_slot
     select s.slot, m.id, $2::integer, $3::integer - 1 from generate_series(0, 19) s (slot), membership m where m.number = $1`,
    [VERSIONED, members, members + VERSIONED_MEMBERS],
  );
  await pool.query('analyze bench_slot');
  const { rows } = await pool.query<{ first: number }>('select max(id) + 1 as first from membership');
  return rows[0]?.first ?? 1;
}

/** The members n of each slot: one scan of the series for each kind would read it as often. */
const MADE = `from (select n, n % 20 as slot, ($1::bigint + n) as id, ($2::integer + n)::text as digits
                      from generate_series(0, (select max(most) from bench_slot)) as n) made
              join bench_slot on bench_slot.slot = made.slot and made.n between least and most`;

async function multiplyMemberships(pool: pg.Pool, first: number): Promise<void> {
  await pool.query(
    `insert into membership (id, administration, programme, number, number_normalised, source) overriding system value
     select made.id, m.administration, m.programme, ${digitsIn('m.number')}, ${digitsIn('m.number_normalised')}, m.source
       ${MADE} join membership m on m.id = bench_slot.sample`,
    [first, FIRST_NUMBER],
  );
}

async function multiply(pool: pg.Pool, fact: keyof typeof COLUMNS, first: number): Promise<void> {
  const columns = COLUMNS[fact].replace(/\{(\w+)\}/g, (_, column) => digitsIn(`f.${column}::text`));
  await pool.query(
    `insert into ${fact} select made.id, ${columns} ${MADE} join ${fact} f on f.membership_id = sample`,
    [first, FIRST_NUMBER],
  );
}

function digitsIn(expression: string): string {
  return `replace(${expression}, '${PLACEHOLDER}', digits)`;
}

interface Definition {
  readonly relation: string;
  readonly create: string;
  /** Foreign keys stand on the primary keys of others. */
  readonly last: boolean;
}

/** Removes constraints and indexes of the members' tables, and returns how to make them again. */
async function takeConstraints(pool: pg.Pool): Promise<Definition[]> {
  const tables = ['membership', ...FACTS];
  const { rows: keys } = await pool.query<{ relation: string; name: string; definition: string; last: boolean }>(
    `select conrelid::regclass::text as relation, conname as name, pg_get_constraintdef(oid) as definition, contype = 'f' as last
       from pg_constraint
      where (conrelid = any ($1::regclass[]) and contype in ('p', 'u', 'f')) or (confrelid = any ($1::regclass[]) and contype = 'f')
      order by contype = 'f' desc`,
    [tables],
  );
  for (const { relation, name } of keys) {
    await pool.query(`alter table ${relation} drop constraint ${name}`);
  }
  const { rows: indexes } = await pool.query<{ relation: string; name: string; create: string }>(
    `select indrelid::regclass::text as relation, indexrelid::regclass::text as name, pg_get_indexdef(indexrelid) as create
       from pg_index where indrelid = any ($1::regclass[])`,
    [tables],
  );
  for (const { name } of indexes) await pool.query(`drop index ${name}`);
  return [
    ...keys.map(({ relation, name, definition, last }) => ({
      relation,
      create: `alter table ${relation} add constraint ${name} ${definition}`,
      last,
    })),
    ...indexes.map(({ relation, create }) => ({ relation, create, last: false })),
  ];
}

async function restore(pool: pg.Pool, definitions: readonly Definition[]): Promise<void> {
  const first = definitions.filter(({ last }) => !last);
  await Promise.all(
    [...Map.groupBy(first, ({ relation }) => relation).values()].map(async (ofTable) => {
      for (const { create } of ofTable) await pool.query(create);
    }),
  );
  for (const { create } of definitions.filter(({ last }) => last)) await pool.query(create);
}
