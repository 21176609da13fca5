import { type Exchange, inExchange } from '@mra/exchange';
import { type StreamConfiguration, StreamConfiguration as StreamConfigurationSchema } from '@mra/exchange-protocol';
import type { Instant } from '@mra/recognition';
import { sql } from 'kysely';

/** How far the stream of a partner has been received. */
export interface InboundStream {
  readonly partner: string;
  /** Null: not made yet. */
  readonly configuration: StreamConfiguration | null;
  readonly lastApplied: number;
  /** The highest `seq` seen: beyond `lastApplied` something is missing. */
  readonly newestSeq: number;
  readonly needsSnapshot: boolean;
  /** A snapshot is being applied: what has come waits. */
  readonly isHeld: boolean;
  /** How often something came that could not be read, and how many of these times were followed by asking again. */
  readonly unreadable: number;
  readonly unreadableAsked: number;
  readonly heardAt: Instant | null;
  readonly failures: number;
}

export async function readInboundStream({ db, now }: Exchange, partner: string): Promise<InboundStream | null> {
  const row = await inExchange(db, (tx) =>
    tx.selectFrom('inbound_stream').selectAll().where('partner', '=', partner).executeTakeFirst(),
  );
  if (row === undefined) return null;
  return {
    partner,
    configuration: row.stream_id === null ? null : StreamConfigurationSchema.parse(row.configuration),
    lastApplied: row.last_applied,
    newestSeq: row.newest_seq,
    needsSnapshot: row.needs_snapshot,
    isHeld: row.applying_until !== null && row.applying_until > now(),
    unreadable: row.unreadable,
    unreadableAsked: row.unreadable_asked,
    heardAt: row.heard_at,
    failures: row.failures,
  };
}

/**
 * Begins with a stream that the partner has made for us. A new one counts from 1 again: what was received in another counts as older
 * than anything in it, and a snapshot comes first.
 */
export async function beginInboundStream(
  { db, log, now }: Exchange,
  partner: string,
  configuration: StreamConfiguration,
): Promise<void> {
  const streamId = configuration.stream_id;
  const isNew = await inExchange(db, async (tx) => {
    const before = await tx
      .selectFrom('inbound_stream')
      .select('stream_id')
      .where('partner', '=', partner)
      .forUpdate()
      .executeTakeFirstOrThrow();
    const content = { stream_id: streamId, configuration: JSON.stringify(configuration) };
    if (before.stream_id === streamId) {
      await tx.updateTable('inbound_stream').set(content).where('partner', '=', partner).execute();
      return false;
    }
    await tx
      .updateTable('inbound_stream')
      .set({
        ...content,
        ...{ last_applied: 0, newest_seq: 0, needs_snapshot: true, snapshot_after: null, expected_state: null },
        ...{ snapshot_reason: 'the stream is new', unreadable: 0, unreadable_asked: 0 },
        ...{ applying: null, applying_until: null, snapshot_seq: 0, needed_seq: 0 },
      })
      .where('partner', '=', partner)
      .execute();
    await tx.deleteFrom('inbound_event').where('partner', '=', partner).execute();
    await tx.updateTable('copy').set({ seq: 0 }).where('partner', '=', partner).execute();
    await tx
      .updateTable('quarantine')
      .set({ state: 'superseded', decided_at: now(), reason: 'a new stream began' })
      .where('partner', '=', partner)
      .where('state', '=', 'open')
      .execute();
    return true;
  });
  log.info({ partner, streamId, isNew, method: configuration.delivery.method }, 'stream of the partner');
}

/** The partner has no such stream any more. What was applied of it stays, and ages. */
export async function forgetInboundStream({ db, log }: Exchange, partner: string): Promise<void> {
  await inExchange(db, (tx) =>
    tx
      .updateTable('inbound_stream')
      .set({ configuration: null, stream_id: null })
      .where('partner', '=', partner)
      .execute(),
  );
  log.warn({ partner }, 'the partner does not know our stream');
}

/**
 * A partner was asked for events again: up to where they come, and how many of the times that something was unreadable this makes up for.
 */
export async function noteAsked(
  { db }: Exchange,
  partner: string,
  { to, unreadable }: { readonly to: number; readonly unreadable: number },
): Promise<void> {
  await inExchange(db, (tx) =>
    sql`update inbound_stream
           set newest_seq = greatest(newest_seq, ${to}::bigint),
               unreadable_asked = least(unreadable, greatest(unreadable_asked, ${unreadable}::bigint))
         where partner = ${partner} and (newest_seq < ${to}::bigint or unreadable_asked < ${unreadable}::bigint)`.execute(
      tx,
    ),
  );
}

/** Nothing more is applied before a snapshot is. */
export async function needSnapshot({ db, log }: Exchange, partner: string, reason: string): Promise<void> {
  await inExchange(db, (tx) =>
    tx
      .updateTable('inbound_stream')
      .set({ needs_snapshot: true, snapshot_after: null, snapshot_reason: reason })
      .where('partner', '=', partner)
      .where('needs_snapshot', '=', false)
      .execute(),
  );
  log.warn({ partner, reason }, 'a snapshot is needed');
}

export interface FailedAttempt {
  /** For operations. */
  readonly error: string;
  /** In a row. */
  readonly failures: number;
  readonly nextAttemptAt: Instant;
}

/** A call of the partner failed, whatever it was for: of several that fail, operations see the last, and as often as the one that does most. */
export async function noteFailed(
  { db }: Exchange,
  partner: string,
  { error, failures, nextAttemptAt }: FailedAttempt,
): Promise<void> {
  await inExchange(db, (tx) =>
    sql`
      update inbound_stream
         set failures = greatest(failures, ${failures}), next_attempt_at = ${nextAttemptAt}, last_error = ${error},
             last_error_at = clock_timestamp()
       where partner = ${partner}`.execute(tx),
  );
}

/**
 * Something that was asked of the partner went well. Failures are over then, unless something else still fails: it is to be tried again at
 * a moment that lies ahead, or is being tried now. The last of them stays to be seen.
 * @param job that went well, if it was one
 */
export async function noteWorking({ db }: Exchange, partner: string, job: string | null = null): Promise<void> {
  await inExchange(db, (tx) =>
    sql`
      update inbound_stream set failures = 0, next_attempt_at = null
       where partner = ${partner} and failures > 0
         and coalesce(next_attempt_at <= clock_timestamp(), true)
         and not exists (
           select from jobs.job j
            where j.name in ('load-snapshot', 'compare-digest') and j.singleton_key = ${partner}
              and (j.state = 'retry' or (j.state = 'active' and j.retry_count > 0)) and j.id is distinct from ${job}::uuid)`.execute(
      tx,
    ),
  );
}
