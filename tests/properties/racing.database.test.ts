import { lifeCycle, type MembershipEvent, STATUSES, type StatusPeriod } from '@mra/recognition';
import { actAs, type RecordedEvent, record, type WriteResult, writeMemberships } from '@mra/registry';
import fc from 'fast-check';
import { type Kysely, sql, type Transaction } from 'kysely';
import { beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { anEventOf, CONSENT, typesOf } from '../support/arbitrary-members.ts';
import { anEvent } from '../support/builders.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { referenceNetwork } from '../support/reference-network.ts';
import { perform } from '../support/registry-actions.ts';

const NUMBER = 'DEAEOF00012345';
const RECORD = {
  type: 'AEOF',
  validFrom: '2020-01-01T00:00:00.000Z',
  validTo: null,
  validatedOn: null,
  issuingCountry: null,
  issuingOffice: null,
  names: [{ name: 'Invented Trader', kind: 'legal' as const }],
  addresses: [],
  identifiers: [],
  roles: [],
  consent: CONSENT,
};

let database: TestDatabase;
beforeAll(async () => {
  database = await createTestDatabase();
});
beforeEach(async () => {
  await database.clear();
  await perform(database, { kind: 'membership', programme: 'eu-aeo', number: NUMBER, record: RECORD, source: null });
});

/** Records one event as the member's administration. */
const write = (event: MembershipEvent): Promise<WriteResult | undefined> =>
  record(database.db, { client: 'tests', administration: 'EU' }, async (recording) => {
    const [programme] = referenceNetwork.programmes.get('eu-aeo') ?? [];
    if (programme === undefined) throw new Error('no programme eu-aeo');
    const network = await database.networks.current(recording.tx);
    const events = [{ ...event, note: null }];
    const [result] = await writeMemberships(recording, network, [
      { programme, number: NUMBER, record: null, events, source: null },
    ]);
    return result;
  });

async function recordedEvents(): Promise<readonly RecordedEvent[]> {
  const { rows } = await database.asOwner(
    `select type, component, new_type as "newType", partners, instant(effective_from) as "effectiveFrom", note
       from membership_event order by seq`,
  );
  return rows;
}

async function knownStatuses(): Promise<readonly StatusPeriod[]> {
  const { rows } = await database.asOwner(
    `select type, component, status, jsonb_build_object('from', instant(lower(valid)), 'to', instant(upper(valid))) as valid
       from membership_status where upper_inf(known) order by component, lower(valid)`,
  );
  return rows;
}

const inOrder = (statuses: readonly StatusPeriod[]) =>
  statuses.toSorted((a, b) => (`${a.component} ${a.valid.from}` < `${b.component} ${b.valid.from}` ? -1 : 1));

describe('writers of one member at the same time', () => {
  test('of two endings exactly one is recorded, the other is refused', async () => {
    const ending = fc.constantFrom('revoked', 'withdrawn', 'annulled', 'expired');
    await fc.assert(
      fc.asyncProperty(ending, ending, async (one, other) => {
        await database.clear();
        await perform(database, {
          kind: 'membership',
          programme: 'eu-aeo',
          number: NUMBER,
          record: RECORD,
          source: null,
        });
        const effectiveFrom = '2026-03-01T00:00:00.000Z';
        const results = await Promise.all([one, other].map((type) => write(anEvent({ type, effectiveFrom }))));
        expect(results.map((result) => result?.outcome).toSorted()).toEqual(['refused', 'updated']);
        const won = [one, other][results.findIndex((result) => result?.outcome === 'updated')];
        expect((await recordedEvents()).map(({ type }) => type)).toEqual([won]);
        expect(new Set((await knownStatuses()).map(({ status }) => status))).toContain(won);
      }),
      { numRuns: 12 },
    );
  });

  test('of many events those are recorded that the life cycle allows one after the other, and nothing else', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(anEventOf('eu-aeo'), { minLength: 4, maxLength: 8 }), async (events) => {
        await database.clear();
        await perform(database, {
          kind: 'membership',
          programme: 'eu-aeo',
          number: NUMBER,
          record: RECORD,
          source: null,
        });
        const results = await Promise.all(events.map(write));
        const recorded = await recordedEvents();
        expect(recorded).toHaveLength(results.filter((result) => result?.outcome === 'updated').length);
        recorded.forEach((_, index) => {
          expect(lifeCycle(RECORD, recorded.slice(0, index + 1), typesOf('eu-aeo'), { strict: true })).toMatchObject({
            ok: true,
          });
        });
        const folded = lifeCycle(RECORD, recorded, typesOf('eu-aeo'), { strict: false });
        expect(inOrder(await knownStatuses())).toEqual(inOrder(folded.ok ? folded.statuses : []));
      }),
      { numRuns: 15 },
    );
  });
});

