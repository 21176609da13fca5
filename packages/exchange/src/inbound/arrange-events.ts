import {
  type EventReading,
  readEvent,
  receive,
  resumeAfter,
  type SequenceState,
  type SetError,
  setError,
  type VerifiedSet,
} from '@mra/exchange-protocol';
import type { Network } from '@mra/recognition';
import type { Recording } from '@mra/registry';
import { sql } from 'kysely';
import type { Partner } from '../partners.ts';
import { checkIssuer, errorOf } from './check-issuer.ts';
import type { EarlierAnswer } from './inbound-stream.ts';
import { keptSet } from './kept-set.ts';
import type { SetReceipt } from './receive-sets.ts';

export interface Incoming {
  readonly set: VerifiedSet;
  readonly reading: EventReading;
}

export interface Intake {
  readonly partner: Partner;
  /** As it was when the events were read. */
  readonly streamId: string;
  /** By `seq`; those without one first. */
  readonly events: readonly Incoming[];
  /** Applies one event at most: the one given or, without any, the next that waits. */
  readonly alone: boolean;
  readonly notStorable: ReadonlySet<string>;
}

/** An event and what is noted of it. */
export interface Noted extends Incoming {
  readonly seq: number | null;
  state: 'applied' | 'waiting' | 'passed';
  error: SetError | null;
}

/** How far a stream had got when it was locked. */
export interface LockedStream {
  /** Of the events that came before. */
  readonly answers: ReadonlyMap<string, EarlierAnswer>;
  readonly lastApplied: number;
  readonly needsSnapshot: boolean;
  /** A snapshot is being applied: events wait. */
  readonly isHeld: boolean;
  readonly expectedState: string | null;
  readonly waiting: readonly number[];
}

export interface Arranged {
  /** To be asked once the events have been applied. */
  readonly receipts: readonly (() => SetReceipt)[];
  /** What to apply, in order. */
  readonly turns: readonly Noted[];
  readonly noted: readonly Noted[];
  readonly state: SequenceState;
}

/** Finds duplicates, puts the others in order, and says what is to be applied now; nothing is written yet. */
export async function arrange(
  recording: Recording,
  network: Network,
  stream: LockedStream,
  intake: Intake,
): Promise<Arranged> {
  const { partner, events, alone } = intake;
  const noted = new Map<string, Noted>();
  const turns: (Noted | number)[] = [];
  let state: SequenceState = { lastApplied: stream.lastApplied, waiting: stream.waiting };
  const advance = (to: SequenceState, due: readonly number[]): void => {
    const now = alone ? due.slice(0, 1) : due;
    state = {
      lastApplied: to.lastApplied - (due.length - now.length),
      waiting: [...due.slice(now.length), ...to.waiting],
    };
    turns.push(...now);
  };
  const behind = resumeAfter(state, state.lastApplied);
  if (!stream.isHeld && (!alone || events.length === 0)) advance(behind.state, behind.apply);

  const receipts = events.map(({ set, reading }): (() => SetReceipt) => {
    const { jti } = set;
    const before = stream.answers.get(jti);
    if (before !== undefined) return () => ({ jti, ...before });
    const twin = noted.get(jti);
    if (twin !== undefined) return () => receiptOf(twin, 'duplicate');
    const seq = reading.ok ? reading.event.seq : reading.seq;
    const one: Noted = { set, reading, seq, state: 'applied', error: null };
    if (seq === null) {
      turns.push(one);
      // An event that could not even be placed is judged anew each time; a good one of the framework counts once.
      if (reading.ok) noted.set(jti, one);
      return () => receiptOf(one, 'accepted');
    }
    const step = receive(state, seq, { isHeld: stream.isHeld });
    if (step.kind === 'gap' && !step.kept) return () => ({ jti, outcome: 'not_kept' });
    noted.set(jti, one);
    if (step.kind === 'duplicate') {
      one.state = 'passed';
      return () => receiptOf(one, 'duplicate');
    }
    if (step.kind === 'gap') {
      state = step.state;
      one.state = 'waiting';
      one.error = errorBeforeItsTurn(network, partner, reading);
      return () => receiptOf(one, 'waiting');
    }
    const [, ...run] = step.seqs;
    turns.push(one);
    if (alone) state = { lastApplied: seq, waiting: [...run, ...step.state.waiting] };
    else {
      state = { ...step.state };
      turns.push(...run);
    }
    return () => receiptOf(one, 'accepted');
  });
  const waited = await readWaiting(recording, intake, turns, [...noted.values()]);
  const inTurn = turns.map((turn) => (typeof turn === 'number' ? waited.get(turn) : turn) as Noted);
  return { receipts, turns: inTurn, noted: [...new Set([...noted.values(), ...waited.values()])], state };
}

function receiptOf({ set: { jti }, error }: Noted, outcome: SetReceipt['outcome']): SetReceipt {
  return error === null ? { jti, outcome } : { jti, outcome: 'error', error };
}

/** What can be told of an event before its turn: that it cannot be read, or speaks of what is not its sender's. */
function errorBeforeItsTurn(network: Network, partner: Partner, reading: EventReading): SetError | null {
  if (!reading.ok) return setError(reading.err, reading.description);
  const refusal = checkIssuer(network, partner, reading.event);
  return refusal === null ? null : errorOf(refusal);
}

/** The kept events of these places in the sequence; those of this very set are at hand. */
async function readWaiting(
  { tx }: Recording,
  { partner, streamId }: Intake,
  turns: readonly (Noted | number)[],
  noted: readonly Noted[],
): Promise<Map<number, Noted>> {
  const wanted = turns.filter((turn) => typeof turn === 'number');
  if (wanted.length === 0) return new Map();
  const own = new Map(noted.flatMap((one) => (one.state === 'waiting' && one.seq !== null ? [[one.seq, one]] : [])));
  for (const seq of wanted) {
    const one = own.get(seq);
    if (one !== undefined) one.state = 'applied';
  }
  const { rows } = await sql<{ seq: number; waiting: unknown }>`
    select e.seq, e.waiting from inbound_event e
     where e.partner = ${partner.code} and e.waiting is not null and e.seq = any (${wanted})`.execute(tx);
  const kept = rows.map(({ seq, waiting }): [number, Noted] => {
    const set = keptSet(waiting);
    return [seq, { set, reading: readEvent(set, streamId), seq, state: 'applied', error: null }];
  });
  return new Map([...kept, ...own]);
}
