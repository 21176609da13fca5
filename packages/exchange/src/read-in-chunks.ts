import type { DB } from '@mra/registry';
import { type RawBuilder, sql, type Transaction } from 'kysely';

/**
 * The rows of a query as it found them when it began, in chunks; what is written in between does not show. One at a time within a
 * transaction. What is done with a chunk before the next one is asked for bounds how long the process does nothing else.
 */
export async function* readInChunks<Row>(
  tx: Transaction<DB>,
  query: RawBuilder<Row>,
  size = 500,
): AsyncGenerator<readonly Row[]> {
  await sql`declare exchange_rows no scroll cursor for ${query}`.execute(tx);
  for (;;) {
    const { rows } = await sql<Row>`fetch ${sql.lit(size)} from exchange_rows`.execute(tx);
    if (rows.length > 0) yield rows;
    if (rows.length < size) break;
  }
  await sql`close exchange_rows`.execute(tx);
}
