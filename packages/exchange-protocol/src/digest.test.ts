import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { bucketOf, createDigest, Digest, differingBuckets, digest } from './digest.ts';

const entries = fc.uniqueArray(
  fc.record({ key: fc.string({ minLength: 1 }), hash: fc.base64String({ minLength: 4 }) }),
  {
    selector: ({ key }) => key,
    maxLength: 60,
  },
);
const size = fc.constantFrom(1, 2, 16, 256);

test('the order in which entries come does not matter', () => {
  fc.assert(
    fc.property(entries, size, fc.func(fc.integer()), (some, buckets, rank) => {
      const other = [...some].sort((a, b) => rank(a.key) - rank(b.key));
      expect(digest(other, { buckets })).toEqual(digest(some, { buckets }));
    }),
  );
});

test('an entry changed, added or missing is found in its bucket and in no other', () => {
  fc.assert(
    fc.property(entries, size, fc.nat(), (some, buckets, place) => {
      fc.pre(some.length > 0);
      const at = place % some.length;
      const key = some[at]?.key ?? '';
      const changed = some.with(at, { key, hash: 'another' });
      const missing = some.toSpliced(at, 1);
      const whole = digest(some, { buckets });
      const expected = [bucketOf(key, buckets)];
      expect(differingBuckets(whole, digest(changed, { buckets }))).toEqual(expected);
      expect(differingBuckets(digest(missing, { buckets }), whole)).toEqual(expected);
      expect(digest(changed, { buckets }).hash).not.toBe(whole.hash);
    }),
  );
});

test('equal digests have no differing buckets, and what is made is what is read', () => {
  fc.assert(
    fc.property(entries, (some) => {
      const made = digest(some);
      expect(differingBuckets(made, digest(some))).toEqual([]);
      expect(Digest.parse(structuredClone(made))).toEqual(made);
      expect(made.count).toBe(some.length);
    }),
  );
});

test('two entries cannot cancel each other, as they would with XOR', () => {
  const twice = [
    { key: 'a', hash: '1' },
    { key: 'a', hash: '1' },
  ];
  expect(digest(twice, { buckets: 1 }).hash).not.toBe(digest([], { buckets: 1 }).hash);
  expect(digest([{ key: 'a', hash: '12' }]).hash).not.toBe(digest([{ key: 'a1', hash: '2' }]).hash);
});

test('the construction is the one documented, so that others can compute it', () => {
  const sha = (...parts: (string | Buffer)[]) => {
    const made = createHash('sha256');
    for (const part of parts) made.update(part);
    return made.digest();
  };
  const leaves = [sha('["eu-aeo/A","h1"]'), sha('["eu-aeo/B","h2"]')].sort(Buffer.compare);
  const bucket = sha(...leaves);
  const made = digest(
    [
      { key: 'eu-aeo/A', hash: 'h1' },
      { key: 'eu-aeo/B', hash: 'h2' },
    ],
    { buckets: 1 },
  );
  expect(made).toEqual({
    buckets: [{ index: 0, count: 2, hash: bucket.toString('base64url') }],
    count: 2,
    hash: sha(bucket).toString('base64url'),
  });
  expect(bucketOf('eu-aeo/A', 256)).toBe(sha('eu-aeo/A').readUInt16BE(0) % 256);
});

test('results can be taken between entries', () => {
  const gathering = createDigest({ buckets: 4 });
  expect(gathering.result()).toEqual(digest([], { buckets: 4 }));
  gathering.add({ key: 'a', hash: 'h' });
  expect(gathering.result()).toEqual(digest([{ key: 'a', hash: 'h' }], { buckets: 4 }));
});

test('digests of different sizes cannot be compared, and odd sizes not made', () => {
  expect(() => differingBuckets(digest([], { buckets: 2 }), digest([], { buckets: 4 }))).toThrow(RangeError);
  for (const buckets of [0, 3, -4, 1.5, 131_072]) expect(() => createDigest({ buckets })).toThrow(RangeError);
});
