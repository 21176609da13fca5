import type { EventName, ReceivedSetError } from '@mra/exchange-protocol';
import type { Instant } from '@mra/recognition';
import type { DB } from '@mra/registry';
import { sql, type Transaction } from 'kysely';

/** An event as it waits in the outbox of a stream. */
export interface OutboxEvent {
  readonly seq: number;
  /** The same at every sending. */
  readonly jti: string;
  readonly event: EventName;
  readonly payload: Readonly<Record<string, unknown>>;
  /** When it took effect. */
  readonly toe: Instant;
  /** What caused it; the same for all events of one cause. */
  readonly txn: string;
  /** Since when its member is not communicated: then no record of it leaves any more. null: it is, or it is about none. */
  readonly endedFrom: Instant | null;
}

/**
 * As a column of events `o`: {@link OutboxEvent.endedFrom}. Whoever is communicated has a share; where the event that ended it is no
 * longer kept, it ended when this one would have taken effect.
 */
export const endedFrom = sql<Instant | null>`
  case when o.membership_id is not null
            and not exists (select from share x where x.stream_id = o.stream_id and x.membership_id = o.membership_id)
    then coalesce((select e.toe from outbox e
                    where e.stream_id = o.stream_id and e.membership_id = o.membership_id
                      and e.event = 'communicationEnded' and e.seq > o.seq
                    order by e.seq limit 1), o.toe)
  end`;

/** What became of an event: it is not sent again unless the partner asks for a replay. */
export interface Settled {
  readonly seq: number;
  /** What the partner found wrong with it; null: it was delivered. */
  readonly error: ReceivedSetError | null;
}

/** Events that are not settled and may be sent: `seq` and `jti` of the first ones, and of those that are named. */
export async function readOutstanding(
  tx: Transaction<DB>,
  streamId: string,
  { first, named }: { readonly first: number; readonly named: readonly string[] },
): Promise<readonly { readonly seq: number; readonly jti: string }[]> {
  const { rows } = await sql<{ seq: number; jti: string }>`
    (select seq, jti from outbox where stream_id = ${streamId} and settled_at is null order by seq limit ${first})
    union
    select seq, jti from outbox where stream_id = ${streamId} and settled_at is null and jti = any (${[...named]})
    order by seq`.execute(tx);
  return rows;
}

/** Events with their content, in order. */
export async function readEvents(
  tx: Transaction<DB>,
  streamId: string,
  seqs: readonly number[],
): Promise<readonly OutboxEvent[]> {
  if (seqs.length === 0) return [];
  const rows = await tx
    .selectFrom('outbox as o')
    .select(['seq', 'jti', 'event', 'payload', 'toe', 'txn', endedFrom.as('endedFrom')])
    .where('stream_id', '=', streamId)
    .where((where) => sql<boolean>`${where.ref('seq')} = any (${[...seqs]})`)
    .orderBy('seq')
    .execute();
  return rows as unknown as OutboxEvent[];
}

/** Settles events that are not settled yet. Rows are locked in the order of `seq`, so that nobody waits in a circle. */
export async function settle(tx: Transaction<DB>, streamId: string, settled: readonly Settled[]): Promise<void> {
  if (settled.length === 0) return;
  await sql`
    with found as (
      select o.seq, s.error
        from outbox o
        join jsonb_to_recordset(${JSON.stringify(settled)}::jsonb) as s (seq bigint, error jsonb) on s.seq = o.seq
       where o.stream_id = ${streamId} and o.settled_at is null
       order by o.seq
         for update of o
    )
    update outbox o
       set settled_at = clock_timestamp(), error = f.error, outcome = case when f.error is null then 'delivered' else 'refused' end
      from found f
     where o.stream_id = ${streamId} and o.seq = f.seq`.execute(tx);
}

/**
 * Notes on the stream that events have arrived. Not while a writer holds its row: a delivery must not wait for a recording, and the note
 * is for whoever looks at the lag.
 */
export async function noteDelivery(tx: Transaction<DB>, streamId: string): Promise<void> {
  await sql`
    update stream set last_delivery_at = clock_timestamp(), attempts = 0, next_attempt_at = null
     where id = (select id from stream where id = ${streamId} for no key update skip locked)`.execute(tx);
}

/** Puts one of the framework's events into a stream; returns its `seq`. */
export async function appendStreamEvent(
  tx: Transaction<DB>,
  streamId: string,
  event: 'verification' | 'streamUpdated',
  content: object,
  txn: string,
): Promise<number> {
  const { rows } = await sql<{ seq: number }>`
    select append_stream_event(${streamId}, ${event}, ${JSON.stringify(content)}::jsonb, ${txn}) as seq`.execute(tx);
  return rows[0]?.seq ?? 0;
}

/** Tells operations that a partner does not take an event. Needs a transaction of the exchange. */
export async function reportRefusals(
  tx: Transaction<DB>,
  { partner, streamId }: { readonly partner: string; readonly streamId: string },
  refused: readonly Settled[],
): Promise<void> {
  if (refused.length === 0) return;
  await tx
    .insertInto('exchange_report')
    .values(
      refused.map(({ seq, error }) => ({
        partner,
        kind: 'delivery_refused',
        detail: JSON.stringify({ streamId, seq, error }),
      })),
    )
    .execute();
}
