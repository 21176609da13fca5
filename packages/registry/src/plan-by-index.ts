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

export interface PlanKeeper {
  /** So many more members have been written. */
  wrote(members: number): Promise<void>;
}

/**
 * For whoever writes thousands of members in one transaction: each statement is planned when it runs, by statistics of what has been
 * written, which are taken as the keeper is told of the progress (db/migrations/0050).
 * @param before how many members earlier transactions of the same work have written
 */
export async function planForMany(tx: Transaction<DB>, before = 0): Promise<PlanKeeper> {
  await sql`select set_config('plan_cache_mode', 'force_custom_plan', true), set_config('jit', 'off', true)`.execute(
    tx,
  );
  const due = ANALYZED_AFTER.filter((members) => members > before);
  let written = before;
  return {
    async wrote(members) {
      written += members;
      if (due[0] === undefined || written < due[0]) return;
      while (due[0] !== undefined && written >= due[0]) due.shift();
      await sql`select analyze_facts()`.execute(tx);
    },
  };
}
