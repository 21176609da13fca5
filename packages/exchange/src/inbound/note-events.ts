import type { SequenceState } from '@mra/exchange-protocol';
import type { Recording } from '@mra/registry';
import { sql } from 'kysely';
import type { Partner } from '../partners.ts';
import type { LockedStream, Noted } from './arrange-events.ts';
import { keepable } from './kept-set.ts';

/** What a snapshot contains waits no longer. */
export async function forgetWaiting({ tx }: Recording, { code }: Partner, passed: readonly number[]): Promise<void> {
  if (passed.length === 0) return;
  await sql`update inbound_event set waiting = null
             where partner = ${code} and waiting is not null and seq = any (${[...passed]})`.execute(tx);
}

/**
 * The places in the stream at which one of these events came behind another: what it says went unread, and may be what nobody has been
 * told. A partner whose database was set back does so.
 */
export async function findReused({ tx }: Recording, { code }: Partner, noted: readonly Noted[]): Promise<number[]> {
  const passed = noted.flatMap(({ set: { jti }, seq, state }) =>
    state === 'passed' && seq !== null ? [{ jti, seq }] : [],
  );
  if (passed.length === 0) return [];
  const { rows } = await sql<{ seq: number }>`
    select e.seq from inbound_event e
     where e.partner = ${code} and e.seq = any (${passed.map(({ seq }) => seq)})`.execute(tx);
  const before = new Set(rows.map(({ seq }) => seq));
  const others = new Set(noted.flatMap(({ seq, state }) => (state !== 'passed' && seq !== null ? [seq] : [])));
  return [...new Set(passed.flatMap(({ seq }) => (before.has(seq) || others.has(seq) ? [seq] : [])))];
}

/** What each event was answered with, and the content of those that wait. */
export async function noteEvents(
  { tx, recordedAt }: Recording,
  { code }: Partner,
  noted: readonly Noted[],
): Promise<void> {
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

/** How far the stream has got. */
export async function noteStream(
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
           snapshot_reason = coalesce(${snapshotReason}::text, snapshot_reason),
           needed_seq = case when ${snapshotReason !== null} then greatest(needed_seq, ${state.lastApplied}::bigint) else needed_seq end
     where partner = ${code}`.execute(tx);
  if (snapshotReason !== null) await sql`select pg_notify('mra_inbound', ${code})`.execute(tx);
}
