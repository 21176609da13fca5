import { sql, type Transaction } from 'kysely';
import type { DB } from './database.ts';

const OFF = ['jit', 'enable_seqscan', 'enable_hashjoin', 'enable_mergejoin'];

/** Lets the rest of a transaction go from each row to its few others by an index: for a query that reads on while others write. */
export async function planByIndex(tx: Transaction<DB>): Promise<void> {
  await sql`select set_config(name, 'off', true) from unnest(${OFF}::text[]) as s (name)`.execute(tx);
}

/**
 * For whoever writes a few members and often: statements go by index whatever the statistics say, and are planned once a connection. To
 * plan those of one event took twice the time of running them.
 */
export async function planForFew(tx: Transaction<DB>): Promise<void> {
  await sql`
    select set_config('plan_cache_mode', 'force_generic_plan', true), set_config(name, 'off', true)
      from unnest(${OFF}::text[]) as s (name)`.execute(tx);
}

/** Members after which the statistics are taken (again): how many rows a page holds is known from few. */
const ANALYZED_AFTER = [500, 10_000, 200_000];

/**
 * For whoever writes thousands of members in one transaction, by statistics of what has been written, to be taken from time to time
 * ({@link watchStatistics}, {@link takeStatistics}). Plans may be kept: those of the foreign keys, eight rows a member, took a quarter
 * of the time of a list when each was planned for itself.
 */
export async function planForMany(tx: Transaction<DB>): Promise<void> {
  await sql`set local jit = off`.execute(tx);
}

/**
 * Whether statistics of the tables of facts are due, which autovacuum takes too late for a list.
 * @returns to be told that so many more members have been written
 */
export function watchStatistics(): (members: number) => boolean {
  const due = [...ANALYZED_AFTER];
  let written = 0;
  return (members) => {
    written += members;
    if (due[0] === undefined || written < due[0]) return false;
    while (due[0] !== undefined && written >= due[0]) due.shift();
    return true;
  };
}

/** Takes them (db/migrations/0050). */
export async function takeStatistics(tx: Transaction<DB>): Promise<void> {
  await sql`select analyze_facts()`.execute(tx);
}
