import { randomUUID } from 'node:crypto';
import { changeStatus, type Party, type StreamStatus, type StreamStatusBody } from '@mra/exchange-protocol';
import type { Exchange } from '../context.ts';
import { inExchange } from '../in-exchange.ts';
import { readStream, stateColumns } from './outbound-stream.ts';
import { statusBodyOf } from './outbound-streams.ts';
import { appendStreamEvent } from './outbox.ts';
import { waitingForWriters } from './waiting-for-writers.ts';

export interface StatusWish {
  readonly streamId: string;
  readonly status: StreamStatus;
  readonly reason: string | null;
  /** `receiver`: the partner, who reaches no stream but its own. */
  readonly by: Party;
  /** Code of the partner where it is the receiver who wishes. */
  readonly partner: string | null;
}

export type StatusChanged =
  | { readonly ok: true; readonly status: StreamStatusBody }
  | { readonly ok: false; readonly reason: 'unknown' }
  /** The transmitter has stopped the stream further than the receiver wants it (403). */
  | { readonly ok: false; readonly reason: 'stopped'; readonly detail: string };

/**
 * Changes the status of a stream (SSF 1.0 section 8.1.2.2), with the stream-updated event that a transmitter owes and what becomes of
 * kept events. A stream that comes back from `disabled` is gone through again: what differs from what its partner was told last becomes
 * events, so that nothing is left untold even where the partner loads no snapshot.
 */
export async function changeStreamStatus(exchange: Exchange, wish: StatusWish): Promise<StatusChanged> {
  const { streamId, status, reason, by, partner } = wish;
  if ((by === 'receiver') === (partner === null)) throw new TypeError('a receiver, and nobody else, is a partner');
  // It may come back from `disabled`, and is then gone through again.
  const run = status === 'disabled' ? atOnce : waitingForWriters;
  return run(
    exchange,
    async (tx) => {
      const stream = await readStream(tx, streamId, { lock: true });
      if (stream === null) return { ok: false, reason: 'unknown' } as const;
      const change = changeStatus(stream.state, status, { by, reason, seq: stream.lastSeq + 1 });
      if (!change.ok) return { ok: false, reason: 'stopped', detail: change.detail } as const;
      if (change.drop) {
        await tx.deleteFrom('outbox').where('stream_id', '=', streamId).where('settled_at', 'is', null).execute();
      }
      await tx
        .updateTable('stream')
        .set({
          ...stateColumns(change.state),
          ...(change.snapshotNeeded && { swept_to: 0, sweep_is_silent: false }),
          // What was put off while it was stopped need not wait longer.
          ...(change.changed && { attempts: 0, next_attempt_at: null }),
        })
        .where('id', '=', streamId)
        .execute();
      if (change.announce) {
        const content = { status: change.status, ...(reason !== null && { reason }) };
        await appendStreamEvent(tx, streamId, 'streamUpdated', content, `status:${randomUUID()}`);
      }
      if (change.changed) exchange.log.info({ streamId, status: change.status, by }, 'stream status changed');
      return { ok: true, status: statusBodyOf({ id: streamId, state: change.state }) } as const;
    },
    partner,
  );
}

const atOnce: typeof waitingForWriters = (exchange, work, as) => inExchange(exchange.db, work, as);
