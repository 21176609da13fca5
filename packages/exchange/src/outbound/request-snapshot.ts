import { randomUUID } from 'node:crypto';
import { sql } from 'kysely';
import type { Exchange } from '../context.ts';
import { inExchange } from '../in-exchange.ts';
import { runningStream } from './make-digest.ts';

/** Of one stream, the newest ones: a full one and some of single buckets may be fetched at a time. */
const KEPT = 4;

/** A partner that has not fetched it by then begins anew. */
export const SNAPSHOT_HOURS = 24;

/**
 * Asks for a snapshot for a partner, which is built later (`buildSnapshot`). One that was asked for before and is not ready yet
 * answers this request too.
 * @param buckets of the digest of 256; null: everything
 * @returns its id; null: the partner has no stream that runs
 */
export async function requestSnapshot(
  exchange: Exchange,
  partner: string,
  buckets: readonly number[] | null,
): Promise<string | null> {
  const streamId = await runningStream(exchange, partner);
  if (streamId === null) return null;
  const wanted = buckets === null ? null : [...new Set(buckets)].sort((a, b) => a - b);
  return inExchange(
    exchange.db,
    async (tx) => {
      await sql`select pg_advisory_xact_lock(hashtextextended(${`snapshots of ${streamId}`}, 0))`.execute(tx);
      const pending = await sql<{ id: string }>`
        select id from snapshot
         where stream_id = ${streamId} and state = 'requested' and buckets is not distinct from ${wanted}::integer[]
         order by requested_at limit 1`.execute(tx);
      if (pending.rows[0] !== undefined) return pending.rows[0].id;
      const id = randomUUID();
      await tx.insertInto('snapshot').values({ id, stream_id: streamId, buckets: wanted }).execute();
      await sql`
        delete from snapshot
         where stream_id = ${streamId}
           and id not in (select id from snapshot where stream_id = ${streamId} order by requested_at desc, id limit ${KEPT})`.execute(
        tx,
      );
      return id;
    },
    partner,
  );
}

/** Snapshots that wait to be built, oldest first. */
export async function readRequestedSnapshots({ db }: Exchange): Promise<readonly string[]> {
  const rows = await inExchange(db, (tx) =>
    tx.selectFrom('snapshot').select('id').where('state', '=', 'requested').orderBy('requested_at').execute(),
  );
  return rows.map(({ id }) => id);
}

/** Removes snapshots that are older than a day; returns how many. */
export async function pruneSnapshots({ db }: Exchange): Promise<number> {
  const { rows } = await inExchange(db, (tx) =>
    sql`delete from snapshot where requested_at < clock_timestamp() - make_interval(hours => ${SNAPSHOT_HOURS}) returning 1`.execute(
      tx,
    ),
  );
  return rows.length;
}
