import { type Instant, secondsBetween } from '@mra/recognition';
import type { StreamStatus } from './events.ts';

export type Party = 'transmitter' | 'receiver';

/**
 * Each side says how far it wants the stream to run; the stricter of the two holds. So neither can undo the other's stop, and each can
 * always stop.
 */
export interface StreamState {
  readonly wanted: Readonly<Record<Party, StreamStatus>>;
  readonly reason: string | null;
  /**
   * While the transmitter stops a stream: `seq` of the stream-updated event, which must still be delivered, and what stands before it
   * (SSF 1.0 section 8.1.5). null: nothing is delivered while the stream is not enabled.
   */
  readonly deliverThrough: number | null;
}

export type StreamChange =
  | {
      readonly ok: true;
      readonly state: StreamState;
      readonly status: StreamStatus;
      readonly changed: boolean;
      /** Whether a stream-updated event must be put into the stream, in the same transaction. */
      readonly announce: boolean;
      /** Held events are dropped now. */
      readonly drop: boolean;
      /** Events were not held meanwhile: the receiver needs a snapshot. */
      readonly snapshotNeeded: boolean;
    }
  /** For a 403: the other side stopped the stream. */
  | { readonly ok: false; readonly detail: string };

export const NEW_STREAM: StreamState = {
  wanted: { transmitter: 'enabled', receiver: 'enabled' },
  reason: null,
  deliverThrough: null,
};

const STRICTNESS: Readonly<Record<StreamStatus, number>> = { enabled: 0, paused: 1, disabled: 2 };

export function statusOf({ wanted: { transmitter, receiver } }: Pick<StreamState, 'wanted'>): StreamStatus {
  return STRICTNESS[transmitter] > STRICTNESS[receiver] ? transmitter : receiver;
}

/**
 * One side changes the status (SSF 1.0 section 8.1.2). Every status may follow every other, except that a receiver cannot get more than the
 * transmitter allows. Asking for what already holds changes nothing.
 * - `paused`: events get their `seq` and are kept. SSF lets a transmitter drop them; here none is dropped.
 * - `disabled`: events get no `seq` and are not kept, and kept ones are dropped; enabling or pausing it again needs a snapshot.
 * - A transmitter that stops a running stream or starts it again must tell so with a stream-updated event (`announce`, section
 *   8.1.5). From one stop to another it does not: over a stream that does not run nothing may be transmitted.
 * @param seq that the stream-updated event gets if there is one: the next of the stream
 */
export function changeStatus(
  state: StreamState,
  to: StreamStatus,
  { by, reason, seq }: { readonly by: Party; readonly reason: string | null; readonly seq: number },
): StreamChange {
  if (by === 'receiver' && STRICTNESS[to] < STRICTNESS[state.wanted.transmitter]) {
    return { ok: false, detail: `The transmitter has ${state.wanted.transmitter} this stream.` };
  }
  const before = statusOf(state);
  const wanted = { ...state.wanted, [by]: to };
  const status = statusOf({ wanted });
  const changed = status !== before;
  const announce = changed && by === 'transmitter' && (before === 'enabled' || status === 'enabled');
  return {
    ok: true,
    state: {
      wanted,
      reason: changed ? reason : (reason ?? state.reason),
      deliverThrough:
        announce && before === 'enabled' ? seq : changed || by === 'receiver' ? null : state.deliverThrough,
    },
    status,
    changed,
    announce,
    // Where a transmitter disables a running stream, all that was kept is delivered before it stops (see mayDeliver).
    drop: changed && status === 'disabled' && !announce,
    snapshotNeeded: changed && before === 'disabled',
  };
}

/** Whether events committed now get a `seq` and are kept. */
export const keepsEvents = (state: StreamState): boolean => statusOf(state) !== 'disabled';

/** Whether the event may be transmitted now. */
export function mayDeliver(state: StreamState, seq: number): boolean {
  return statusOf(state) === 'enabled' || (state.deliverThrough !== null && seq <= state.deliverThrough);
}

/** Seconds to wait before another verification may be asked for; 0: none (429 with `Retry-After` otherwise; SSF 1.0 section 8.1.1). */
export function verificationWait(lastAskedAt: Instant | null, now: Instant, minIntervalSeconds: number): number {
  if (lastAskedAt === null) return 0;
  return Math.max(0, minIntervalSeconds - Math.max(0, secondsBetween(lastAskedAt, now)));
}
