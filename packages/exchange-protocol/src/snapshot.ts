import { AgreementId } from '@mra/contracts';
import { z } from 'zod';
import { DIGEST_BUCKETS_MAX, Digest } from './digest.ts';
import { CanonicalRecord, Communicated } from './record.ts';
import { count, HttpUrl, line, Sha256 } from './text.ts';
import { Instant } from './wire-instant.ts';

const Buckets = z
  .array(count(0).max(DIGEST_BUCKETS_MAX - 1))
  .min(1)
  .max(DIGEST_BUCKETS_MAX);

/** Body of a request for a snapshot: of everything, or of the buckets that a comparison of digests found unequal. */
export const SnapshotRequest = z
  .object({ buckets: Buckets.nullish().transform((buckets) => buckets ?? null) })
  .meta({ id: 'SnapshotRequest', description: 'Asks for a snapshot: whole, or of some buckets of the digest.' });
export type SnapshotRequest = z.infer<typeof SnapshotRequest>;

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
    buckets: SnapshotRequest.shape.buckets.describe('The buckets it is about; absent or null: a full snapshot.'),
  })
  .meta({ id: 'SnapshotManifest', description: 'The files of a snapshot and what they must add up to.' });
export type SnapshotManifest = z.infer<typeof SnapshotManifest>;

/** One line of an NDJSON file of a snapshot. */
export const SnapshotLine = z.object({ agreement: AgreementId, record: CanonicalRecord, communicated: Communicated });
export type SnapshotLine = z.infer<typeof SnapshotLine>;

/**
 * What the receiver should hold. It compares when it has applied exactly the events up to `seq`, and cuts what it holds at `asOf` to the
 * elements named here: otherwise equal holdings could differ.
 */
export const DigestDocument = z
  .object({
    seq: count(0).describe('Last event that it contains.'),
    asOf: Instant,
    agreements: z
      .array(z.object({ agreement: AgreementId, dataElements: z.array(line(64)).max(50).nullable() }))
      .max(100)
      .describe('What the records of each agreement are cut to; null: the list is not known.'),
    digest: Digest,
  })
  .meta({ id: 'DigestDocument', description: 'What the receiver should hold, as a digest.' });
export type DigestDocument = z.infer<typeof DigestDocument>;

/**
 * Files at other origins than those registered for the partner. They must not be fetched: the request would carry our token.
 * @param origins `https://host[:port]`
 */
export function foreignFiles(manifest: SnapshotManifest, origins: readonly string[]): string[] {
  return manifest.files.map(({ url }) => url).filter((url) => !origins.includes(new URL(url).origin));
}
