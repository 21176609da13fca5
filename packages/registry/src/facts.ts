import {
  ALWAYS,
  type ConsentScope,
  type IdentifierOrigin,
  type Instant,
  type MembershipFacts,
  normaliseIdentifier,
  type Period,
  type Status,
} from '@mra/recognition';
import { sql } from 'kysely';
import type { Executor } from './network.ts';

/** Whom a question is about, and how much may be known; `knownAt` null: now. */
export interface FactsQuestion {
  readonly identifier: string;
  readonly knownAt: Instant | null;
}

/** What one question needs from the database. */
export interface LoadedFacts {
  /** The database's clock when the facts were read. */
  readonly now: Instant;
  /** The instant of knowledge that was used: the one asked for, else `now`. */
  readonly knownAt: Instant;
  readonly networkVersion: number;
  readonly memberships: readonly MembershipFacts[];
}

interface Row {
  ordinal: number;
  now_at: Instant;
  known_at: Instant;
  network_version: number | null;
  facts: FactLists | null;
  /** The facts are another member's, read only so that nobody takes as much work as somebody hidden. */
  is_stand_in: boolean | null;
}

/** Facts of a membership as lists in the order of db/migrations/0005; bounds are milliseconds since 1970, null unbounded. */
type Bound = number | null;
type FactLists = [
  programme: string,
  number: string,
  source: string | null,
  issuingCountry: string | null,
  names: MembershipFacts['names'],
  addresses: MembershipFacts['addresses'],
  roles: MembershipFacts['roles'],
  statuses: [type: string, component: string, status: Status, from: Bound, to: Bound][] | null,
  consents: [scope: ConsentScope, partners: string[], except: string[], from: Bound, to: Bound][] | null,
  identifiers:
    | [
        origin: IdentifierOrigin,
        scheme: string | null,
        value: string,
        normalised: string,
        recogniser: string | null,
        from: Bound,
        to: Bound,
      ][]
    | null,
  localSuspensions: [recogniser: string, from: Bound, to: Bound][] | null,
  synchronisation: [lastSynchronisedAt: number, maxAgeSeconds: number, isInDoubt: boolean] | null,
];

/**
 * Loads the facts of any number of questions in one query (db/migrations/0005): every membership that has, had or will have the
 * identifier, as known at each question's instant of knowledge, with all its periods of validity.
 * @param questions identifiers as written; `knownAt` null: now
 * @returns one entry for each question, in order
 */
export async function loadFacts(db: Executor, questions: readonly FactsQuestion[]): Promise<readonly LoadedFacts[]> {
  const identifiers = questions.map(({ identifier }) => normaliseIdentifier(identifier));
  const { rows } = await sql<Row>`
    select ordinal, now_at, known_at, network_version, facts, is_stand_in
      from recognition_facts(${identifiers}::text[], ${questions.map(({ knownAt }) => knownAt)}::timestamptz[])`.execute(
    db,
  );
  const loaded: (LoadedFacts & { memberships: MembershipFacts[] })[] = [];
  for (const { ordinal, now_at, known_at, network_version, facts, is_stand_in } of rows) {
    const entry = loaded[ordinal - 1] ?? {
      now: now_at,
      knownAt: known_at,
      networkVersion: network_version ?? 0,
      memberships: [],
    };
    loaded[ordinal - 1] = entry;
    const read = facts && toFacts(facts);
    if (read !== null && is_stand_in === false) entry.memberships.push(read);
  }
  return loaded;
}

function toFacts(lists: FactLists): MembershipFacts {
  const [programme, number, source, issuingCountry, names, addresses, roles] = lists;
  const [, , , , , , , statuses, consents, identifiers, suspensions, synchronisation] = lists;
  return {
    programme,
    number,
    source,
    issuingCountry,
    names,
    addresses,
    roles,
    statuses: (statuses ?? []).map(([type, component, status, from, to]) => ({
      type,
      component,
      status,
      valid: period(from, to),
    })),
    consents: (consents ?? []).map(([scope, partners, except, from, to]) => ({
      scope,
      partners,
      except,
      valid: period(from, to),
    })),
    identifiers: (identifiers ?? []).map(([origin, scheme, value, normalised, recogniser, from, to]) => ({
      origin,
      scheme,
      value,
      normalised,
      recogniser,
      valid: period(from, to),
    })),
    localSuspensions: (suspensions ?? []).map(([recogniser, from, to]) => ({ recogniser, valid: period(from, to) })),
    synchronisation: synchronisation && {
      lastSynchronisedAt: new Date(synchronisation[0]).toISOString(),
      maxAgeSeconds: synchronisation[1],
      isInDoubt: synchronisation[2],
    },
  };
}

function period(from: Bound, to: Bound): Period {
  if (from === null && to === null) return ALWAYS;
  return {
    from: from === null ? null : new Date(from).toISOString(),
    to: to === null ? null : new Date(to).toISOString(),
  };
}
