import { AgreementId } from '@mra/contracts';
import { z } from 'zod';
import { Digest } from './digest.ts';
import { CanonicalRecord } from './record.ts';
import { count, HttpUrl, line, Sha256 } from './text.ts';
import { Instant } from './wire-instant.ts';

/** A snapshot may lack this share of what is held before it is refused as sharply smaller (exchange contract, section 1). */
const SHRINK_MAX = 0.1;

/** What a snapshot consists of (exchange contract, section 1). */
export const SnapshotManifest = z
  .object({
    snapshotId: line(128).min(1),
    seq: count(0).describe('Last event that it contains; following on from there misses nothing.'),
    asOf: Instant,
    recordCount: count(0),
    files: z
      .array(
        z.object({
          url: HttpUrl,
          sha256: Sha256.describe('Of the bytes of the file, base64url.'),
          recordCount: count(0),
        }),
      )
      .max(10_000),
    digest: Digest.describe('Of the records as cut for the receiver.'),
  })
  .meta({ id: 'SnapshotManifest', description: 'The files of a full snapshot and what they must add up to.' });
export type SnapshotManifest = z.infer<typeof SnapshotManifest>;

/** One line of an NDJSON file of a snapshot. */
export const SnapshotLine = z.object({ agreement: AgreementId, record: CanonicalRecord });
export type SnapshotLine = z.infer<typeof SnapshotLine>;

/** Body of a comparison: both sides cut at `asOf` and compare at the same `seq`, or else not at all. */
export const DigestDocument = z
  .object({
    seq: count(0).describe('Last event that it contains.'),
    asOf: Instant,
    dataElements: z.array(line(64)).max(50).nullable().describe('What the records are cut to; null: not known.'),
    digest: Digest,
  })
  .meta({ id: 'DigestDocument', description: 'What the receiver should hold, as a digest.' });
export type DigestDocument = z.infer<typeof DigestDocument>;

export interface LoadedFile {
  readonly url: string;
  readonly sha256: string;
  /** Lines that ended in a line feed: the last line of a file that was cut off does not. */
  readonly recordCount: number;
}

export interface SnapshotFacts {
  readonly manifest: SnapshotManifest;
  /** What arrived and was put aside, nothing of it applied yet. Quarantined records count as loaded. */
  readonly files: readonly LoadedFile[];
  /** Digest of all records that arrived. */
  readonly digest: Pick<Digest, 'count' | 'hash'>;
  /** Members held of this partner now. */
  readonly heldCount: number;
  /** Last event applied. */
  readonly lastApplied: number;
  /** A person allows this snapshot to leave so few, and names the number. */
  readonly allowShrinkTo?: number;
}

export const SNAPSHOT_REFUSALS = [
  'BEHIND',
  'FILE_MISSING',
  'FILE_SUM_MISMATCH',
  'RECORD_COUNT_MISMATCH',
  'DIGEST_MISMATCH',
  'EMPTY',
  'SHRUNK',
] as const;
export type SnapshotRefusal = (typeof SNAPSHOT_REFUSALS)[number];

export type SnapshotJudgement =
  | { readonly ok: true }
  | { readonly ok: false; readonly reasons: readonly { readonly code: SnapshotRefusal; readonly detail: string }[] };

/**
 * Whether a snapshot that was loaded aside may be applied: whole, or not at all. Refused are one that does not match its manifest, one
 * older than what was applied, an empty one, and one with more than 10 % fewer records than are held, unless `allowShrinkTo`
 * allows as few.
 * @returns every reason to refuse it
 */
export function judgeSnapshot(facts: SnapshotFacts): SnapshotJudgement {
  const { manifest, heldCount, lastApplied, allowShrinkTo = Number.POSITIVE_INFINITY } = facts;
  const reasons = [...mismatches(facts)];
  const refuse = (code: SnapshotRefusal, detail: string) => reasons.push({ code, detail });
  if (manifest.seq < lastApplied) refuse('BEHIND', `contains events to ${manifest.seq}, applied are ${lastApplied}`);
  if (manifest.recordCount < allowShrinkTo) {
    const { recordCount } = manifest;
    if (recordCount === 0) refuse('EMPTY', `no records, held are ${heldCount}`);
    else if (recordCount < heldCount * (1 - SHRINK_MAX))
      refuse('SHRUNK', `${recordCount} records, held are ${heldCount}`);
  }
  return reasons.length === 0 ? { ok: true } : { ok: false, reasons };
}

function* mismatches({ manifest, files, digest }: SnapshotFacts) {
  const loaded = new Map(files.map((file) => [file.url, file]));
  for (const [index, { url, sha256, recordCount }] of manifest.files.entries()) {
    const file = loaded.get(url);
    const name = `file ${index + 1} of ${manifest.files.length}`;
    if (file === undefined) yield { code: 'FILE_MISSING' as const, detail: `${name} was not loaded` };
    else if (file.sha256 !== sha256)
      yield { code: 'FILE_SUM_MISMATCH' as const, detail: `${name} has another SHA-256` };
    else if (file.recordCount !== recordCount) {
      yield {
        code: 'RECORD_COUNT_MISMATCH' as const,
        detail: `${name} has ${file.recordCount} records, not ${recordCount}`,
      };
    }
  }
  const total = manifest.files.reduce((sum, file) => sum + file.recordCount, 0);
  if (total !== manifest.recordCount || digest.count !== manifest.recordCount) {
    const detail = `${manifest.recordCount} records announced, ${total} in files, ${digest.count} loaded`;
    yield { code: 'RECORD_COUNT_MISMATCH' as const, detail };
  }
  if (digest.hash !== manifest.digest.hash || manifest.digest.count !== manifest.recordCount) {
    yield { code: 'DIGEST_MISMATCH' as const, detail: 'the records are not those of the digest' };
  }
}
