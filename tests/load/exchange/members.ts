import { type MembershipEvent, programmeAt } from '@mra/recognition';
import {
  createNetworkCache,
  createPool,
  type Database,
  type MembershipRecord,
  type NetworkCache,
  openDatabase,
  record,
  writeMemberships,
} from '@mra/registry';
import { onServer } from '../databases.ts';

export const PROGRAMME = 'eu-aeo';

const PLACEHOLDER = '77777777';
const FIRST_DIGITS = 10_000_000;
const SINCE = '2019-04-01T00:00:00.000Z';
const ACTOR = { client: 'bench', administration: 'EU' };
const FACTS = ['membership_record', 'membership_status', 'membership_consent', 'membership_identifier'] as const;

/** Of twenty members, 18 can be suspended and two are. All are told to Japan, which recognises AEOF and AEOS. */
const KINDS = [
  { type: 'AEOF', share: 14, isSuspended: false },
  { type: 'AEOS', share: 4, isSuspended: false },
  { type: 'AEOF', share: 2, isSuspended: true },
] as const;
const SLOTS = KINDS.flatMap((kind, index) => Array.from({ length: kind.share }, () => ({ ...kind, index })));

type Event = MembershipEvent & { readonly note: null };

const suspension = (component: string): Event => ({
  type: 'suspended',
  component,
  newType: null,
  partners: null,
  effectiveFrom: '2024-02-01T00:00:00.000Z',
  note: null,
});

const sampleNumber = (index: number): string => `DE${KINDS[index]?.type}${index}${PLACEHOLDER}`;

function recordOf(index: number): MembershipRecord {
  return {
    type: KINDS[index]?.type ?? 'AEOF',
    validFrom: SINCE,
    validTo: null,
    validatedOn: '2019-03-15',
    issuingCountry: 'DE',
    issuingOffice: 'DE004600',
    names: [{ name: `Invented Logistics ${PLACEHOLDER} GmbH`, kind: 'legal', language: 'de' }],
    addresses: [
      {
        ...{ kind: 'registered', street: 'Hafenstraße 1', city: 'Hamburg', postalCode: '20457' },
        ...{ region: null, country: 'DE' },
      },
    ],
    identifiers: [{ scheme: 'eori', value: `DE${index}${PLACEHOLDER}`, validFrom: null, validTo: null }],
    roles: ['exporter', 'importer'],
    consent: { given: true, partners: null, from: SINCE },
  };
}

/**
 * Fills a migrated database that has the network and no members with `members` of the EU. One of each kind is written by the product;
 * its rows are multiplied in SQL, with all constraints but the trigger of the life cycle, through which the samples have been.
 */
export async function buildMembers(url: string, members: number): Promise<void> {
  await write(
    url,
    KINDS.map(({ type, isSuspended }, index) => ({
      number: sampleNumber(index),
      record: recordOf(index),
      events: isSuspended ? [suspension(type === 'AEOF' ? 'AEOS' : type)] : [],
    })),
  );
  await onServer(url, async (client) => {
    await client.query('create unlogged table bench_slot (slot integer primary key, sample bigint)');
    await client.query(
      `insert into bench_slot
       select s.ordinal - 1, m.id from unnest($1::text[]) with ordinality s (number, ordinal) join membership m using (number)`,
      [SLOTS.map(({ index }) => sampleNumber(index))],
    );
    await client.query('alter table membership_status disable trigger membership_status_life_cycle');
    const made = `(select n, (select max(id) from membership) + 1 + n as id, (${FIRST_DIGITS} + n)::text as digits, sample
                     from generate_series(0, ${members - KINDS.length - 1}) n join bench_slot on slot = n % ${SLOTS.length}) made`;
    const rowsOf = (table: string, more: string) => `
      lateral jsonb_populate_record(null::${table}, replace(to_jsonb(f)::text, '${PLACEHOLDER}', digits)::jsonb || ${more}) r`;
    await client.query('create unlogged table bench_made (id bigint, digits text, sample bigint)');
    await client.query(`insert into bench_made select id, digits, sample from ${made}`);
    await client.query(`
      insert into membership overriding system value
      select r.* from bench_made join membership f on f.id = sample, ${rowsOf('membership', `jsonb_build_object('id', bench_made.id)`)}`);
    for (const fact of FACTS) {
      await client.query(`
        insert into ${fact}
        select r.* from bench_made join ${fact} f on f.membership_id = sample,
               ${rowsOf(fact, `jsonb_build_object('membership_id', bench_made.id)`)}`);
    }
    await client.query('alter table membership_status enable trigger membership_status_life_cycle');
    await client.query(`select setval(pg_get_serial_sequence('membership', 'id'), (select max(id) from membership))`);
    await client.query('drop table bench_slot, bench_made');
    await client.query('vacuum analyze');
  });
}

/** Numbers of `count` members that can be suspended, beginning with the one that has this many of them before it. */
export function activeMembers(before: number, count: number): readonly string[] {
  const isActive = SLOTS.map(({ isSuspended }) => !isSuspended);
  const perRound = isActive.filter(Boolean).length;
  const places = isActive.flatMap((active, slot) => (active ? [slot] : []));
  return Array.from({ length: count }, (_, index) => {
    const place = before + index;
    const n = Math.floor(place / perRound) * SLOTS.length + (places[place % perRound] ?? 0);
    return sampleNumber(SLOTS[n % SLOTS.length]?.index ?? 0).replace(PLACEHOLDER, String(FIRST_DIGITS + n));
  });
}

/** Suspends members through the product, 500 in a recording: one event each in the outbox. */
export async function suspendAll(url: string, numbers: readonly string[]): Promise<void> {
  const suspended = numbers.map((number) => ({ number, record: null, events: [suspension('AEOS')] }));
  for (let from = 0; from < suspended.length; from += 500) await write(url, suspended.slice(from, from + 500));
}

interface Written {
  readonly number: string;
  readonly record: MembershipRecord | null;
  readonly events: readonly Event[];
}

async function write(url: string, members: readonly Written[]): Promise<void> {
  const db = openDatabase(createPool({ url, max: 2, applicationName: 'mra-bench' }));
  try {
    await writeTo(db, createNetworkCache(db), members);
  } finally {
    await db.destroy();
  }
}

async function writeTo(db: Database, networks: NetworkCache, members: readonly Written[]): Promise<void> {
  await record(db, ACTOR, async (recording) => {
    const network = await networks.current(recording.tx);
    const programme = programmeAt(network, PROGRAMME, SINCE);
    if (programme === null) throw new Error(`no programme ${PROGRAMME}`);
    const writes = members.map((member) => ({ programme, source: null, ...member }));
    for (const result of await writeMemberships(recording, network, writes)) {
      if (result.outcome === 'refused') throw new Error(`a member was refused: ${result.detail}`);
    }
  });
}
