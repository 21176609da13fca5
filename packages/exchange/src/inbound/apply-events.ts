import {
  type EventReading,
  type ExchangeEvent,
  type Member,
  memberOf,
  type SetError,
  setError,
  type VerifiedSet,
} from '@mra/exchange-protocol';
import type { Instant, Network } from '@mra/recognition';
import type { Recording } from '@mra/registry';
import type { ExchangeLog } from '../context.ts';
import type { Partner } from '../partners.ts';
import { report, reportSeldom } from '../reports.ts';
import { changeCopies } from './change-copies.ts';
import { checkIssuer, errorOf } from './check-issuer.ts';
import type { CopyChange, CopyResult } from './copy-change.ts';
import type { RecordWarning, Refusal } from './judge-record.ts';
import { putAside, type Rejected } from './quarantine.ts';
import { isFramework } from './unreadable.ts';

/** An event whose turn it is. */
export interface TurnEvent {
  readonly set: VerifiedSet;
  readonly reading: EventReading;
}

/** What became of an event. `heard`: whether it shows that the partner's stream is whole up to it. */
export interface TurnResult {
  readonly error: SetError | null;
  readonly heard: boolean;
}

export interface TurnContext {
  readonly network: Network;
  readonly partner: Partner;
  readonly log: ExchangeLog;
  /** Of the verification that was asked for; null: none is awaited. */
  readonly expectedState: string | null;
  /** Events, by jti, whose record the database refused when it was tried. */
  readonly notStorable: ReadonlySet<string>;
}

export interface TurnsTaken {
  readonly results: readonly TurnResult[];
  readonly expectedState: string | null;
  /** Why the copy can no longer be brought up to date by events alone; null: it can. */
  readonly snapshotReason: string | null;
}

/** More would make a report long without saying more. */
const WARNED_MAX = 20;

/**
 * Applies events in the order given: what is said about members, and the framework's own events. A bad record is put aside in its
 * turn and stops no other.
 * @param events in their turn, or (of the framework's) outside the sequence
 */
export async function applyEvents(
  recording: Recording,
  context: TurnContext,
  events: readonly TurnEvent[],
): Promise<TurnsTaken> {
  const { network, partner } = context;
  const steps = events.map((event) => stepOf(event, recording, context));
  const changes = steps.flatMap((step) => ('change' in step ? [step.change] : []));
  const changed = await changeCopies(recording, network, partner, changes, 'event');
  const byChange = new Map(changes.map((change, index) => [change, changed[index] as CopyResult]));
  const rejected: Rejected[] = [];
  const warned: Warned[] = [];
  let { expectedState } = context;
  let snapshotReason: string | null = null;
  const results: TurnResult[] = [];
  for (const [index, step] of steps.entries()) {
    const { set } = events[index] as TurnEvent;
    if ('event' in step) {
      const taken = await applyFramework(recording, partner, step.event, expectedState);
      ({ expectedState } = taken);
      snapshotReason = taken.snapshotReason ?? snapshotReason;
      results.push(taken.result);
      continue;
    }
    const result = 'change' in step ? byChange.get(step.change) : undefined;
    const refusal = 'refusal' in step ? step.refusal : result?.outcome === 'refused' ? result : null;
    if (refusal !== null)
      rejected.push({ origin: 'event', set, isOver: false, seq: step.seq, member: step.member, ...pick(refusal) });
    if (result !== undefined && 'warnings' in result && step.member !== null) {
      warned.push({ ...step.member, seq: step.seq, warnings: result.warnings });
    }
    results.push(
      'error' in step
        ? { error: step.error, heard: false }
        : { error: refusal && (step.told ?? errorOf(refusal)), heard: true },
    );
  }
  await putAside(recording, partner, markOver(rejected, changes, byChange));
  await tellWarnings(recording, context, warned);
  return { results, expectedState, snapshotReason };
}

interface Warned extends Member {
  readonly seq: number;
  readonly warnings: readonly RecordWarning[];
}

type Named = { readonly seq: number; readonly member: Member | null; readonly told?: SetError };
type Step =
  | (Named & { readonly change: CopyChange })
  | (Named & { readonly refusal: Refusal })
  /** Nothing to put aside: it is about no member, or has no place in the sequence. */
  | (Named & { readonly error: SetError })
  | { readonly event: FrameworkEvent };

type FrameworkEvent = Extract<ExchangeEvent, { name: 'verification' | 'streamUpdated' }>;

