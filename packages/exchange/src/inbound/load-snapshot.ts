import { judgeSnapshot, type SnapshotManifest } from '@mra/exchange-protocol';
import type { Instant } from '@mra/recognition';
import { sql } from 'kysely';
import { type Exchange, PartnerUnreachable } from '../context.ts';
import { inExchange } from '../in-exchange.ts';
import type { Partner } from '../partners.ts';
import { report } from '../reports.ts';
import { applySnapshot, type SnapshotApplied } from './apply-snapshot.ts';
import { fetchManifest } from './fetch-manifest.ts';
import { applyWaiting } from './receive-sets.ts';
import { countHeld } from './snapshot-changes.ts';
import { type SnapshotReason, UnexpectedAnswer } from './snapshot-reasons.ts';
import { removeStaged, type StagedSnapshot, stageSnapshot } from './stage-snapshot.ts';

export interface LoadOptions {
  /** Of a digest of 256, which a comparison found unequal; a full snapshot when left out. */
  readonly buckets?: readonly number[];
  /** How few members may be left, where that is more than 10 % fewer than are held; what operations have allowed when left out. */
  readonly allowShrinkTo?: number;
  readonly signal?: AbortSignal;
  /** How long the partner may take to make it; half an hour when left out. */
  readonly patienceMs?: number;
}

export type SnapshotLoaded =
  | ({
      readonly outcome: 'applied';
      /** Events from here on are missing; null: none is. */
      readonly askFrom: number | null;
    } & SnapshotApplied)
  /** Nothing was changed. It has been reported; the copy that is held stays in force, and ages. */
  | { readonly outcome: 'refused'; readonly reasons: readonly SnapshotReason[] };

/**
 * Loads a snapshot of a partner: asks for one, waits for it, puts its files aside, judges it whole, and applies it or refuses it.
 * Events may be received meanwhile. Behind a full one the stream goes on with the events that waited.
 * @throws PartnerUnreachable, UnexpectedAnswer: nothing was changed. RecordingTooSlow, StreamReplaced, errors of the database, what the
 * signal was aborted with: members that were written stay so, each as the partner said; the copy is no fresher than before. It may be
 * tried again
 */
export async function loadSnapshot(
  exchange: Exchange,
  partner: Partner,
  { buckets, signal, patienceMs, allowShrinkTo }: LoadOptions = {},
): Promise<SnapshotLoaded> {
  const before = await readBefore(exchange, partner);
  const fetched = await fetchManifest(exchange, partner, {
    buckets: buckets ?? null,
    signal,
    ...(patienceMs !== undefined && { patienceMs }),
  });
  const purpose = buckets === undefined ? 'load' : 'repair';
  if (!fetched.ok) return refuse(exchange, partner, { manifest: null, purpose }, fetched.reasons);
  const { manifest, url } = fetched;
  const files = watchingFiles(exchange);
  const staged = await stageSnapshot(files.exchange, partner, manifest, signal);
  try {
    const allowed = allowShrinkTo ?? before.allowShrinkTo;
    const { reasons, held } = await judge(exchange, partner, manifest, staged, before.lastApplied, allowed);
    if (reasons.length > 0)
      return await refuse(exchange, partner, { manifest, purpose, why: files.failure() }, reasons);
    const applied = await applySnapshot(exchange, {
      ...{ partner, manifest, loadId: staged.loadId, lines: manifest.recordCount, held },
      ...{ askedAt: before.askedAt, streamId: before.streamId, purpose },
      signal,
    }).catch(async (error) => {
      // Events have waited; they go on as before.
      await applyWaiting(exchange, partner).catch(() => undefined);
      throw error;
    });
    await giveBack(exchange, partner, url);
    return { outcome: 'applied', ...applied, askFrom: await applyWaiting(exchange, partner) };
  } finally {
    await removeStaged(exchange, staged.loadId).catch((err) =>
      exchange.log.warn({ partner: partner.code, err }, 'a snapshot that was put aside could not be removed'),
    );
  }
}

