import { readFile } from 'node:fs/promises';
import fc from 'fast-check';
import { beforeAll, describe, expect, test } from 'vitest';
import { members, SHARED } from '../support/arbitrary-members.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { type Action, actionsOf, anActionAbout, perform } from '../support/registry-actions.ts';

/** The texts of db/migrations/0060 are compared with the function of 0030, which makes them of the rows anew for each question. */
const OF_ROWS = new URL('../../db/migrations/0030_facts_as_text.sql', import.meta.url);

let database: TestDatabase;
beforeAll(async () => {
  database = await createTestDatabase();
  const text = await readFile(OF_ROWS, 'utf8');
  const [, body] = /create function recognition_facts(.*?\n\$\$;)/s.exec(text) ?? [];
  await database.asOwner(`create function facts_of_rows${body}`);
});

const HEARD = `insert into synchronisation (administration, programme, synchronised_at, recorded_at, max_age_seconds)
  select distinct source, null, now() - interval '1 hour', now(), 60 from membership where source is not null`;

/** What an owner of the tables may do by hand, and the product never does. Some of it is refused. */
const BY_HAND: readonly string[] = [
  `update membership set source = case when source is null then administration end`,
  `update membership set programme = 'jp-aeo' where id = (select min(id) from membership)`,
  `delete from membership_status where ctid in (select ctid from membership_status limit 2)`,
  `delete from membership_record where ctid in (select ctid from membership_record order by lower(known) limit 1)`,
  `update membership_record set names = '[{"name": "By Hand"}]' where upper_inf(known)`,
  `update membership_status set status = 'suspended' where status = 'active'`,
  `update membership_consent set known = tstzrange(lower(known) - interval '1 hour', upper(known))`,
  `update membership_identifier set known = tstzrange(lower(known) + interval '5 milliseconds', null) where upper_inf(known)`,
  `update membership_consent set known = tstzrange(lower(known), null) where ctid in (select ctid from membership_consent limit 1)`,
  `update local_suspension set known = tstzrange(lower(known), lower(known) + interval '2 milliseconds')`,
  `update membership_identifier set membership_id = (select max(id) from membership) where origin = 'given'`,
  `insert into membership_consent select membership_id, 'none', '{}', '{}', '[2000-01-01,2000-02-01)', '[2001-01-01,2002-01-01)'
     from membership_consent`,
  `insert into membership_doubt (membership_id, known, recorded_by) select id, '[2020-01-01,)', 'x' from membership where source is not null`,
  `truncate local_suspension`,
  HEARD,
  `with c as (delete from membership_consent returning *) insert into membership_consent select * from c`,
];

type Step = Action | { readonly kind: 'by hand'; readonly statement: string };

const aHistory = members.chain((subjects) => {
  const byHand = fc.record({ kind: fc.constant('by hand' as const), statement: fc.constantFrom(...BY_HAND) });
  const aStep: fc.Arbitrary<Step> = fc.oneof(
    { weight: 3, arbitrary: anActionAbout(subjects) },
    { weight: 1, arbitrary: byHand },
  );
  return fc.record({
    steps: fc
      .array(aStep, { minLength: 4, maxLength: 12 })
      .map((steps): Step[] => [
        ...subjects.flatMap((member) => actionsOf(member).slice(0, 1)),
        { kind: 'by hand', statement: HEARD },
        ...steps,
      ]),
    identifiers: fc.constant([...subjects.map(({ number }) => number), ...SHARED.map(({ value }) => value), 'NOBODY']),
  });
});

interface Row {
  readonly ordinal: number;
  readonly network_version: number | null;
  readonly is_stand_in: boolean;
  readonly facts: string | null;
}

describe('the finished facts of members', () => {
  test('are those that their rows give, at every instant, whatever is recorded or done by hand', async () => {
    const seen = { texts: 0, copies: 0, steps: 0, refused: 0 };
    await fc.assert(
      fc.asyncProperty(aHistory, async ({ steps, identifiers }) => {
        await database.clear();
        for (const step of steps) {
          const done = step.kind === 'by hand' ? database.asOwner(step.statement) : perform(database, step);
          // A constraint forbids it, or the product finds a member without its record.
          await done.catch(() => (seen.refused += 1));
          seen.steps += 1;
        }
        const instants = [null, ...(await instantsOfKnowledge())];
        const names = instants.flatMap(() => identifiers);
        const asked = instants.flatMap((instant) => identifiers.map(() => instant));
        const [finished, ofRows] = await Promise.all(
          ['recognition_facts', 'facts_of_rows'].map((name) => rowsOf(name, names, asked)),
        );
        expect(finished).toEqual(ofRows);
        const told = (finished ?? []).filter(({ facts }) => facts !== null);
        seen.texts += told.length;
        seen.copies += told.filter(({ facts }) => !facts?.endsWith('\x1d')).length;
        expect(await leftOvers()).toBe(0);
      }),
      { numRuns: 25 },
    );
    expect(seen.texts).toBeGreaterThan(1_000);
    expect(seen.copies).toBeGreaterThan(80);
    expect(seen.refused).toBeLessThan(seen.steps / 5);
  });

  /** Members and identifiers in the order of the texts, lists in that of their lines: neither has one. */
  async function rowsOf(
    name: string,
    names: readonly string[],
    instants: readonly (string | null)[],
  ): Promise<readonly Row[]> {
    const { rows } = await database.asOwner(
      `select ordinal, network_version, is_stand_in, facts from ${name}($1::text[], $2::timestamptz[])`,
      [names, instants],
    );
    return (rows as Row[])
      .map((row) => ({ ...row, facts: row.facts === null ? null : inOrder(row.facts) }))
      .toSorted((a, b) => a.ordinal - b.ordinal || ((a.facts ?? '') < (b.facts ?? '') ? -1 : 1));
  }

  const inOrder = (facts: string) =>
    facts
      .split('\x1d')
      .map((part, index) => (index < 7 ? part : part.split('\x1e').toSorted().join('\x1e')))
      .join('\x1d');

  /** Each bound of what is known of anything, and just before it. */
  async function instantsOfKnowledge(): Promise<readonly string[]> {
    const tables = ['record', 'status', 'consent', 'identifier'].map((fact) => `membership_${fact}`);
    const bounds = [...tables, 'local_suspension', 'membership_doubt'].map(
      (table) => `select lower(known) as bound from ${table} union select upper(known) from ${table}`,
    );
    const { rows } = await database.asOwner(
      `select instant(bound + shift) as instant
         from (${bounds.join(' union ')} union select recorded_at from synchronisation) b, unnest(array[interval '0', interval '-1 millisecond']) as s (shift)
        where bound is not null order by 1`,
    );
    return rows.map(({ instant }) => instant);
  }

  async function leftOvers(): Promise<number> {
    const { rows } = await database.asOwner(
      `select (select count(*) from membership_facts_due)
            + (select count(*) from membership_facts where membership_id not in (select id from membership)) as count`,
    );
    return Number(rows[0].count);
  }
});