function stepOf(
  { set, reading }: TurnEvent,
  { recordedAt }: Recording,
  { network, partner, notStorable }: TurnContext,
): Step {
  if (!reading.ok) {
    const { err, description, member, errors } = reading;
    const told = setError(err, description);
    if (reading.seq === null || isFramework(set)) return { seq: reading.seq ?? 0, member: null, error: told };
    const wrong = errors.length > 0 ? errors : [{ pointer: '/events', detail: description }];
    return { seq: reading.seq, member, refusal: { code: 'SCHEMA_INVALID', errors: wrong }, told };
  }
  const { event } = reading;
  if (event.name === 'verification' || event.name === 'streamUpdated') return { event };
  const { seq } = event;
  const member = memberOf(event);
  if (notStorable.has(set.jti)) {
    const errors = [{ pointer: '', detail: 'was refused by the registry' }];
    return { seq, member, refusal: { code: 'NOT_STORABLE', errors } };
  }
  const foreign = checkIssuer(network, partner, event);
  if (foreign !== null) return { seq, member, refusal: foreign };
  const change = changeOf(event, set.toe ?? recordedAt) as CopyChange;
  return { seq, member, change };
}

/** What an event about a member changes; null: it is one of the framework's. @param from from when on, if it ends the communication */
export function changeOf(event: ExchangeEvent, from: Instant): CopyChange | null {
  if (event.name === 'verification' || event.name === 'streamUpdated') return null;
  const { seq, agreement } = event;
  if (event.name === 'communicationEnded') return { kind: 'end', seq, agreement, member: event.member, from };
  const { record, communicated } = event;
  return { kind: 'write', seq, agreement, record, communicated };
}

const pick = ({ code, errors }: Refusal): Refusal => ({ code, errors });

/** Of what was rejected, that about members of whom a later word was applied together with it. */
function markOver(
  rejected: readonly Rejected[],
  changes: readonly CopyChange[],
  results: ReadonlyMap<CopyChange, CopyResult>,
): Rejected[] {
  const keyOf = ({ programme, number }: Member) => `${programme}/${number}`;
  const applied = new Map<string, number>();
  for (const change of changes) {
    if (results.get(change)?.outcome === 'refused') continue;
    applied.set(keyOf(change.kind === 'end' ? change.member : change.record), change.seq);
  }
  return rejected.map((one) => ({
    ...one,
    isOver: one.member !== null && (applied.get(keyOf(one.member)) ?? -1) > one.seq,
  }));
}

interface FrameworkResult {
  readonly result: TurnResult;
  readonly expectedState: string | null;
  readonly snapshotReason: string | null;
}

/** Verification and stream-updated events (SSF 1.0 sections 8.1.4.1 and 8.1.5). */
async function applyFramework(
  { tx }: Recording,
  { code }: Partner,
  event: FrameworkEvent,
  expectedState: string | null,
): Promise<FrameworkResult> {
  // Outside the sequence it shows that the partner is there, not that nothing was missed.
  const heard = event.seq !== null;
  if (event.name === 'verification') {
    const { state } = event;
    if (state === null) return { result: { error: null, heard }, expectedState, snapshotReason: null };
    if (state === expectedState) return { result: { error: null, heard }, expectedState: null, snapshotReason: null };
    const error = setError('invalid_state', 'The state is not that of the verification that was asked for.');
    await reportSeldom(tx, code, 'set_refused', { err: error.err, seq: event.seq });
    return { result: { error, heard: false }, expectedState, snapshotReason: null };
  }
  const { status, reason, seq } = event;
  await report(tx, code, 'stream_updated', { status, reason, seq });
  // While a stream is disabled its changes get no place in the sequence, so events alone would not show what was missed. That it had
  // been disabled is not told where it had been paused before; that it is enabled again always is.
  const snapshotReason = status === 'paused' ? null : `the partner has ${status} the stream`;
  return { result: { error: null, heard }, expectedState, snapshotReason };
}

/** Accepted all the same (domain.md D.7). */
export async function tellWarnings(
  { tx }: Recording,
  { partner, log }: Pick<TurnContext, 'partner' | 'log'>,
  judged: readonly Warned[],
): Promise<void> {
  const warned = judged.filter(({ warnings }) => warnings.length > 0);
  if (warned.length === 0) return;
  const codes = [...new Set(warned.flatMap(({ warnings }) => warnings.map(({ code }) => code)))];
  log.warn({ partner: partner.code, seqs: warned.map(({ seq }) => seq), codes }, 'records accepted with warnings');
  await report(tx, partner.code, 'record_warned', { records: warned.length, first: warned.slice(0, WARNED_MAX) });
}
