import { createHash, hash } from 'node:crypto';
import { z } from 'zod';
import { canonicalText } from './canonical.ts';
import { count, Sha256 } from './text.ts';

export const DIGEST_BUCKETS = 256;

/** More buckets than two bytes of a key's hash can tell apart would stay empty. */
export const DIGEST_BUCKETS_MAX = 65_536;

const LEAF_BYTES = 32;

export interface DigestEntry {
  /** `memberKey` of the membership. Each key once. */
  readonly key: string;
  /** `recordHash` of its record as cut for the partner. */
  readonly hash: string;
}

/** Counts and hashes of what one side holds, in buckets; two digests are equal only if both hold the same. */
export const Digest = z
  .object({
    buckets: z
      .array(z.object({ index: count(0).max(DIGEST_BUCKETS_MAX - 1), count: count(0), hash: Sha256 }))
      .min(1)
      .max(DIGEST_BUCKETS_MAX)
      .refine((buckets) => buckets.every(({ index }, place) => index === place), {
        error: 'must have every bucket once, in order',
      }),
    count: count(0),
    hash: Sha256,
  })
  .meta({ id: 'Digest', description: 'Counts and hashes of canonical records, by bucket.' });
export type Digest = z.infer<typeof Digest>;

/**
 * Gathers entries in any order; memory is 32 bytes an entry.
 *
 * The leaf of an entry is SHA-256 of the canonical JSON of `[key, hash]`. The hash of a bucket is SHA-256 of its leaves, sorted as
 * bytes and joined; the hash of all is SHA-256 of the hashes of the buckets, joined in order. Sorting makes it independent of
 * order and keeps the collision resistance of SHA-256: leaves have one length, so two different sets of leaves join to two different
 * texts. A XOR or a sum of leaves would need no memory, but whoever can choose many records could make two sets meet.
 * @param buckets a power of two up to 65,536
 */
export function createDigest({ buckets = DIGEST_BUCKETS }: { readonly buckets?: number } = {}) {
  requireBuckets(buckets);
  const gathered = Array.from({ length: buckets }, () => new Leaves());
  return {
    add({ key, hash: record }: DigestEntry): void {
      const leaf = hash('sha256', canonicalText([key, record]), 'buffer');
      gathered[bucketOf(key, buckets)]?.add(leaf);
    },
    result(): Digest {
      const done = gathered.map((leaves, index) => ({ index, count: leaves.length, hash: leaves.hash() }));
      const all = createHash('sha256');
      for (const bucket of done) all.update(Buffer.from(bucket.hash, 'base64url'));
      return {
        buckets: done,
        count: done.reduce((total, bucket) => total + bucket.count, 0),
        hash: all.digest('base64url'),
      };
    },
  };
}

/** The digest of entries in any order. */
export function digest(entries: Iterable<DigestEntry>, options: { readonly buckets?: number } = {}): Digest {
  const gathering = createDigest(options);
  for (const entry of entries) gathering.add(entry);
  return gathering.result();
}

/** The bucket of a key: the first two bytes of its SHA-256 as a number, modulo the number of buckets. */
export function bucketOf(key: string, buckets: number = DIGEST_BUCKETS): number {
  requireBuckets(buckets);
  return hash('sha256', key, 'buffer').readUInt16BE(0) % buckets;
}

/**
 * Indexes of the buckets that must be fetched again, in order.
 * @throws RangeError when the two have different numbers of buckets and so cannot be compared
 */
export function differingBuckets(a: Digest, b: Digest): number[] {
  if (a.buckets.length !== b.buckets.length) throw new RangeError('the digests have different numbers of buckets');
  return a.buckets
    .filter(({ index, count: held, hash: of }) => b.buckets[index]?.hash !== of || b.buckets[index]?.count !== held)
    .map(({ index }) => index);
}

function requireBuckets(buckets: number): void {
  const isPowerOfTwo = Number.isInteger(buckets) && buckets > 0 && (buckets & (buckets - 1)) === 0;
  if (!isPowerOfTwo || buckets > DIGEST_BUCKETS_MAX) throw new RangeError('buckets is not a power of two up to 65,536');
}

/** Leaves one behind the other in one buffer that doubles: a million separate buffers would take five times the memory. */
class Leaves {
  length = 0;
  #bytes = Buffer.alloc(0);

  add(leaf: Buffer): void {
    const at = this.length * LEAF_BYTES;
    if (at === this.#bytes.length) {
      const larger = Buffer.alloc(Math.max(4 * LEAF_BYTES, at * 2));
      this.#bytes.copy(larger);
      this.#bytes = larger;
    }
    leaf.copy(this.#bytes, at);
    this.length += 1;
  }

  hash(): string {
    const leaves = Array.from({ length: this.length }, (_, index) =>
      this.#bytes.subarray(index * LEAF_BYTES, (index + 1) * LEAF_BYTES),
    ).sort(Buffer.compare);
    const joined = createHash('sha256');
    for (const leaf of leaves) joined.update(leaf);
    return joined.digest('base64url');
  }
}
