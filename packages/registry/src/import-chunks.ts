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
