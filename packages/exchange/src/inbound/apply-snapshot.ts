import { resumeAfter, type SnapshotManifest } from '@mra/exchange-protocol';
import type { Instant } from '@mra/recognition';
import { type DB, oneAhead, type Part, type Recording, recordInParts } from '@mra/registry';
import { sql, type Transaction } from 'kysely';
import { EXCHANGE_ACTOR, type Exchange } from '../context.ts';
import { inExchange } from '../in-exchange.ts';
import { report } from '../reports.ts';
import { endAbsent } from './end-absent.ts';
import { recordHeard } from './heard.ts';
import {
  type Comparison,
  noteUnchanged,
  readAbsentMembers,
  readBadLines,
  readChangedLines,
  type SomeLines,
} from './snapshot-changes.ts';
import { newTally, type Tallied, type Tally } from './snapshot-tally.ts';
import { putAsideLines, writeLines } from './write-snapshot-lines.ts';

/** Members compared and written at a time: some 0.6 s. More in one recording would let other writers wait for longer. */
const PART = 1000;

/** Members written a second, of two cores, until the first part has shown otherwise. */
const PER_SECOND = 1500;

/** Lines of which nothing new was said are noted in one statement. */
const NOTED = 50_000;

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
 * Applies a snapshot in many short recordings, so that no reader waits for it and other writers, a suspension above all, come in
 * between. Each line is the whole truth of its member as of the snapshot, so each part is true by itself; the copy counts as whole and
 * fresh with the last one alone, and a load that broke off is begun anew. Members who have had a later word keep what they have; those whom
 * it does not name are no longer communicated from its moment on; what cannot be applied is put aside. Behind a full one the stream goes on.
 * @throws RecordingTooSlow when a part was late five times, StreamReplaced: what was written stays
 */
export async function applySnapshot(exchange: Exchange, order: SnapshotToApply): Promise<SnapshotApplied> {
  const { db } = exchange;
  const tally = newTally();
  const run = recordInParts(db, EXCHANGE_ACTOR, { secondsEach: 1 / PER_SECOND });
  const record: RecordPart = async ({ work, ...part }) => {
    order.signal?.throwIfAborted();
    return run({
      ...part,
      work: async (recording) => {
        await lockStream(recording.tx, order);
        return work(recording);
      },
    });
  };
  await inExchange(db, (tx) => begin(tx, order));
  // Ends first: somebody else may have the identifiers of a member that is no longer communicated.
  await endAbsentMembers(exchange, order, record, tally);
  await writeChanged(exchange, order, record, tally);
  await putAsideBad(exchange, order, record, tally);
  for (let after = 0; after < order.lines; after += NOTED) {
    await inExchange(db, (tx) => noteUnchanged(tx, order, { after, to: after + NOTED }));
  }
  const applied = { seq: order.manifest.seq, records: order.lines, ...tally.result() };
  const finish = async (recording: Recording): Promise<void> => {
    await noteStream(recording, order);
    await tell(exchange, recording, order, applied);
  };
  await record({ members: 0, work: finish, isLast: true });
  return applied;
}

type RecordPart = <T>(part: Part<T>) => Promise<T>;

async function endAbsentMembers({ db }: Exchange, order: SnapshotToApply, record: RecordPart, tally: Tally) {
  for (let after: number | null = 0; after !== null; ) {
    const from: number = after;
    const read = await inExchange(db, (tx) => readAbsentMembers(tx, order, { after: from, size: PART }));
    after = read.after;
    const { absent } = read;
    if (absent.length === 0) continue;
    tally.add(await record({ members: absent.length, work: (recording) => endAbsent(recording, order, absent) }));
  }
}

async function writeChanged(exchange: Exchange, order: SnapshotToApply, record: RecordPart, tally: Tally) {
  const taken: number[] = [];
  const write = async (some: readonly SomeLines[], isLast: boolean): Promise<void> => {
    const read = (lines: SomeLines) => inExchange(exchange.db, (tx) => readChangedLines(tx, order, lines));
    // The next ones are read while these are written.
    for await (const lines of oneAhead(some.values(), read)) {
      if (lines.length === 0) continue;
      const work = async (recording: Recording) => {
        const network = await exchange.networks.current(recording.tx);
        return writeLines(recording, network, order, lines, { isLast });
      };
      const written = await record({ members: lines.length, work });
      taken.push(...written.taken);
      tally.add(written.tallied);
    }
  };
  await write(partsOf(order.lines), false);
  // Behind all others: whoever had their identifiers may have given them up.
  const again = taken.splice(0);
  await write(
    partsOf(again.length).map(({ after, to }) => again.slice(after, to)),
    true,
  );
}

const partsOf = (count: number): { readonly after: number; readonly to: number }[] =>
  Array.from({ length: Math.ceil(count / PART) }, (_, index) => ({ after: index * PART, to: (index + 1) * PART }));

async function putAsideBad({ db }: Exchange, order: SnapshotToApply, record: RecordPart, tally: Tally): Promise<void> {
  for (let after: number | undefined = 0; after !== undefined; ) {
    const from: number = after;
    const lines = await inExchange(db, (tx) => readBadLines(tx, order, { after: from, size: PART }));
    after = lines.at(-1)?.ordinal;
    if (lines.length === 0) return;
    await record({ members: lines.length, work: (recording) => putAsideLines(recording, order, lines) });
    tally.refused(lines.length);
  }
}

async function begin(tx: Transaction<DB>, { partner, manifest, streamId }: SnapshotToApply): Promise<void> {
  await lockStream(tx, { partner, streamId });
  const { rows } = await sql<{ newest: number }>`
    update inbound_stream set newest_seq = greatest(newest_seq, last_applied, ${manifest.seq}::bigint) where partner = ${partner.code}
    returning newest_seq as newest`.execute(tx);
  // No event has such a place yet; somebody wrote it by hand, and every word up to it would be passed over.
  await sql`update copy set seq = 0 where partner = ${partner.code} and seq > ${rows[0]?.newest ?? 0}`.execute(tx);
}

async function lockStream(
  tx: Transaction<DB>,
  { partner, streamId }: Pick<SnapshotToApply, 'partner' | 'streamId'>,
): Promise<void> {
  const { rows } = await sql<{ stream_id: string | null }>`
    select stream_id from inbound_stream where partner = ${partner.code} for update`.execute(tx);
  const [stream] = rows;
  if (stream === undefined || stream.stream_id !== streamId) throw new StreamReplaced('the stream is another one now');
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
       set last_applied = ${state.lastApplied}, needs_snapshot = needs_snapshot and not ${isFull},
           snapshot_reason = case when not ${isFull} then snapshot_reason end,
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
