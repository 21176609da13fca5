import type { SnapshotManifest } from '@mra/exchange-protocol';
import type { Instant } from '@mra/recognition';
import { oneAhead, type Part, type Recording, recordInParts } from '@mra/registry';
import { EXCHANGE_ACTOR, type Exchange } from '../context.ts';
import { inExchange } from '../in-exchange.ts';
import { report } from '../reports.ts';
import { endAbsent } from './end-absent.ts';
import { finishHolding, holdStream, keepHeld, keepHolding, releaseStream } from './hold-stream.ts';
import {
  type ChangedLine,
  type Comparison,
  noteUnchanged,
  readAbsentMembers,
  readBadLines,
  readChangedLines,
  type SomeLines,
} from './snapshot-changes.ts';
import { newTally, type Tallied, type Tally } from './snapshot-tally.ts';
import { putAsideLines, writeLines } from './write-snapshot-lines.ts';

/** Members compared and written at a time: some 0.5 s. More in one recording would let other writers wait for longer. */
const PART = 1000;

/** A snapshot of so many lines and members that are held is applied in one recording. */
const AT_ONCE = 2 * PART;

/** Members written a second, of two cores, until the first part has shown otherwise. */
const PER_SECOND = 1500;

/** Lines of which nothing new was said are noted in one statement. */
const NOTED = 10_000;

