import type { Digest } from './digest.ts';
import type { SnapshotManifest } from './snapshot.ts';

/** A snapshot may leave this share fewer members than are held (exchange contract, section 1: sharply smaller; API contract: 10 %). */
const SHRINK_MAX = 0.1;

export interface LoadedFile {
  readonly url: string;
  /** Of the bytes received, base64url. */
  readonly sha256: string;
  readonly recordCount: number;
}

export interface SnapshotFacts {
  readonly manifest: SnapshotManifest;
  /** What arrived and was put aside; nothing of it is applied yet. Records that will be quarantined count. */
  readonly files: readonly LoadedFile[];
  /** Digest of all records that arrived. */
  readonly digest: Pick<Digest, 'count' | 'hash'>;
  /** Members of this partner that are held now. */
  readonly heldCount: number;
  /** Of these, how many are in none of the manifest's buckets and so stay as they are; 0 for a full snapshot. */
  readonly heldElsewhere?: number;
  /** Last event applied. */
  readonly lastApplied: number;
  /** A person allows that so few are left, and names the number. */
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

interface Reason {
  readonly code: SnapshotRefusal;
  readonly detail: string;
}

export type SnapshotJudgement = { readonly ok: true } | { readonly ok: false; readonly reasons: readonly Reason[] };

/**
 * Whether a snapshot that was loaded aside may be applied: whole, or not at all. Refused are one that is not what its manifest says
 * (cut off, altered, incomplete), one older than what was applied, one that leaves nobody, and one that leaves more than 10 % fewer
 * members than are held, unless `allowShrinkTo` allows as few.
 * @returns every reason to refuse it
 */
export function judgeSnapshot(facts: SnapshotFacts): SnapshotJudgement {
  const reasons = [...behind(facts), ...fileFaults(facts), ...totalFaults(facts), ...shrinking(facts)];
  return reasons.length === 0 ? { ok: true } : { ok: false, reasons };
}

function behind({ manifest, lastApplied }: SnapshotFacts): Reason[] {
  if (manifest.seq >= lastApplied) return [];
  return [{ code: 'BEHIND', detail: `contains events to ${manifest.seq}, applied are ${lastApplied}` }];
}

function fileFaults({ manifest, files }: SnapshotFacts): Reason[] {
  const loaded = new Map(files.map((file) => [file.url, file]));
  return manifest.files.flatMap(({ url, sha256, recordCount }, index): Reason[] => {
    const file = loaded.get(url);
    const name = `file ${index + 1} of ${manifest.files.length}`;
    if (file === undefined) return [{ code: 'FILE_MISSING', detail: `${name} was not loaded` }];
    if (file.sha256 !== sha256) return [{ code: 'FILE_SUM_MISMATCH', detail: `${name} has another SHA-256` }];
    if (file.recordCount === recordCount) return [];
    const detail = `${name} has ${file.recordCount} records, not ${recordCount}`;
    return [{ code: 'RECORD_COUNT_MISMATCH', detail }];
  });
}

function totalFaults({ manifest, digest }: SnapshotFacts): Reason[] {
  const { recordCount } = manifest;
  const inFiles = manifest.files.reduce((sum, file) => sum + file.recordCount, 0);
  const counts = `${recordCount} records announced, ${inFiles} in files, ${digest.count} loaded`;
  return [
    ...(inFiles === recordCount && digest.count === recordCount
      ? []
      : [{ code: 'RECORD_COUNT_MISMATCH', detail: counts } as const]),
    ...(digest.hash === manifest.digest.hash && manifest.digest.count === recordCount
      ? []
      : [{ code: 'DIGEST_MISMATCH', detail: 'the records are not those of the digest' } as const]),
  ];
}

function shrinking({ manifest, heldCount, heldElsewhere = 0, allowShrinkTo }: SnapshotFacts): Reason[] {
  const left = manifest.recordCount + heldElsewhere;
  if (allowShrinkTo !== undefined && left >= allowShrinkTo) return [];
  if (left === 0) return [{ code: 'EMPTY', detail: `leaves no members, held are ${heldCount}` }];
  if (left >= heldCount * (1 - SHRINK_MAX)) return [];
  return [{ code: 'SHRUNK', detail: `leaves ${left} members, held are ${heldCount}` }];
}
