import { createTurns, type DB } from '@mra/registry';
import { sql, type Transaction } from 'kysely';
import type { Exchange } from '../context.ts';
import { inExchange } from '../in-exchange.ts';

/** A list may be recorded for minutes: more calls that wait for it would take the connections of everybody else. */
const inTurn = createTurns(2);

/**
 * Does work of a partner when the change that is being recorded is (the writers' lock of `begin_recording`). It may have looked for
 * streams to tell of it before this one was there, and commit after the sweep has gone past its members. Later ones see the stream. The
 * lock is taken before the row of the stream, as writers do.
 */
export async function waitingForWriters<T>(
  exchange: Exchange,
  work: (tx: Transaction<DB>) => Promise<T>,
  as: string | null,
): Promise<T> {
  const waiting = async (tx: Transaction<DB>) => {
    await sql`select pg_advisory_xact_lock_shared(7001)`.execute(tx);
    return work(tx);
  };
  return inTurn(exchange.db, () => inExchange(exchange.db, waiting, as));
}
