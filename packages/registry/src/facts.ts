import { type Instant, type MembershipFacts, normaliseIdentifier } from '@mra/recognition';
import { sql } from 'kysely';
import { readFacts } from './facts-text.ts';
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
  /**
   * Read from their texts each time that they are looked at: of many questions each is then read, answered and forgotten before the next.
   * @throws Error for a text that `readFacts` refuses
   */
  readonly memberships: readonly MembershipFacts[];
}

interface Row {
  ordinal: number;
  /** Milliseconds since 1970. */
  now_ms: number;
  network_version: number | null;
  /** The facts are another member's, read only so that nobody takes as much work as somebody hidden. */
  is_stand_in: boolean;
  facts: string | null;
}

/**
 * Loads the facts of any number of questions in one query (db/migrations/0060): every membership that has, had or will have the
 * identifier, as known at each question's instant of knowledge, with all its periods of validity.
 * @param questions identifiers as written; `knownAt` null: now
 * @returns one entry for each question, in order
 */
export async function loadFacts(db: Executor, questions: readonly FactsQuestion[]): Promise<readonly LoadedFacts[]> {
  const identifiers = questions.map(({ identifier }) => normaliseIdentifier(identifier));
  const { rows } = await sql<Row>`
    select ordinal, now_ms, network_version, is_stand_in, facts
      from recognition_facts(${identifiers}::text[], ${questions.map(({ knownAt }) => knownAt)}::timestamptz[])`.execute(
    db,
  );
  const now = new Date(rows[0]?.now_ms ?? 0).toISOString();
  const loaded: FactsInRows[] = [];
  for (const row of rows) {
    const index = row.ordinal - 1;
    const before = loaded[index];
    if (before !== undefined) before.rows.push(row);
    else loaded[index] = new FactsInRows(row, now, questions[index]?.knownAt ?? now);
  }
  return loaded;
}

/** A class, since an object that is written down with a getter takes 2 µs and 600 bytes to make. */
class FactsInRows implements LoadedFacts {
  readonly now: Instant;
  readonly knownAt: Instant;
  readonly networkVersion: number;
  readonly rows: Row[];

  constructor(row: Row, now: Instant, knownAt: Instant) {
    this.now = now;
    this.knownAt = knownAt;
    this.networkVersion = row.network_version ?? 0;
    this.rows = [row];
  }

  get memberships(): readonly MembershipFacts[] {
    const memberships: MembershipFacts[] = [];
    for (const { facts, is_stand_in } of this.rows) {
      const read = facts === null ? null : readFacts(facts);
      if (read !== null && !is_stand_in) memberships.push(read);
    }
    return memberships;
  }
}
