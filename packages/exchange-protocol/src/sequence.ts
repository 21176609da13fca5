/** How far a receiver has come in one stream. Kept in the transaction that applies the event. */
export interface SequenceState {
  /** Every event up to here has been applied or quarantined; 0: none. */
  readonly lastApplied: number;
  /** Received beyond a gap and kept, in order. */
  readonly waiting: readonly number[];
}

export const NEW_SEQUENCE: SequenceState = { lastApplied: 0, waiting: [] };

/** Most events kept beyond a gap; further ones are not acknowledged and come again. */
export const WAITING_MAX = 1000;

export type SequenceStep =
  /** Apply these in this order, each or quarantine it; then the state holds. The first is the event received, the others had waited. */
  | { readonly kind: 'apply'; readonly seqs: readonly number[]; readonly state: SequenceState }
  /** Applied or kept before: acknowledge, no effect. */
  | { readonly kind: 'duplicate'; readonly state: SequenceState }
  /**
   * Something before it is missing: ask again from `askFrom`. `kept`: store the event durably, then acknowledge it. Not kept: do not
   * acknowledge it.
   */
  | { readonly kind: 'gap'; readonly askFrom: number; readonly kept: boolean; readonly state: SequenceState };

/**
 * What to do with the event that has this `seq`. Events are applied in the order of the stream and never beyond a gap: nobody can tell
 * which member a missing event is about, so this is the only order that is right for each. A bad record does not stop the
 * stream: it is quarantined in its place.
 * @param seq from 1; an event without one is outside the sequence and not for this function
 * @param isHeld a snapshot is being applied: nothing else is, and every event waits as behind a gap
 */
export function receive(
  state: SequenceState,
  seq: number,
  { waitingMax = WAITING_MAX, isHeld = false }: { readonly waitingMax?: number; readonly isHeld?: boolean } = {},
): SequenceStep {
  if (!Number.isSafeInteger(seq) || seq < 1) throw new RangeError('seq is not a whole number from 1');
  const { lastApplied, waiting } = state;
  if (seq <= lastApplied || waiting.includes(seq)) return { kind: 'duplicate', state };
  if (seq === lastApplied + 1 && !isHeld) {
    const { run, state: after } = advance({ lastApplied: seq, waiting });
    return { kind: 'apply', seqs: [seq, ...run], state: after };
  }
  const kept = waiting.length < waitingMax;
  const now = kept ? { lastApplied, waiting: [...waiting, seq].sort((a, b) => a - b) } : state;
  return { kind: 'gap', askFrom: lastApplied + 1, kept, state: now };
}

/**
 * Goes on behind a snapshot that contains everything up to `seq`: what it contains waits no longer, what follows it directly can be
 * applied. A snapshot older than what was applied changes nothing.
 * @returns the state, and which waiting events to apply, in order
 */
export function resumeAfter(
  { lastApplied, waiting }: SequenceState,
  seq: number,
): { readonly apply: readonly number[]; readonly state: SequenceState } {
  const from = Math.max(lastApplied, seq);
  const { run, state } = advance({ lastApplied: from, waiting: waiting.filter((other) => other > from) });
  return { apply: run, state };
}

function advance({ lastApplied, waiting }: SequenceState): { run: number[]; state: SequenceState } {
  const first = waiting.findIndex((seq, index) => seq !== lastApplied + 1 + index);
  const run = first === -1 ? [...waiting] : waiting.slice(0, first);
  return { run, state: { lastApplied: lastApplied + run.length, waiting: waiting.slice(run.length) } };
}

export type Replay =
  | { readonly ok: true; readonly from: number; readonly to: number }
  /** What is missing is not kept any more: load a snapshot. */
  | { readonly ok: false; readonly oldestKept: number };

/**
 * The transmitter's answer to "again from `from`": which events become undelivered again.
 * @param kept the oldest and the newest `seq` that are kept; null: none
 */
export function replay(from: number, kept: { readonly oldest: number; readonly newest: number } | null): Replay {
  if (kept === null) return { ok: false, oldestKept: 0 };
  if (from < kept.oldest || from > kept.newest + 1) return { ok: false, oldestKept: kept.oldest };
  return { ok: true, from, to: kept.newest };
}
