import { sql, type Transaction } from 'kysely';
import type { DB } from './database.ts';

const OFF = ['jit', 'enable_seqscan', 'enable_hashjoin', 'enable_mergejoin'];

/** Members after which the statistics are taken (again): the first few suffice for plans that go by index. */
const ANALYZED_AFTER = [500, 10_000, 200_000];

/**
 * Lets the rest of a transaction go from each row to its few others by an index, and plan each statement when it runs.
 */
export async function planByIndex(tx: Transaction<DB>): Promise<void> {
  await sql`
    select set_config('plan_cache_mode', 'force_custom_plan', true), set_config(name, 'off', true)
      from unnest(${OFF}::text[]) as s (name)`.execute(tx);
}

export interface PlanKeeper {
  /** So many more members have been written. */
  wrote(members: number): Promise<void>;
}

/**
 * {@link planByIndex} for whoever writes thousands of members in one transaction, of whom there are no statistics, or worse: those of an
 * empty table. Told of the progress, it takes them (db/migrations/0050).
 */
export async function planForMany(tx: Transaction<DB>): Promise<PlanKeeper> {
  await planByIndex(tx);
  const due = [...ANALYZED_AFTER];
  let written = 0;
  return {
    async wrote(members) {
      written += members;
      if (due[0] === undefined || written < due[0]) return;
      while (due[0] !== undefined && written >= due[0]) due.shift();
      await sql`select analyze_facts()`.execute(tx);
    },
  };
}
