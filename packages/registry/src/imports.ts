import type { Instant, Network, ProgrammeTerms } from '@mra/recognition';
import { sql } from 'kysely';
import { NEW_MEMBER } from './ahead-seconds.ts';
import { eventsOfListing, readCommunication } from './import-communication.ts';
import { doubtNumbers, doubtRejected, endListDoubts } from './import-doubts.ts';
import { type ChangedLine, readChangedLines } from './import-lines.ts';
import { countMissing, endingWrites, type Missing, readMissing } from './import-missing.ts';
import { closeUpload, type Upload, workOn } from './import-staging.ts';
import { judgeWrites, type MembershipWrite, storeJudged, writeMemberships } from './membership-write.ts';
import { writeNewMembers } from './new-members.ts';
import { oneAhead } from './one-ahead.ts';
import { planForMany, takeStatistics, watchStatistics } from './plan-by-index.ts';
import type { Recording } from './recording.ts';
import { recordSynchronisation } from './synchronisations.ts';

/** How a staged list is to be applied. */
export interface ImportOrder {
  readonly upload: Upload;
  readonly programme: string;
  readonly administration: string;
  /** Terms of the programme at an instant. */
  readonly termsAt: (at: Instant) => ProgrammeTerms;
  /** null: this deployment is authoritative; else the administration whose copies the list brings. */
  readonly source: string | null;
  readonly mode: 'full' | 'delta';
  readonly received: number;
  readonly accepted: number;
  /** How many rejected lines name nobody, so that no copy can be put in doubt for them; none when left out. */
  readonly withoutNumber?: number;
  /** How many members a full list may end when it ends more than a tenth, or names none. */
  readonly allowRemovals: number | null;
  /** Told after each chunk how many changed lines and endings are behind it; what it throws gives the recording up. */
  readonly onProgress?: (done: number) => Promise<void>;
  /** How many refused lines are told one by one. */
  readonly told: number;
  /** Of copies: how old they may grow from now on. */
  readonly maxAgeSeconds: number;
}

export interface RefusedLine {
  readonly line: number;
  readonly number: string;
  readonly code: 'NOT_AUTHORITATIVE' | 'TRANSITION_NOT_ALLOWED';
  readonly detail: string;
}

export type Applied =
  | {
      readonly outcome: 'applied';
      readonly created: number;
      readonly updated: number;
      readonly unchanged: number;
      readonly ended: number;
      readonly refused: {
        readonly count: number;
        /** In the order of the list. */
        readonly first: readonly RefusedLine[];
      };
    }
  /** Nothing was written. */
  | ({ readonly outcome: 'removals_not_allowed' } & Missing);

/**
 * Applies a staged list within a recording: writes its members and, of a full list, ends those that it lacks (domain.md B.9). A copied
 * list that was understood also makes the copies of its administration fresh as of when it began to arrive, but for those whose own line
 * was not: they are in doubt. A differential list with a line that names nobody may be about any of them, and makes none fresh.
 * @returns the counts and the lines that could not be written; or that the list would end too many, and then nothing is written
 */
export async function applyImport(recording: Recording, network: Network, order: ImportOrder): Promise<Applied> {
  const { source, mode, received, accepted, allowRemovals } = order;
  await workOn(recording.tx, order.upload);
  await planForMany(recording.tx);
  const missing = mode === 'full' ? await countMissing(recording, order) : { live: 0, missing: 0 };
  const isSuspicious = mode === 'full' && (accepted === 0 || missing.missing * 10 > missing.live);
  if (isSuspicious && missing.missing > (allowRemovals ?? -1)) return { outcome: 'removals_not_allowed', ...missing };
  const done = progressOf(recording, order);
  if (source !== null) await endListDoubts(recording, order);
  // What was worked out when the lines arrived holds as long as the network is the one of then.
  const created =
    order.upload.networkVersion === network.version
      ? await writeNewMembers(recording, order, (members) => done(members, members * NEW_MEMBER))
      : 0;
  const written = await writeLines(recording, network, order, created, done);
  if (source !== null && accepted < received) await doubtRejected(recording, order);
  const ended = missing.missing > 0 ? await endMissing(recording, network, order, done) : 0;
  const isUnderstood = accepted > 0 ? mode === 'full' || (order.withoutNumber ?? 0) === 0 : received === 0;
  if (source !== null && isUnderstood) {
    await recordSynchronisation(recording, {
      administration: source,
      programme: order.programme,
      synchronisedAt: order.upload.startedAt,
      maxAgeSeconds: order.maxAgeSeconds,
    });
  }
  await closeUpload(recording.tx, order.upload);
  // Here rather than at the commit, so that a recording made ahead still knows whether it is in time.
  await sql`set constraints all immediate`.execute(recording.tx);
  return { outcome: 'applied', ...written, ended };
}

