import { type RawBuilder, sql, type Transaction } from 'kysely';
import type { DB } from './database.ts';

/** Rows held and written at a time: enough for statements to cost little, few enough to be held. */
const CHUNK = 500;

/**
 * The rows of a query as it found them when it began, in chunks; what is written in between does not show. One at a time within a
 * transaction. What is done with a chunk before the next one is asked for bounds how long the process does nothing else.
 */
export async function* inChunks<Row>(
  tx: Transaction<DB>,
  query: RawBuilder<Row>,
  size = CHUNK,
): AsyncGenerator<readonly Row[]> {
  await sql`declare rows_in_chunks no scroll cursor for ${query}`.execute(tx);
  for (;;) {
    const { rows } = await sql<Row>`fetch ${sql.lit(size)} from rows_in_chunks`.execute(tx);
    if (rows.length > 0) yield rows;
    if (rows.length < size) break;
  }
  await sql`close rows_in_chunks`.execute(tx);
}
