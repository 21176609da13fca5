import { replay } from '@mra/exchange-protocol';
import type { DB } from '@mra/registry';
import { sql, type Transaction } from 'kysely';
import type { Exchange } from '../context.ts';
import { inExchange } from '../in-exchange.ts';
import { readStream } from './outbound-stream.ts';

export type Replayed =
  /** `to` is before `from` where there is nothing to send again. */
  | { readonly ok: true; readonly from: number; readonly to: number }
  | { readonly ok: false; readonly reason: 'unknown' }
  /** Not all of it is kept any more: the partner must load a snapshot (410). `oldestKept` 0: nothing is kept. */
  | { readonly ok: false; readonly reason: 'gone'; readonly oldestKept: number };

/** Makes the events of a partner's stream from a `seq` on undelivered again, those that it refused too. */
export async function replayEvents(
  { db }: Exchange,
  partner: string,
  { streamId, from }: { readonly streamId: string; readonly from: number },
): Promise<Replayed> {
  return inExchange(
    db,
    async (tx) => {
      const stream = await readStream(tx, streamId, { lock: true });
      if (stream === null) return { ok: false, reason: 'unknown' } as const;
      if (from === stream.lastSeq + 1) return { ok: true, from, to: stream.lastSeq } as const;
      const answer = replay(from, await keptOf(tx, streamId, stream.lastSeq));
      if (!answer.ok) return { ...answer, reason: 'gone' } as const;
      await sql`
        with found as (
          select seq from outbox where stream_id = ${streamId} and seq >= ${from} and settled_at is not null
           order by seq for update
        )
        update outbox o set settled_at = null, outcome = null, error = null
          from found f where o.stream_id = ${streamId} and o.seq = f.seq`.execute(tx);
      await tx.updateTable('stream').set({ attempts: 0, next_attempt_at: null }).where('id', '=', streamId).execute();
      await sql`select pg_notify('mra_outbox', ${streamId})`.execute(tx);
      return { ok: true, from, to: answer.to } as const;
    },
    partner,
  );
}

/** The events up to the newest that are kept without a gap: those of a stream that was disabled are not there any more. */
async function keptOf(
  tx: Transaction<DB>,
  streamId: string,
  newest: number,
): Promise<{ readonly oldest: number; readonly newest: number } | null> {
  const { rows } = await sql<{ oldest: number | null; newest: number | null }>`
    select (select max(o.seq) from outbox o
             where o.stream_id = ${streamId}
               and not exists (select from outbox p where p.stream_id = o.stream_id and p.seq = o.seq - 1)) as oldest,
           (select max(seq) from outbox where stream_id = ${streamId}) as newest`.execute(tx);
  const [row] = rows;
  return row?.oldest == null || row.newest !== newest ? null : { oldest: row.oldest, newest };
}
