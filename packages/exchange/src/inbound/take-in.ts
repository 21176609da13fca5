import { type Actor, planForFew, type Recording, record } from '@mra/registry';
import { sql } from 'kysely';
import type { Exchange } from '../context.ts';
import { reportSeldom } from '../reports.ts';
import { applyEvents, type TurnEvent } from './apply-events.ts';
import { arrange, type Intake, type LockedStream, type Noted } from './arrange-events.ts';
import { EventRefused, isDataFault } from './data-fault.ts';
import { recordHeard } from './heard.ts';
import { type AnswerRow, answersTo, NoInboundStream, toAnswers } from './inbound-stream.ts';
import { findReused, forgetWaiting, noteEvents, noteStream } from './note-events.ts';
import type { SetReceipt } from './receive-sets.ts';

export interface TakenIn {
  /** One for each event, in order. */
  readonly receipts: readonly SetReceipt[];
  readonly askFrom: number | null;
  /** Waiting events could be applied now. */
  readonly more: boolean;
}

/**
 * Takes verified events in, in one recording: finds duplicates, puts the others in order, applies those whose turn it is with the ones
 * that waited behind them, keeps those beyond a gap, and notes all of it in the same transaction.
 * @throws NoInboundStream when the stream is another one by now; EventRefused, of an event alone
 */
export async function takeIn(exchange: Exchange, actor: Actor, intake: Intake): Promise<TakenIn> {
  let applying: string | null = null;
  // Here, so that it is kept: what is loaded within a recording is not, and takes longer than all the rest.
  await exchange.networks.current();
  try {
    return await record(exchange.db, actor, async (recording) => {
      await planForFew(recording.tx);
      const network = await exchange.networks.current(recording.tx);
      const stream = await lockStream(recording, intake);
      const { receipts, turns, noted, state } = await arrange(recording, network, stream, intake);
      applying = intake.alone ? (turns[0]?.set.jti ?? null) : null;
      const context = { ...intake, network, log: exchange.log, expectedState: stream.expectedState };
      const applied = await applyEvents(recording, context, turns satisfies readonly TurnEvent[]);
      const taken = {
        ...applied,
        snapshotReason: applied.snapshotReason ?? (await tellReused(recording, exchange, intake, noted)),
      };
      for (const [index, { error }] of taken.results.entries()) (turns[index] as Noted).error = error;
      const passed = stream.waiting.filter((seq) => seq <= stream.lastApplied);
      await forgetWaiting(recording, intake.partner, passed);
      await noteEvents(recording, intake.partner, noted);
      await noteStream(recording, intake.partner, { stream, state, taken, noted });
      const heard = taken.results.some((result) => result.heard);
      if (heard && !stream.needsSnapshot && taken.snapshotReason === null) await recordHeard(recording, intake.partner);
      const isBehind = state.waiting.length > 0 || receipts.some((receipt) => receipt()?.outcome === 'not_kept');
      const more = !stream.isHeld && state.waiting[0] === state.lastApplied + 1;
      const isMissing = isBehind && !more && !stream.isHeld;
      if (isMissing) await sql`select pg_notify('mra_inbound', ${intake.partner.code})`.execute(recording.tx);
      return {
        receipts: receipts.map((receipt) => receipt()),
        askFrom: isMissing ? state.lastApplied + 1 : null,
        more,
      };
    });
  } catch (error) {
    if (applying === null || !isDataFault(error)) throw error;
    throw new EventRefused(applying, error);
  }
}

/** Only a snapshot says what went unread. @returns why one is needed; null: none is */
async function tellReused(
  recording: Recording,
  { log }: Exchange,
  { partner }: Intake,
  noted: readonly Noted[],
): Promise<string | null> {
  const seqs = await findReused(recording, partner, noted);
  if (seqs.length === 0) return null;
  log.warn({ partner: partner.code, seqs }, 'the partner has used places of its stream twice');
  await reportSeldom(recording.tx, partner.code, 'seq_reused', { err: 'seq_reused', seqs: seqs.slice(0, REUSED_MAX) });
  return 'the partner has used places of its stream twice';
}

/** More would make a report long without saying more. */
const REUSED_MAX = 20;

async function lockStream({ tx }: Recording, { partner, streamId, events }: Intake): Promise<LockedStream> {
  // Receivers take turns as writers do, so what waits is what the last one left; the lock is for those who note failures and wishes.
  const { rows } = await sql<{
    last_applied: number;
    needs_snapshot: boolean;
    is_held: boolean;
    expected_state: string | null;
    waiting: number[] | null;
    answers: AnswerRow[] | null;
  }>`
    select s.last_applied, s.needs_snapshot, s.expected_state, coalesce(s.applying_until > clock_timestamp(), false) as is_held,
           (select json_agg(e.seq order by e.seq) from inbound_event e where e.partner = s.partner and e.waiting is not null) as waiting,
           ${answersTo(
             sql`s.partner`,
             events.map(({ set }) => set.jti),
           )} as answers
      from inbound_stream s where s.partner = ${partner.code} and s.stream_id = ${streamId} for update`.execute(tx);
  const [row] = rows;
  if (row === undefined) throw new NoInboundStream(`no such stream at ${partner.code}`);
  return {
    answers: toAnswers(row.answers),
    lastApplied: row.last_applied,
    needsSnapshot: row.needs_snapshot,
    isHeld: row.is_held,
    expectedState: row.expected_state,
    waiting: row.waiting ?? [],
  };
}
