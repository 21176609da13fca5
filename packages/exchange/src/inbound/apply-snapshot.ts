import { resumeAfter, type SnapshotManifest } from '@mra/exchange-protocol';
import type { Instant } from '@mra/recognition';
import {
  type Database,
  inChunks,
  type Pace,
  planForMany,
  type Recording,
  record,
  recordAhead,
  type Watch,
} from '@mra/registry';
import { sql } from 'kysely';
import { EXCHANGE_ACTOR, type Exchange } from '../context.ts';
import { inExchange } from '../in-exchange.ts';
import { report } from '../reports.ts';
import { recordHeard } from './heard.ts';
import {
  type AbsentMember,
  badLines,
  type Comparison,
  countChanges,
  distrust,
  noteUnchanged,
  readAbsentMembers,
  readChangedLines,
  readLines,
} from './snapshot-changes.ts';
import { newTally, type Tallied } from './snapshot-tally.ts';
import { endCommunication } from './write-copies.ts';
import { putAsideLines, writeLines } from './write-snapshot-lines.ts';

/** Members held and written at a time. */
const CHUNK = 500;

/**
 * Measured on two cores: so many members are written a second at best, until a load has shown otherwise, and so many lines compared of
 * which nothing is new. A load that will be late is begun anew when its first thousands show it.
 */
const PER_SECOND = { written: 2500, compared: 8000 };

/** How fast this process has applied its last long snapshot. */
const paces = new WeakMap<Database, Pace>();

function paceOf(db: Database): Pace {
  const pace = paces.get(db) ?? { secondsEach: 1 / PER_SECOND.written };
  paces.set(db, pace);
  return pace;
}

/** A snapshot that has been put aside and judged. */
export interface SnapshotToApply extends Comparison {
  readonly manifest: SnapshotManifest;
  readonly lines: number;
  /** When it was asked for, and of which stream: it may say nothing of what came later. */
  readonly askedAt: Instant;
  readonly streamId: string | null;
  /** `repair`: of buckets that a comparison found unequal. */
  readonly purpose: 'load' | 'repair';
  readonly signal?: AbortSignal | undefined;
}

export interface SnapshotApplied extends Tallied {
  readonly seq: number;
  readonly records: number;
}

/** The stream was replaced while its snapshot was loaded: places in it mean nothing in the new one. */
export class StreamReplaced extends Error {
  override readonly name = 'StreamReplaced';
}

/**
 * Applies a snapshot whole, in one recording made as far ahead as it will take, so that no reader waits for it. Members who have had a
 * later word keep what they have; those whom it does not name are no longer communicated from its moment on; what cannot be applied is
 * put aside. Behind a full one the stream goes on.
 * @throws RecordingTooSlow when five attempts were late, StreamReplaced
 */
export async function applySnapshot(exchange: Exchange, order: SnapshotToApply): Promise<SnapshotApplied> {
  const { db, log } = exchange;
  const { lines, partner } = order;
  const began = performance.now();
  const changed = await inExchange(db, (tx) => countChanges(tx, order));
  const counting = (performance.now() - began) / 1000;
  const work = { changed, missing: 0, seconds: counting + Math.max(0, lines - changed) / PER_SECOND.compared };
  const onRestart = (restart: object) =>
    log.warn({ partner: partner.code, ...restart }, 'a snapshot takes another time than foreseen');
  return recordAhead({ work, lines, pace: paceOf(db), onRestart }, (aheadSeconds, watch) =>
    record(db, EXCHANGE_ACTOR, (recording) => apply(exchange, recording, order, watch), { aheadSeconds }),
  );
}

