import { type RawBuilder, sql, type Transaction } from 'kysely';
import type { DB } from './database.ts';

/** Rows held and written at a time: enough for statements to cost little, few enough to be held. */
const CHUNK = 500;

/**
 * The rows of a query as it found them when it began, in chunks; what is written in between does not show. One at a time within a
 * transaction.
 */
export async function* inChunks<Row>(tx: Transaction<DB>, query: RawBuilder<Row>): AsyncGenerator<readonly Row[]> {
  await sql`declare import_rows no scroll cursor for ${query}`.execute(tx);
  for (;;) {
    const { rows } = await sql<Row>`fetch ${sql.lit(CHUNK)} from import_rows`.execute(tx);
    if (rows.length > 0) yield rows;
    if (rows.length < CHUNK) break;
  }
  await sql`close import_rows`.execute(tx);
}

/**
 * Each item prepared while the one before it is being worked on, so that the database and this process do not wait for each other.
 * Nothing is under way any more when the loop ends, however it ends.
 */
export async function* oneAhead<Item, Prepared>(
  items: AsyncIterator<Item>,
  prepare: (item: Item) => Promise<Prepared>,
): AsyncGenerator<Prepared> {
  const take = async (): Promise<{ readonly prepared: Prepared } | null> => {
    const { value, done } = await items.next();
    return done === true ? null : { prepared: await prepare(value) };
  };
  let next = take();
  try {
    for (;;) {
      const item = await next;
      if (item === null) return;
      next = take();
      next.catch(() => undefined); // It is awaited in its turn.
      yield item.prepared;
    }
  } finally {
    await next.catch(() => undefined);
  }
}
