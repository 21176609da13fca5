import { actAs, type Database, type DB } from '@mra/registry';
import type { Transaction } from 'kysely';
import { EXCHANGE_ACTOR } from './context.ts';

/**
 * One transaction of the exchange's own bookkeeping: streams, deliveries, what was received. It writes no facts: those need `record`.
 * @param as null: the exchange at work for all partners; a code: a partner that calls us, which row-level security keeps to its own
 */
export async function inExchange<T>(
  db: Database,
  work: (tx: Transaction<DB>) => Promise<T>,
  as: string | null = null,
): Promise<T> {
  return db.transaction().execute(async (tx) => {
    await actAs(tx, as === null ? EXCHANGE_ACTOR : { administration: as });
    return work(tx);
  });
}
