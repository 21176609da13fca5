import { sql, type Transaction } from 'kysely';
import type { DB } from './database.ts';

const OFF = ['jit', 'enable_seqscan', 'enable_hashjoin', 'enable_mergejoin'];

/**
 * Lets the rest of a transaction go from each row to its few others by an index, and plan each statement when it runs. Whoever writes
 * many rows in one transaction has no statistics of them, or worse: those of an empty table, taken meanwhile. Each 500 lines of a first
 * list of a million were then joined with all that had been written before them.
 */
export async function planByIndex(tx: Transaction<DB>): Promise<void> {
  await sql`
    select set_config('plan_cache_mode', 'force_custom_plan', true), set_config(name, 'off', true)
      from unnest(${OFF}::text[]) as s (name)`.execute(tx);
}