async function apply(
  exchange: Exchange,
  recording: Recording,
  order: SnapshotToApply,
  watch: Watch,
): Promise<SnapshotApplied> {
  const { tx } = recording;
  const network = await exchange.networks.current(tx);
  const plans = await planForMany(tx);
  const watched = watch(recording);
  let done = 0;
  const progress = async (members: number): Promise<void> => {
    done += members;
    await plans.wrote(members);
    await watched(done);
  };
  await lockStream(recording, order);
  const tally = newTally();
  // Ends first: somebody else may have the identifiers of a member that is no longer communicated.
  for await (const absent of readAbsentMembers(tx, order, CHUNK)) {
    order.signal?.throwIfAborted();
    await endAbsent(recording, order, absent);
    for (const member of absent) tally.ended(member);
    await progress(absent.length);
  }
  const taken: number[] = [];
  for await (const lines of readChangedLines(tx, order, CHUNK)) {
    order.signal?.throwIfAborted();
    taken.push(...(await writeLines(recording, network, order, lines, tally, { isLast: false })));
    await progress(lines.length);
  }
  for (let from = 0; from < taken.length; from += CHUNK) {
    const again = await readLines(tx, order, taken.slice(from, from + CHUNK));
    await writeLines(recording, network, order, again, tally, { isLast: true });
  }
  for await (const lines of inChunks(tx, badLines(order), CHUNK)) {
    await putAsideLines(recording, order, lines);
    tally.refused(lines.length);
  }
  for (let from = 0; from < order.lines; from += 50_000) await noteUnchanged(tx, order, { from, to: from + 50_000 });
  await noteStream(recording, order);
  const applied = { seq: order.manifest.seq, records: order.lines, ...tally.result() };
  await tell(exchange, recording, order, applied);
  return applied;
}

async function lockStream({ tx }: Recording, { partner, streamId }: SnapshotToApply): Promise<void> {
  const { rows } = await sql<{ stream_id: string | null; newest: number }>`
    select stream_id, greatest(last_applied, newest_seq) as newest from inbound_stream where partner = ${partner.code} for update`.execute(
    tx,
  );
  const [stream] = rows;
  if (stream === undefined || stream.stream_id !== streamId) throw new StreamReplaced('the stream is another one now');
  // No event has such a place yet; somebody wrote it by hand, and every word up to it would be passed over.
  await sql`update copy set seq = 0 where partner = ${partner.code} and seq > ${stream.newest}`.execute(tx);
}

async function endAbsent(
  recording: Recording,
  { partner, manifest }: SnapshotToApply,
  absent: readonly AbsentMember[],
): Promise<void> {
  const { tx } = recording;
  const { seq, asOf } = manifest;
  await distrust(
    tx,
    absent.map(({ id }) => id),
  );
  const [known, empty] = [absent.filter(({ isKnown }) => isKnown), absent.filter(({ isKnown }) => !isKnown)];
  await endCommunication(
    recording,
    partner,
    known.map(({ programme, number }) => ({ programme, number, seq, from: asOf })),
  );
  // Somebody removed the record of the member by hand: nobody can find it any more, and there is nothing to be written of it.
  await sql`
    update copy set record = null, hash = null, communicated = null, seq = ${seq} where membership_id = any (${empty.map(({ id }) => id)})`.execute(
    tx,
  );
}

/** Behind a full snapshot the stream goes on; one of some buckets says nothing of the others. */
async function noteStream(recording: Recording, { partner, manifest, askedAt }: SnapshotToApply): Promise<void> {
  const { tx } = recording;
  const { rows } = await sql<{ last_applied: number }>`
    select last_applied from inbound_stream where partner = ${partner.code}`.execute(tx);
  const isFull = manifest.buckets === null;
  const lastApplied = rows[0]?.last_applied ?? 0;
  const { state } = resumeAfter({ lastApplied, waiting: [] }, isFull ? manifest.seq : lastApplied);
  await sql`
    update inbound_stream
       set last_applied = ${state.lastApplied}, newest_seq = greatest(newest_seq, ${manifest.seq}::bigint),
           needs_snapshot = needs_snapshot and not ${isFull}, snapshot_reason = case when not ${isFull} then snapshot_reason end,
           allow_shrink_to = case when not ${isFull} then allow_shrink_to end,
           -- Whole and with the digest that it came with: a comparison would say no more.
           compared_at = case when ${isFull} then clock_timestamp() else compared_at end
     where partner = ${partner.code}`.execute(tx);
  if (isFull) await recordHeard(recording, partner, askedAt);
}

async function tell(
  { log }: Exchange,
  { tx }: Recording,
  { partner, purpose, manifest }: SnapshotToApply,
  { members, ...applied }: SnapshotApplied,
): Promise<void> {
  const { buckets } = manifest;
  if (purpose === 'repair' && applied.written + applied.ended + applied.refused === 0) {
    log.warn({ partner: partner.code, seq: applied.seq, buckets }, 'nothing was to be repaired');
    return;
  }
  const kind = purpose === 'repair' ? 'digest_repaired' : 'snapshot_applied';
  await report(tx, partner.code, kind, { ...applied, ...(purpose === 'repair' && { buckets, members }) });
  log.info({ partner: partner.code, ...applied, buckets: buckets?.length ?? null }, kind.replace('_', ' '));
}
