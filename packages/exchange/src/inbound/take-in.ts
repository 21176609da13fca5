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
import { type Actor, type Recording, record } from '@mra/registry';
import { sql } from 'kysely';
import type { Exchange } from '../context.ts';
import type { Partner } from '../partners.ts';
import { applyEvents, type TurnEvent } from './apply-events.ts';
import { checkIssuer, errorOf } from './check-issuer.ts';
import { EventRefused, isDataFault } from './data-fault.ts';
import { recordHeard } from './heard.ts';
import { NoInboundStream, readAnswers } from './inbound-stream.ts';
import { keepable, keptSet } from './kept-set.ts';
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

export interface TakenIn {
  /** One for each event, in order. */
  readonly receipts: readonly SetReceipt[];
  readonly askFrom: number | null;
  /** Waiting events could be applied now. */
  readonly more: boolean;
}

/** An event and what is noted of it. */
interface Noted extends Incoming {
  readonly seq: number | null;
  state: 'applied' | 'waiting' | 'passed';
  error: SetError | null;
}

/**
 * Takes verified events in, in one recording: finds duplicates, puts the others in order, applies those whose turn it is with the ones
 * that waited behind them, keeps those beyond a gap, and notes all of it in the same transaction.
 * @throws NoInboundStream when the stream is another one by now; EventRefused, of an event alone
 */
export async function takeIn(exchange: Exchange, actor: Actor, intake: Intake): Promise<TakenIn> {
  let applying: string | null = null;
  try {
    return await record(exchange.db, actor, async (recording) => {
      const network = await exchange.networks.current(recording.tx);
      const stream = await lockStream(recording, intake);
      const { receipts, turns, noted, state } = await arrange(recording, network, stream, intake);
      applying = intake.alone ? (turns[0]?.set.jti ?? null) : null;
      const context = { ...intake, network, log: exchange.log, expectedState: stream.expectedState };
      const taken = await applyEvents(recording, context, turns satisfies readonly TurnEvent[]);
      for (const [index, { error }] of taken.results.entries()) (turns[index] as Noted).error = error;
      await noteEvents(recording, intake.partner, noted);
      await noteStream(recording, intake.partner, { stream, state, taken, noted });
      const heard = taken.results.some((result) => result.heard);
      if (heard && !stream.needsSnapshot && taken.snapshotReason === null) await recordHeard(recording, intake.partner);
      const isBehind = state.waiting.length > 0 || receipts.some((receipt) => receipt()?.outcome === 'not_kept');
      const more = state.waiting[0] === state.lastApplied + 1;
      if (isBehind && !more) await sql`select pg_notify('mra_inbound', ${intake.partner.code})`.execute(recording.tx);
      return {
        receipts: receipts.map((receipt) => receipt()),
        askFrom: isBehind && !more ? state.lastApplied + 1 : null,
        more,
      };
    });
  } catch (error) {
    if (applying === null || !isDataFault(error)) throw error;
    throw new EventRefused(applying, error);
  }
}

interface LockedStream {
  readonly lastApplied: number;
  readonly needsSnapshot: boolean;
  readonly expectedState: string | null;
  readonly waiting: readonly number[];
}

async function lockStream({ tx }: Recording, { partner, streamId }: Intake): Promise<LockedStream> {
  // Receivers take turns as writers do, so what waits is what the last one left; the lock is for those who note failures and wishes.
  const { rows } = await sql<{
    last_applied: number;
    needs_snapshot: boolean;
    expected_state: string | null;
    waiting: number[] | null;
  }>`
    select s.last_applied, s.needs_snapshot, s.expected_state,
           (select json_agg(e.seq order by e.seq) from inbound_event e where e.partner = s.partner and e.waiting is not null) as waiting
      from inbound_stream s where s.partner = ${partner.code} and s.stream_id = ${streamId} for update`.execute(tx);
  const [row] = rows;
  if (row === undefined) throw new NoInboundStream(`no such stream at ${partner.code}`);
  return {
    lastApplied: row.last_applied,
    needsSnapshot: row.needs_snapshot,
    expectedState: row.expected_state,
    waiting: row.waiting ?? [],
  };
}

interface Arranged {
  /** To be asked once the events have been applied. */
  readonly receipts: readonly (() => SetReceipt)[];
  /** What to apply, in order. */
  readonly turns: readonly Noted[];
  readonly noted: readonly Noted[];
  readonly state: SequenceState;
}

async function arrange(
  recording: Recording,
  network: Network,
  stream: LockedStream,
  intake: Intake,
): Promise<Arranged> {
  const { partner, events, alone } = intake;
  const { tx } = recording;
  const earlier = await readAnswers(
    tx,
    partner.code,
    events.map(({ set }) => set.jti),
  );
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
  if (!alone || events.length === 0) advance(behind.state, behind.apply);

  const receipts = events.map(({ set, reading }): (() => SetReceipt) => {
    const { jti } = set;
    const before = earlier.get(jti);
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
    const step = receive(state, seq);
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
  const passed = stream.waiting.filter((seq) => seq <= stream.lastApplied);
  await forgetWaiting(recording, partner, passed);
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

/** What a snapshot contains waits no longer. */
async function forgetWaiting({ tx }: Recording, { code }: Partner, passed: readonly number[]): Promise<void> {
  if (passed.length === 0) return;
  await sql`update inbound_event set waiting = null
             where partner = ${code} and waiting is not null and seq = any (${[...passed]})`.execute(tx);
}

async function noteEvents({ tx, recordedAt }: Recording, { code }: Partner, noted: readonly Noted[]): Promise<void> {
  if (noted.length === 0) return;
  const content = noted.map(({ set, seq, state, error }) => ({
    jti: set.jti,
    seq,
    waiting: state === 'waiting' ? keepable(set) : null,
    error,
  }));
  await sql`
    insert into inbound_event (partner, jti, seq, received_at, waiting, error)
    select ${code}, w.jti, w.seq, ${recordedAt}, w.waiting, w.error
      from jsonb_to_recordset(${JSON.stringify(content)}::jsonb) as w (jti text, seq bigint, waiting jsonb, error jsonb)
    on conflict (partner, jti) do update set waiting = excluded.waiting, error = excluded.error`.execute(tx);
}

async function noteStream(
  { tx }: Recording,
  { code }: Partner,
  {
    stream,
    state,
    taken,
    noted,
  }: {
    readonly stream: LockedStream;
    readonly state: SequenceState;
    readonly taken: { readonly expectedState: string | null; readonly snapshotReason: string | null };
    readonly noted: readonly Noted[];
  },
): Promise<void> {
  const newest = noted.reduce((highest, { seq }) => Math.max(highest, seq ?? 0), state.lastApplied);
  const { expectedState, snapshotReason } = taken;
  if (
    state.lastApplied === stream.lastApplied &&
    expectedState === stream.expectedState &&
    snapshotReason === null &&
    noted.length === 0
  )
    return;
  await sql`
    update inbound_stream
       set last_applied = ${state.lastApplied}, newest_seq = greatest(newest_seq, ${newest}::bigint), expected_state = ${expectedState},
           needs_snapshot = needs_snapshot or ${snapshotReason !== null},
           snapshot_reason = coalesce(${snapshotReason}::text, snapshot_reason)
     where partner = ${code}`.execute(tx);
  if (snapshotReason !== null) await sql`select pg_notify('mra_inbound', ${code})`.execute(tx);
}
