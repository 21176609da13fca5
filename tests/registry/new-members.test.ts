import { type Network, normaliseIdentifier, type ProgrammeTerms, programmeAt } from '@mra/recognition';
import {
  type Actor,
  applyImport,
  closeUpload,
  factsIfNew,
  type MembershipRecord,
  openUpload,
  record,
  stageLines,
  type Upload,
} from '@mra/registry';
import fc from 'fast-check';
import { sql } from 'kysely';
import { beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { aRecord, NUMBERS } from '../support/arbitrary-members.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';

let database: TestDatabase;
let network: Network;
beforeAll(async () => {
  database = await createTestDatabase();
  network = await database.networks.current();
});
beforeEach(() => database.clear());

interface Line {
  readonly number: string;
  readonly record: MembershipRecord;
}

const termsOf =
  (programme: string) =>
  (at: string): ProgrammeTerms => {
    const terms = programmeAt(network, programme, at) ?? network.programmes.get(programme)?.[0];
    if (terms === undefined) throw new Error(programme);
    return terms;
  };

interface Applying {
  readonly source?: string | null;
  /** What is worked out when a line arrives; as the service does when left out. */
  readonly facts?: (line: Line) => string | null;
  /** Of the network by which the lines were checked. */
  readonly networkVersion?: number;
}

/** Stages a list and applies it. */
async function applyList(programme: string, lines: readonly Line[], options: Applying = {}) {
  const { source = null, networkVersion = network.version } = options;
  const termsAt = termsOf(programme);
  const owner = termsAt('2026-01-01').administration;
  const factsOf = ({ number, record }: Line) =>
    factsIfNew(network, { number, record, owner, programme: termsAt(record.validFrom) });
  const { facts = factsOf } = options;
  const upload = await openUpload(database.db, 'tests', networkVersion);
  const staged = lines.map((line, index) => ({
    ...line,
    line: index + 1,
    normalised: normaliseIdentifier(line.number),
    facts: facts(line),
  }));
  await stageLines(database.db, upload, staged);
  const counts = { mode: 'delta', received: lines.length, accepted: lines.length, allowRemovals: null } as const;
  const applied = await record(
    database.db,
    { client: 'tests', administration: owner, copies: source !== null },
    (recording) =>
      applyImport(recording, network, {
        ...counts,
        upload,
        programme,
        administration: owner,
        termsAt,
        source,
        told: 10,
        maxAgeSeconds: 60,
      }),
  );
  await closeUpload(database.db, upload);
  return applied;
}

/** Everything that is known of members, without what differs from one list to the next: ids, and when it was recorded. */
async function everything() {
  const rows = async (table: string, without: string) =>
    (
      await database.asOwner(
        `select m.programme, m.number, m.number_normalised, m.administration, m.source,
                to_jsonb(f) - array['membership_id', 'known'${without}] as fact, upper_inf(f.known) as is_known
           from ${table} f join membership m on m.id = f.membership_id order by m.programme, m.number_normalised, 6::text`,
      )
    ).rows;
  return {
    records: await rows('membership_record', ''),
    statuses: await rows('membership_status', ''),
    consents: await rows('membership_consent', ''),
    identifiers: await rows('membership_identifier', ''),
    log: (
      await database.asOwner(
        `select seq - min(seq) over () as place, recorded_by, administration, subject, subject_id, network_version,
                payload - 'synchronisedAt' as payload
           from change_log where recorded_at = (select max(recorded_at) from change_log) order by seq`,
      )
    ).rows,
  };
}

/** With characters that SQL, JSON and COPY write in their own ways. */
const FULL: Partial<MembershipRecord> = {
  validatedOn: '2019-03-15',
  issuingCountry: 'DE',
  issuingOffice: 'DE "004600" \\ \t',
  names: [{ name: 'Müller\\n & Söhne "{a,b}" \u2028 GmbH', kind: 'legal', language: 'de' }],
  addresses: [
    {
      kind: 'registered',
      street: "Hafen'straße \\ 1",
      city: 'Hamburg',
      postalCode: '20457',
      country: 'DE',
      region: null,
    },
  ],
};

const aLists = fc.constantFrom(...Object.keys(NUMBERS)).chain((programme) =>
  fc.tuple(...(NUMBERS[programme] ?? []).map(() => fc.tuple(aRecord(programme), fc.boolean()))).map((records) => ({
    programme,
    lines: records.map(([record, isFull], index) => ({
      number: NUMBERS[programme]?.[index] ?? '',
      record: isFull ? { ...record, ...FULL } : record,
    })),
  })),
);

describe('new members of a list', () => {
  test('are known by the very rows that judging them one by one would give', { timeout: 120_000 }, async () => {
    await fc.assert(
      fc.asyncProperty(aLists, fc.boolean(), async ({ programme, lines }, isCopy) => {
        const source = isCopy ? termsOf(programme)('2026-01-01').administration : null;
        await database.clear();
        expect(await applyList(programme, lines, { source })).toMatchObject({ created: lines.length });
        const inSets = await everything();
        await database.clear();
        expect(await applyList(programme, lines, { source, facts: () => null })).toMatchObject({
          created: lines.length,
        });
        expect(inSets).toEqual(await everything());
        expect(inSets.records).toHaveLength(lines.length);
      }),
      { numRuns: 40 },
    );
  });

  const aMember = (index: number, fields: Partial<MembershipRecord> = {}): Line => ({
    number: `DEAEOF${String(index).padStart(8, '0')}`,
    record: {
      type: 'AEOF',
      validFrom: '2019-04-01T00:00:00.000Z',
      validTo: null,
      validatedOn: null,
      issuingCountry: null,
      issuingOffice: null,
      names: [{ name: 'Invented Trader', kind: 'legal' }],
      addresses: [],
      identifiers: [],
      roles: [],
      consent: null,
      ...fields,
    },
  });

  test('come in the order of the list, whatever known ones stand between them, over several sets', async () => {
    const all = Array.from({ length: 5_200 }, (_, index) => aMember(index));
    const known = all.filter((_, index) => index % 3 === 0);
    expect(await applyList('eu-aeo', known)).toMatchObject({ created: known.length, updated: 0 });
    const changed = all.map((line, index) => (index % 9 === 0 ? aMember(index, { issuingCountry: 'DE' }) : line));
    expect(await applyList('eu-aeo', changed)).toMatchObject({
      created: all.length - known.length,
      updated: Math.ceil(all.length / 9),
      unchanged: known.length - Math.ceil(all.length / 9),
    });
    const { log, records } = await everything();
    const created = all.filter((_, index) => index % 3 !== 0).map(({ number }) => `eu-aeo/${number}`);
    expect(log.slice(0, created.length).map(({ subject_id }) => subject_id)).toEqual(created);
    expect(log.map(({ place }) => Number(place))).toEqual(log.map((_, index) => index));
    expect(records).toHaveLength(all.length + Math.ceil(all.length / 9));
  });

  test('are judged anew where the network has changed since their lines arrived', async () => {
    const then = () => JSON.stringify([[['AEOF', 'AEOF', 'active', '[2019-04-01,)']], [], []]);
    const components = async () => (await everything()).statuses.map(({ fact }) => fact.component);
    await applyList('eu-aeo', [aMember(1)], { facts: then, networkVersion: network.version });
    expect(await components()).toEqual(['AEOF']);
    await database.clear();
    await applyList('eu-aeo', [aMember(1)], { facts: then, networkVersion: network.version - 1 });
    expect(await components()).toEqual(['AEOC', 'AEOS']);
  });

  test('whose programme has another owner than the list are left to be judged', () => {
    const line = aMember(1);
    const programme = termsOf('eu-aeo')(line.record.validFrom);
    expect(factsIfNew(network, { ...line, programme, owner: 'DE' })).toBeNull();
    expect(factsIfNew(network, { ...line, programme, owner: 'EU' })).not.toBeNull();
  });

  const call = (actor: Omit<Actor, 'client'>, upload: Upload, owner = 'EU', source: string | null = null) =>
    record(database.db, { client: 'tests', ...actor }, async ({ tx, recordedAt }) => {
      await sql`select set_config('mra.upload', ${upload.id}, true)`.execute(tx);
      const { rows } = await sql<{ written: number }>`
        select written from write_listed_members('eu-aeo', ${owner}, ${source}, ${recordedAt}, 'tests', 0, 10)`.execute(
        tx,
      );
      return rows[0]?.written;
    });

  test('are written by whom row-level security would let write them, and from the own upload alone', async () => {
    const termsAt = termsOf('eu-aeo');
    const line = aMember(1);
    const facts = factsIfNew(network, { ...line, owner: 'EU', programme: termsAt(line.record.validFrom) });
    const upload = await openUpload(database.db, 'tests', network.version);
    const other = await openUpload(database.db, 'tests', network.version);
    await stageLines(database.db, upload, [{ ...line, line: 1, normalised: line.number, facts }]);
    for (const [actor, owner, source] of [
      [{ administration: 'JP' }, 'EU', null],
      [{ administration: null }, 'EU', null],
      [{ administration: 'JP' }, 'JP', null],
      [{ administration: 'EU' }, 'EU', 'EU'],
      [{ administration: 'EU', copies: true }, 'JP', 'JP'],
    ] as const)
      await expect(call(actor, upload, owner, source)).rejects.toMatchObject({ code: '42501' });
    expect((await everything()).records).toEqual([]);
    expect(await call({ administration: 'EU' }, other)).toBe(0);
    expect(await call({ administration: 'EU' }, upload)).toBe(1);
    for (const done of [upload, other]) await closeUpload(database.db, done);
  });
});
