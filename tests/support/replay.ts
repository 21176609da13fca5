import {
  type Instant,
  identifierFacts,
  lifeCycle,
  type MembershipFacts,
  type Network,
  normaliseIdentifier,
  presentationsOf,
  programmeAt,
  type Synchronisation,
} from '@mra/recognition';
import type { MembershipRecord, RecordedEvent } from '@mra/registry';
import type { TestDatabase } from './database.ts';

/** A row of the change log, as the exchange reads it. */
interface LogRow {
  readonly network_version: number;
  readonly subject: string;
  readonly payload: {
    readonly programme: string;
    readonly number: string;
    readonly source: string | null;
    readonly record: MembershipRecord;
    readonly event: RecordedEvent;
    readonly recogniser: string;
    readonly from: Instant;
    readonly to: Instant | null;
    readonly ended: boolean;
    readonly administration: string;
    readonly synchronisedAt: Instant;
    readonly maxAgeSeconds: number;
  };
}

interface Replayed {
  readonly programme: string;
  readonly number: string;
  readonly source: string | null;
  record: MembershipRecord;
  /** The network when the member was last written: its numbers and codes were made with the terms of then. */
  network: Network;
  readonly events: RecordedEvent[];
  suspensions: readonly { readonly recogniser: string; readonly from: Instant; readonly to: Instant | null }[];
}

/** The last number of the log. */
export async function logHead({ asOwner }: TestDatabase): Promise<number> {
  const { rows } = await asOwner('select coalesce(max(seq), 0)::int as seq from change_log');
  return rows[0].seq;
}

/**
 * All members as known at an instant, rebuilt from nothing but the change log after an entry: an account of the two time axes that
 * shares no code with the tables and the query that it is compared with.
 */
export async function replay(
  database: TestDatabase,
  after: number,
  knownAt: Instant,
): Promise<readonly MembershipFacts[]> {
  const { rows } = await database.asOwner(
    'select network_version, subject, payload from change_log where seq > $1 and recorded_at <= $2 order by seq',
    [after, knownAt],
  );
  const members = new Map<string, Replayed>();
  const synchronisations = new Map<string, Synchronisation>();
  for (const row of rows as readonly LogRow[]) {
    const { payload } = row;
    const key = `${payload.programme}/${normaliseIdentifier(payload.number ?? '')}`;
    const member = members.get(key);
    const network = await database.networks.get(row.network_version);
    if (row.subject === 'membership')
      members.set(key, { ...(member ?? { events: [], suspensions: [], ...payload }), record: payload.record, network });
    if (row.subject === 'synchronisation') {
      const { administration, synchronisedAt, maxAgeSeconds } = payload;
      synchronisations.set(administration, { lastSynchronisedAt: synchronisedAt, maxAgeSeconds });
    }
    if (member === undefined) continue;
    if (row.subject === 'membership_event')
      members.set(key, { ...member, events: [...member.events, payload.event], network });
    if (row.subject === 'local_suspension') member.suspensions = suspended(member.suspensions, payload);
  }
  return [...members.values()].map((member) => toFacts(member, synchronisations));
}

/** A suspension takes the place of what its recogniser recorded for its own period; its end, of all that follows. */
function suspended(
  before: Replayed['suspensions'],
  { recogniser, from, to, ended }: LogRow['payload'],
): Replayed['suspensions'] {
  const others = before.filter((suspension) => suspension.recogniser !== recogniser);
  const own = before.filter((suspension) => suspension.recogniser === recogniser);
  const earlier = own
    .filter((suspension) => suspension.from < from)
    .map((suspension) => ({
      ...suspension,
      to: suspension.to !== null && suspension.to < from ? suspension.to : from,
    }));
  const later =
    ended || to === null
      ? []
      : own
          .filter((suspension) => suspension.to === null || suspension.to > to)
          .map((suspension) => ({ ...suspension, from: suspension.from > to ? suspension.from : to }));
  return [...others, ...earlier, ...(ended ? [] : [{ recogniser, from, to }]), ...later];
}

function toFacts(member: Replayed, synchronisations: ReadonlyMap<string, Synchronisation>): MembershipFacts {
  const { programme: id, number, source, record, events, network, suspensions } = member;
  const programme = programmeAt(network, id, record.validFrom);
  const folded = programme && lifeCycle(record, events, programme.types, { strict: false });
  if (!programme || !folded?.ok) throw new Error(`the log does not give a life of ${id} ${number}`);
  return {
    programme: id,
    number,
    issuingCountry: record.issuingCountry,
    names: record.names,
    addresses: record.addresses,
    roles: record.roles,
    statuses: folded.statuses,
    consents: folded.consents,
    identifiers: identifierFacts(programme, number, record.identifiers, presentationsOf(network, id)),
    localSuspensions: suspensions.map(({ recogniser, from, to }) => ({ recogniser, valid: { from, to } })),
    source,
    synchronisation: source === null ? null : (synchronisations.get(source) ?? null),
  };
}
