import type { SnapshotManifest } from '@mra/exchange-protocol';
import type { Instant } from '@mra/recognition';
import type { DB, Recording } from '@mra/registry';
import { sql, type Transaction } from 'kysely';
import type { Exchange } from '../context.ts';
import { inExchange } from '../in-exchange.ts';
import type { Partner } from '../partners.ts';
import { recordHeard } from './heard.ts';

/** So long events wait behind a load whose process has died. */
const HELD_SECONDS = 20;
const PUT_OFF_AFTER_MS = 5000;

/** A load that is being applied, and the stream that it belongs to. */
export interface Holding {
  readonly partner: Partner;
  readonly manifest: Pick<SnapshotManifest, 'seq' | 'buckets'>;
  readonly loadId: string;
  /** At the time when the snapshot was asked for. */
  readonly streamId: string | null;
}

/**
 * The stream was replaced while its snapshot was loaded, or the partner speaks for others now, a newer snapshot was applied, or another
 * one is being applied: what this one says may no longer be so.
 */
export class StreamReplaced extends Error {
  override readonly name = 'StreamReplaced';
}

/**
 * Holds the stream of a partner: from now on its events wait, so that none comes between what is compared and what is written, and nobody
 * else applies a snapshot.
 * @throws StreamReplaced
 */
export async function holdStream({ db }: Exchange, holding: Holding): Promise<void> {
  const { partner, manifest, loadId } = holding;
  const newest = await inExchange(db, async (tx) => {
    const { rows } = await sql<{ newest: number }>`
      update inbound_stream s
         set applying = ${loadId}, applying_until = clock_timestamp() + make_interval(secs => ${HELD_SECONDS}),
             newest_seq = greatest(s.newest_seq, s.last_applied, ${manifest.seq}::bigint)
       where ${isTheSame(holding)} and s.snapshot_seq <= ${manifest.seq}
         and coalesce(s.applying_until <= clock_timestamp(), true)
      returning s.newest_seq as newest`.execute(tx);
    return rows[0]?.newest;
  });
  if (newest === undefined) throw new StreamReplaced('the stream is another one now, or has had another snapshot');
  // No event has such a place yet; somebody wrote it by hand, and every word up to it would be passed over.
  await inExchange(db, (tx) =>
    sql`update copy set seq = 0 where partner = ${partner.code} and seq > ${newest}`.execute(tx),
  );
}

const isTheSame = ({ partner, streamId }: Holding) => sql<boolean>`
  s.partner = ${partner.code} and s.stream_id is not distinct from ${streamId}
  and exists (select from partner p
               where p.code = s.partner and p.is_registered and p.administrations = ${[...partner.administrations]}::text[])`;

/** Holds it for longer, and locks it for the rest of the transaction. @throws StreamReplaced where it is not held any more */
export async function keepHeld(tx: Transaction<DB>, holding: Holding): Promise<void> {
  const { numAffectedRows } = await sql`
    update inbound_stream s set applying_until = clock_timestamp() + make_interval(secs => ${HELD_SECONDS})
     where ${isTheSame(holding)} and s.applying = ${holding.loadId} and s.applying_until > clock_timestamp()`.execute(
    tx,
  );
  if (numAffectedRows === 0n) throw new StreamReplaced('the stream is no longer held for this snapshot');
}

/** To be called while nothing is written, as often as one likes. @throws StreamReplaced */
export function keepHolding({ db }: Exchange, holding: Holding): () => Promise<void> {
  let at = performance.now();
  return async () => {
    if (performance.now() - at < PUT_OFF_AFTER_MS) return;
    await inExchange(db, (tx) => keepHeld(tx, holding));
    at = performance.now();
  };
}

/** Lets events go on, if the stream is still held. */
export async function releaseStream({ db }: Exchange, { partner, loadId }: Holding): Promise<void> {
  await inExchange(db, (tx) =>
    sql`update inbound_stream set applying = null, applying_until = null
         where partner = ${partner.code} and applying = ${loadId}`.execute(tx),
  );
}

/**
 * Behind a full snapshot the stream goes on, and the copy is whole and fresh; one of some buckets says nothing of the others. What is
 * needed is a snapshot that contains what made it necessary.
 * @param askedAt when the snapshot was asked for: the partner was heard then
 */
export async function finishHolding(
  recording: Recording,
  { partner, manifest }: Holding,
  askedAt: Instant,
): Promise<void> {
  const { tx } = recording;
  const isFull = manifest.buckets === null;
  const isEnough = sql`(${isFull} and needed_seq <= ${manifest.seq})`;
  await sql`
    update inbound_stream
       set applying = null, applying_until = null, last_applied = greatest(last_applied, case when ${isFull} then ${manifest.seq}::bigint end),
           snapshot_seq = case when ${isFull} then ${manifest.seq}::bigint else snapshot_seq end,
           needs_snapshot = needs_snapshot and not ${isEnough}, snapshot_reason = case when not ${isEnough} then snapshot_reason end,
           allow_shrink_to = case when not ${isEnough} then allow_shrink_to end,
           -- Whole and with the digest that it came with: a comparison would say no more.
           compared_at = case when ${isFull} then clock_timestamp() else compared_at end
     where partner = ${partner.code}`.execute(tx);
  if (isFull) await recordHeard(recording, partner, askedAt);
}
