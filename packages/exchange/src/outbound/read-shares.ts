import type { CanonicalRecord } from '@mra/exchange-protocol';
import type { Instant } from '@mra/recognition';
import { actAs, type DB } from '@mra/registry';
import { sql, type Transaction } from 'kysely';
import { EXCHANGE_ACTOR, type Exchange } from '../context.ts';

/** What a stream has told, as one moment sees it. */
export interface SharesView {
  readonly tx: Transaction<DB>;
  /** Of the last event that is contained. */
  readonly seq: number;
  readonly asOf: Instant;
}

/**
 * Works on the shares of a stream as they are at one moment, however long it takes: one snapshot of the database (REPEATABLE READ), in
 * which shares and the last `seq` belong together, because each event changes both in one transaction.
 * @returns null where they do not say all: a sweep is under way, or a period has begun or ended of which nothing was told yet
 */
export async function viewShares<T>(
  { db }: Exchange,
  streamId: string,
  work: (view: SharesView) => Promise<T>,
): Promise<T | null> {
  return db
    .transaction()
    .setIsolationLevel('repeatable read')
    .execute(async (tx) => {
      await actAs(tx, EXCHANGE_ACTOR);
      // Compiling a query takes longer than running it here.
      await sql`set local jit = off`.execute(tx);
      const { rows } = await sql<{ seq: number; as_of: Instant; ready: boolean }>`
        select s.last_seq as seq, date_trunc('milliseconds', now()) as as_of,
               s.swept_to is null and not exists (select from share_due d where d.due_at <= now()) as ready
          from stream s where s.id = ${streamId}`.execute(tx);
      const [stream] = rows;
      if (!stream?.ready) return null;
      return work({ tx, seq: stream.seq, asOf: stream.as_of });
    });
}

/** A member as told last. */
export interface Share {
  readonly id: number;
  readonly agreement: string;
  readonly record: CanonicalRecord;
  readonly from: Instant | null;
  readonly to: Instant | null;
  readonly hash: string | null;
}

/** All shares of a stream; of some buckets where these are told. */
export function selectShares(streamId: string, buckets: readonly number[] | null, bucketCount: number) {
  const inBuckets =
    buckets === null
      ? sql`true`
      : sql`digest_bucket(record ->> 'programme', record ->> 'number', ${bucketCount}) = any (${[...buckets]})`;
  return sql<Share>`
    select membership_id as id, agreement, record, instant(lower(communicated)) as "from", instant(upper(communicated)) as "to", hash
      from share where stream_id = ${streamId} and ${inBuckets}`;
}