/** An exchange that remembers why the last file could not be had, if it could not: the reason of the refusal says only that it is missing. */
function watchingFiles(exchange: Exchange): { readonly exchange: Exchange; failure(): string | null } {
  let failure: string | null = null;
  const open: Exchange['client']['open'] = async (partner, request) => {
    const answer = await exchange.client.open(partner, request).catch((error) => {
      if (error instanceof PartnerUnreachable) failure = error.message;
      throw error;
    });
    failure = answer.status === 200 ? null : new UnexpectedAnswer('fetching a file of a snapshot', answer).message;
    return answer;
  };
  return { exchange: { ...exchange, client: { ...exchange.client, open } }, failure: () => failure };
}

interface Before {
  readonly askedAt: Instant;
  readonly streamId: string | null;
  readonly lastApplied: number;
  readonly allowShrinkTo: number | undefined;
}

/** What is known when the snapshot is asked for: it contains at least everything up to then. */
async function readBefore({ db }: Exchange, { code }: Partner): Promise<Before> {
  const { rows } = await inExchange(db, (tx) =>
    sql<{ asked_at: Instant; stream_id: string | null; last_applied: number; allow_shrink_to: number | null }>`
      select now_in_milliseconds() as asked_at, stream_id, last_applied, allow_shrink_to
        from inbound_stream where partner = ${code}`.execute(tx),
  );
  const [row] = rows;
  if (row === undefined) throw new Error(`${code} is no registered partner`);
  return {
    askedAt: row.asked_at,
    streamId: row.stream_id,
    lastApplied: row.last_applied,
    allowShrinkTo: row.allow_shrink_to ?? undefined,
  };
}

async function judge(
  { db }: Exchange,
  partner: Partner,
  manifest: SnapshotManifest,
  { files, digest, elsewhere, twice }: StagedSnapshot,
  lastApplied: number,
  allowShrinkTo: number | undefined,
): Promise<{ readonly reasons: readonly SnapshotReason[]; readonly held: number }> {
  const held = await inExchange(db, (tx) => countHeld(tx, partner, manifest.buckets));
  const judged = judgeSnapshot({
    ...{ manifest, files, digest, lastApplied, heldCount: held.held, heldElsewhere: held.elsewhere },
    ...(allowShrinkTo !== undefined && { allowShrinkTo }),
  });
  const more: SnapshotReason[] = [];
  if (elsewhere > 0) more.push({ code: 'OTHER_BUCKETS', detail: `${elsewhere} members are in none of its buckets` });
  if (twice > 0) more.push({ code: 'MEMBER_TWICE', detail: `${twice} members are named more than once` });
  return { reasons: [...(judged.ok ? [] : judged.reasons), ...more], held: held.held - held.elsewhere };
}

/**
 * Reports it. Of a repair more follows, since what is held is known to differ: a full snapshot is needed, and until it has come the copy is
 * not freshened and ages.
 */
async function refuse(
  { db, log }: Exchange,
  { code }: Partner,
  {
    manifest,
    purpose,
    why = null,
  }: {
    readonly manifest: SnapshotManifest | null;
    readonly purpose: 'load' | 'repair';
    /** What kept the files from being fetched. */
    readonly why?: string | null;
  },
  reasons: readonly SnapshotReason[],
): Promise<SnapshotLoaded> {
  const names = reasons.map((reason) => reason.code);
  log.warn({ partner: code, seq: manifest?.seq ?? null, reasons: names }, 'snapshot refused');
  const message = `snapshot refused: ${names.join(', ')}${why === null ? '' : ` (${why})`}`;
  await inExchange(db, async (tx) => {
    await report(tx, code, 'snapshot_refused', {
      seq: manifest?.seq ?? null,
      recordCount: manifest?.recordCount ?? null,
      buckets: manifest?.buckets ?? null,
      reasons,
    });
    await sql`
      update inbound_stream set last_error = ${message}, last_error_at = clock_timestamp()
       where partner = ${code}`.execute(tx);
    if (purpose === 'load') return;
    await sql`
      update inbound_stream
         set needs_snapshot = true, snapshot_after = null, snapshot_reason = ${`what differs was refused: ${names.join(', ')}`}
       where partner = ${code} and not needs_snapshot`.execute(tx);
  });
  return { outcome: 'refused', reasons };
}

/** The partner need not keep it for a day; where it will not hear of that, it does. */
async function giveBack({ client }: Exchange, partner: Partner, url: string): Promise<void> {
  await client.send(partner, { method: 'DELETE', url }).catch(() => undefined);
}
