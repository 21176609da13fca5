import { type Instant, type MembershipFacts, normaliseIdentifier } from '@mra/recognition';
import { sql } from 'kysely';
import type { Executor } from './network.ts';

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
  facts: MembershipFacts | null;
}

/**
 * Loads the facts of any number of questions in one query (db/migrations/0005): every membership that has, had or will have the
 * identifier, as known at each question's instant of knowledge, with all its periods of validity.
 * @param questions identifiers as written; `knownAt` null: now
 * @returns one entry for each question, in order
 */
export async function loadFacts(
  db: Executor,
  questions: readonly { readonly identifier: string; readonly knownAt: Instant | null }[],
): Promise<readonly LoadedFacts[]> {
  const identifiers = questions.map(({ identifier }) => normaliseIdentifier(identifier));
  const { rows } = await sql<Row>`
    select ordinal, now_at, known_at, network_version, facts
      from recognition_facts(${identifiers}::text[], ${questions.map(({ knownAt }) => knownAt)}::timestamptz[])`.execute(db);
  const loaded: (LoadedFacts & { memberships: MembershipFacts[] })[] = [];
  for (const { ordinal, now_at, known_at, network_version, facts } of rows) {
    const entry = (loaded[ordinal - 1] ??= {
      now: now_at, knownAt: known_at, networkVersion: network_version ?? 0, memberships: [],
    });
    if (facts !== null) entry.memberships.push(withEmptyLists(facts));
  }
  return loaded;
}

/** An aggregate over no rows is null in SQL and an empty list here. */
function withEmptyLists(facts: MembershipFacts): MembershipFacts {
  return {
    ...facts,
    statuses: facts.statuses ?? [],
    consents: facts.consents ?? [],
    identifiers: facts.identifiers ?? [],
    localSuspensions: facts.localSuspensions ?? [],
  };
}