describe('rows written past the life cycle, by the role of the service', () => {
  type Rows = readonly { readonly status: string; readonly valid: string; readonly component?: string }[];

  const insert = (db: Kysely<never> | Transaction<never>, rows: Rows) =>
    sql`insert into membership_status (membership_id, type, component, status, valid, known)
        select id, 'AEOF', r.component, r.status, r.valid::period, '[2020-01-01,)'::period
          from membership, jsonb_to_recordset(${JSON.stringify(rows.map((row) => ({ component: 'X', ...row })))}::jsonb)
                 as r (component text, status text, valid text)`.execute(db);

  const asService = <T>(work: (tx: Transaction<never>) => Promise<T>) =>
    database.db.transaction().execute(async (tx) => {
      await actAs(tx, { administration: 'EU' });
      return work(tx as unknown as Transaction<never>);
    });

  /** What the life cycle allows within one component (domain.md C.5), and a period that only the type divides. */
  const FOLLOWING: Readonly<Record<string, readonly string[]>> = {
    active: ['active', 'suspended', 'revoked', 'withdrawn', 'expired'],
    suspended: ['suspended', 'active', 'revoked', 'withdrawn', 'expired'],
    revoked: ['revoked'],
    annulled: ['annulled'],
    withdrawn: ['withdrawn'],
    expired: ['expired'],
  };

  test.each(STATUSES)('%s is followed only by what may follow it', async (status) => {
    const outcomes = await Promise.all(
      STATUSES.map(async (next, index) => {
        const component = `X${index}`;
        const rows = [
          { component, status, valid: '[2021-01-01,2022-01-01)' },
          { component, status: next, valid: '[2022-01-01,)' },
        ];
        return asService((tx) => insert(tx, rows)).then(
          () => [next, 'recorded'],
          (error) => [next, (error as { constraint?: string }).constraint],
        );
      }),
    );
    const expected = STATUSES.map((next) => [
      next,
      FOLLOWING[status]?.includes(next) ? 'recorded' : 'membership_status_life_cycle',
    ]);
    expect(outcomes).toEqual(expected);
  });

  test('a status that a later transaction puts after an ended one is refused', async () => {
    await asService((tx) => insert(tx, [{ status: 'revoked', valid: '[2021-01-01,2022-01-01)' }]));
    await expect(asService((tx) => insert(tx, [{ status: 'active', valid: '[2022-01-01,)' }]))).rejects.toMatchObject({
      constraint: 'membership_status_life_cycle',
    });
  });

  test('two statuses at one time, from two transactions at once: the second waits, and is refused', async () => {
    const rows = (status: string) => [{ status, valid: '[2021-01-01,)' }];
    const results = await Promise.allSettled([
      asService((tx) => insert(tx, rows('suspended'))),
      asService((tx) => insert(tx, rows('active'))),
    ]);
    expect(results.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected']);
    expect(results.find(({ status }) => status === 'rejected')).toMatchObject({
      reason: { constraint: 'membership_status_no_overlap' },
    });
  });

  test('what two transactions at once put one after the other: the second waits for the first, and is refused', async () => {
    const check = (tx: Transaction<never>) => sql`set constraints all immediate`.execute(tx);
    const checked = Promise.withResolvers<void>();
    const commit = Promise.withResolvers<void>();
    const first = asService(async (tx) => {
      await insert(tx, [{ status: 'revoked', valid: '[2021-01-01,2022-01-01)' }]);
      await check(tx);
      checked.resolve();
      await commit.promise;
    });
    await checked.promise;
    const second = asService(async (tx) => {
      // Time for a check that did not wait to pass, unseen by the first.
      setTimeout(commit.resolve, 100);
      await insert(tx, [{ status: 'active', valid: '[2022-01-01,)' }]);
      await check(tx);
    });
    const [one, other] = await Promise.allSettled([first, second]);
    expect(one.status).toBe('fulfilled');
    expect(other).toMatchObject({ reason: { constraint: 'membership_status_life_cycle' } });
  });

  test('a snapshot that does not see what others commit is refused', async () => {
    const writing = database.db
      .transaction()
      .setIsolationLevel('repeatable read')
      .execute(async (tx) => {
        await actAs(tx, { administration: 'EU' });
        await insert(tx as unknown as Transaction<never>, [{ status: 'active', valid: '[2021-01-01,)' }]);
      });
    await expect(writing).rejects.toThrow('READ COMMITTED');
  });

  test('a status is never overwritten or removed', async () => {
    for (const statement of [
      sql`update membership_status set status = 'revoked'`,
      sql`delete from membership_status`,
    ]) {
      // 42501: insufficient privilege
      await expect(asService((tx) => statement.execute(tx))).rejects.toMatchObject({ code: '42501' });
    }
  });
});
