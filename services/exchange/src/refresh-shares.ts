import { type Exchange, inExchange } from '@mra/exchange';
import { sql } from 'kysely';

/** Members in one transaction: what is written waits no longer than some 100 ms for the row of the stream. */
const AT_ONCE = 500;

/**
 * Tells partners what changes of rules and the passing of time have changed (db/migrations/0009): goes through the members of each
 * stream whose rules have changed, and looks again at members of whom a period has begun or ended. Any number of workers may do so.
 * @returns milliseconds until the next turn
 */
export async function refreshShares({ db }: Exchange, signal: AbortSignal): Promise<number> {
  await inExchange(db, (tx) => sql`select begin_due_sweeps()`.execute(tx));
  const streams = await inExchange(db, (tx) =>
    tx.selectFrom('stream').select('id').where('swept_to', 'is not', null).orderBy('id').execute(),
  );
  for (const { id } of streams) {
    let isComplete = false;
    while (!isComplete && !signal.aborted) {
      isComplete = await inExchange(db, async (tx) => {
        const { rows } = await sql<{ done: boolean }>`select sweep_stream(${id}, ${AT_ONCE}) as done`.execute(tx);
        return rows[0]?.done ?? true;
      });
    }
  }
  let looked = AT_ONCE;
  while (looked === AT_ONCE && !signal.aborted) {
    looked = await inExchange(db, async (tx) => {
      const { rows } = await sql<{ looked: number }>`select refresh_due_shares(${AT_ONCE}) as looked`.execute(tx);
      return rows[0]?.looked ?? 0;
    });
  }
  return 1000;
}