/** Told how many members a chunk had, and to how many that are judged it comes in time; as many when that is left out. */
type Progress = (members: number, writes?: number) => Promise<void>;

function progressOf({ tx }: Recording, { onProgress }: ImportOrder): Progress {
  const areStatisticsDue = watchStatistics();
  let done = 0;
  return async (members, writes = members) => {
    done += writes;
    // What is due for these members (db/migrations/0060), while their rows are at hand: that of a million would outlast a statement.
    await sql`set constraints membership_facts_due immediate`.execute(tx);
    await sql`set constraints membership_facts_due deferred`.execute(tx);
    if (areStatisticsDue(members)) await takeStatistics(tx);
    await onProgress?.(done);
  };
}

const NO_LINES: readonly (readonly ChangedLine[])[] = [];

/** @param created how many lines have been written, as new members */
async function writeLines(recording: Recording, network: Network, order: ImportOrder, created: number, done: Progress) {
  const counts = { created, updated: 0 };
  const refused = { count: 0, first: [] as RefusedLine[] };
  const refuse = (line: RefusedLine): void => {
    refused.count += 1;
    if (refused.first.length < order.told) refused.first.push(line);
  };
  const changed = created < order.accepted ? readChangedLines(recording.tx, order) : NO_LINES.values();
  const chunks = oneAhead(changed, async (lines) => ({
    lines,
    judged: await judgeWrites(recording, network, await writesOf(recording, order, lines)),
  }));
  for await (const { lines, judged } of chunks) {
    await storeJudged(recording, judged);
    const doubtful: string[] = [];
    for (const [index, result] of judged.results.entries()) {
      const { line, number, normalised } = lines[index] as ChangedLine;
      if (result.outcome === 'created' || result.outcome === 'updated') counts[result.outcome] += 1;
      else if (result.outcome === 'refused') {
        refuse({ line, number, code: 'TRANSITION_NOT_ALLOWED', detail: result.detail });
        doubtful.push(normalised);
      } else if (result.outcome === 'not_authoritative') refuse({ line, number, ...notAuthoritative(order) });
    }
    if (order.source !== null) await doubtNumbers(recording, order, doubtful);
    await done(lines.length);
  }
  return { ...counts, unchanged: order.accepted - counts.created - counts.updated - refused.count, refused };
}

const notAuthoritative = ({ source }: ImportOrder) => ({
  code: 'NOT_AUTHORITATIVE' as const,
  detail: source === null ? 'is the copy of a partner here' : 'is not a copy here: this deployment is authoritative',
});

async function writesOf(
  recording: Recording,
  order: ImportOrder,
  lines: readonly ChangedLine[],
): Promise<MembershipWrite[]> {
  const { source, programme: id } = order;
  const states = source === null ? null : await readCommunication(recording.tx, id, lines);
  return lines.map(({ number, normalised, record }) => {
    const programme = order.termsAt(record.validFrom);
    const state = states?.get(normalised);
    const events = state === undefined ? [] : eventsOfListing(state, record, programme, recording.recordedAt);
    return { programme, number, record, events, source };
  });
}

async function endMissing(recording: Recording, network: Network, order: ImportOrder, done: Progress): Promise<number> {
  let ended = 0;
  for await (const members of readMissing(recording, order)) {
    const writes = await endingWrites(
      recording,
      order,
      members.map(({ number }) => number),
    );
    const results = await writeMemberships(recording, network, writes);
    ended += results.filter(({ outcome }) => outcome === 'updated').length;
    await done(members.length);
  }
  return ended;
}