/** A snapshot that has been put aside and judged. */
export interface SnapshotToApply extends Comparison {
  readonly manifest: SnapshotManifest;
  readonly lines: number;
  /** Members that were held when it was judged, in its buckets. */
  readonly held: number;
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

interface Changed {
  readonly tallied: Tallied;
}

/** An application that is under way. */
interface Applying {
  readonly exchange: Exchange;
  readonly order: SnapshotToApply;
  /** Reads between two recordings. */
  readonly read: typeof inExchange;
  readonly record: <T>(part: Part<T>) => Promise<T>;
  readonly tally: Tally;
}

/**
 * Applies a snapshot: a short one in one recording, a longer one in many short ones, so that other writers, a suspension above all, come
 * in between. Each line is the whole truth of its member as of the snapshot, so each part is true by itself; an identifier that one member
 * hands to another may be nobody's for a few parts. The copy counts as whole and fresh with the last one alone, and a load that broke off
 * is begun anew. Events of the partner wait meanwhile. Members who have had a later word keep what they have; those whom it does not
 * name are no longer communicated from its moment on; what cannot be applied is put aside. Behind a full one the stream goes on.
 * @throws RecordingTooSlow when a part was late five times, StreamReplaced, what the signal was aborted with: what was written stays
 */
export async function applySnapshot(exchange: Exchange, order: SnapshotToApply): Promise<SnapshotApplied> {
  await holdStream(exchange, order);
  try {
    const applied = await (order.lines + order.held <= AT_ONCE ? applyAtOnce : applyInParts)(exchange, order);
    tell(exchange, order, applied);
    return applied;
  } finally {
    await releaseStream(exchange, order).catch((err) =>
      exchange.log.warn({ partner: order.partner.code, err }, 'a stream stays held for a while'),
    );
  }
}

async function applyAtOnce(exchange: Exchange, order: SnapshotToApply): Promise<SnapshotApplied> {
  const run = recorderFor(exchange, order);
  const work = (recording: Recording) =>
    applyAll({
      ...{ exchange, order, tally: newTally() },
      read: (_db, read) => read(recording.tx),
      record: (part) => part.work(recording),
    });
  // Those whom it does not name are ended.
  return run({ members: Math.max(order.lines, order.held), work, isLast: true });
}

async function applyInParts(exchange: Exchange, order: SnapshotToApply): Promise<SnapshotApplied> {
  const keep = keepHolding(exchange, order);
  const read: typeof inExchange = async (...args) => {
    order.signal?.throwIfAborted();
    await keep();
    return inExchange(...args);
  };
  return applyAll({ exchange, order, tally: newTally(), read, record: recorderFor(exchange, order) });
}

/** Recordings within which the stream is held. */
function recorderFor({ db, networks }: Exchange, order: SnapshotToApply): Applying['record'] {
  const run = recordInParts(db, EXCHANGE_ACTOR, { secondsEach: 1 / PER_SECOND });
  return async ({ work, ...part }) => {
    order.signal?.throwIfAborted();
    // Here, so that it is kept: what is loaded within a recording is not.
    await networks.current();
    const held = async (recording: Recording) => {
      await keepHeld(recording.tx, order);
      return work(recording);
    };
    return run({ ...part, work: held });
  };
}

async function applyAll(applying: Applying): Promise<SnapshotApplied> {
  const { exchange, order, read } = applying;
  // Ends first: somebody else may have the identifiers of a member that is no longer communicated.
  await endAbsentMembers(applying);
  await writeChanged(applying);
  await putAsideBad(applying);
  for (let after = 0; after < order.lines; after += NOTED) {
    await read(exchange.db, (tx) => noteUnchanged(tx, order, { after, to: after + NOTED }));
  }
  return finish(applying);
}

/** Records what changes members, counts it, and reports at once what a repair has put right. */
async function change<T extends Changed>({ order, record, tally }: Applying, { work, ...part }: Part<T>): Promise<T> {
  const reported = async (recording: Recording) => {
    const result = await work(recording);
    if (order.purpose === 'repair') await reportRepaired(recording, order, result.tallied);
    return result;
  };
  const result = await record({ ...part, work: reported });
  tally.add(result.tallied);
  return result;
}

async function endAbsentMembers(applying: Applying): Promise<void> {
  const { exchange, order, read } = applying;
  for (let after: number | null = 0; after !== null; ) {
    const from: number = after;
    const found = await read(exchange.db, (tx) => readAbsentMembers(tx, order, { after: from, size: PART }));
    after = found.after;
    const { absent } = found;
    if (absent.length === 0) continue;
    const work = async (recording: Recording) => ({ tallied: await endAbsent(recording, order, absent) });
    await change(applying, { members: absent.length, work });
  }
}

async function writeChanged(applying: Applying): Promise<void> {
  const { exchange, order } = applying;
  const taken: number[] = [];
  const write = async (some: readonly SomeLines[], isLast: boolean): Promise<void> => {
    for await (const lines of changedLines(applying, some)) {
      const work = async (recording: Recording) => {
        const network = await exchange.networks.current(recording.tx);
        return writeLines(recording, network, order, lines, { isLast });
      };
      taken.push(...(await change(applying, { members: lines.length, work })).taken);
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

/** Those of the lines that say something new, as many as one part takes; the next ones are read while these are written. */
async function* changedLines(
  { exchange, order, read }: Applying,
  some: readonly SomeLines[],
): AsyncGenerator<readonly ChangedLine[]> {
  const windows = oneAhead(some.values(), (lines) => read(exchange.db, (tx) => readChangedLines(tx, order, lines)));
  let gathered: ChangedLine[] = [];
  for await (const lines of windows) {
    gathered.push(...lines);
    for (; gathered.length >= PART; gathered = gathered.slice(PART)) yield gathered.slice(0, PART);
  }
  if (gathered.length > 0) yield gathered;
}

const partsOf = (count: number): { readonly after: number; readonly to: number }[] =>
  Array.from({ length: Math.ceil(count / PART) }, (_, index) => ({ after: index * PART, to: (index + 1) * PART }));

async function putAsideBad(applying: Applying): Promise<void> {
  const { exchange, order, read } = applying;
  for (let after: number | undefined = 0; after !== undefined; ) {
    const from: number = after;
    const lines = await read(exchange.db, (tx) => readBadLines(tx, order, { after: from, size: PART }));
    after = lines.at(-1)?.ordinal;
    if (lines.length === 0) return;
    const work = async (recording: Recording) => ({ tallied: await putAsideLines(recording, order, lines) });
    await change(applying, { members: lines.length, work });
  }
}

/** A repair that breaks off has put right what it has put right. */
async function reportRepaired({ tx }: Recording, { partner, manifest, lines }: SnapshotToApply, part: Tallied) {
  if (part.written + part.ended + part.refused === 0) return;
  const { seq, buckets } = manifest;
  await report(tx, partner.code, 'digest_repaired', { seq, records: lines, ...part, buckets });
}

async function finish({ order, record, tally }: Applying): Promise<SnapshotApplied> {
  const { partner, manifest, purpose, askedAt, lines } = order;
  const { members, ...counts } = tally.result();
  const applied = { seq: manifest.seq, records: lines, ...counts };
  const work = async (recording: Recording): Promise<void> => {
    await finishHolding(recording, order, askedAt);
    if (purpose === 'load') await report(recording.tx, partner.code, 'snapshot_applied', applied);
  };
  await record({ members: 0, work, isLast: true });
  return { ...applied, members };
}

function tell({ log }: Exchange, { partner, manifest, purpose }: SnapshotToApply, applied: SnapshotApplied): void {
  const { members: _, ...counts } = applied;
  const told = { partner: partner.code, ...counts, buckets: manifest.buckets?.length ?? null };
  if (purpose === 'load') log.info(told, 'snapshot applied');
  else if (applied.written + applied.ended + applied.refused > 0) log.info(told, 'digest repaired');
  else log.warn(told, 'nothing was to be repaired');
}
