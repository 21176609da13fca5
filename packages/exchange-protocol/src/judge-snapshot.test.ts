import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { digest } from './digest.ts';
import { judgeSnapshot, type SnapshotFacts } from './judge-snapshot.ts';
import { DigestDocument, foreignFiles, SnapshotLine, SnapshotManifest, SnapshotRequest } from './snapshot.ts';
import { aSentRecord, EU, NOW } from './test-support.ts';

const sha = (text: string) => createHash('sha256').update(text).digest('base64url');
const members = (count: number) =>
  digest(Array.from({ length: count }, (_, index) => ({ key: `eu-aeo/${index}`, hash: 'h' })));

function aManifest(recordCount = 100, changes: Record<string, unknown> = {}) {
  const half = Math.floor(recordCount / 2);
  return SnapshotManifest.parse({
    snapshotId: 'n1',
    seq: 7,
    asOf: '2026-11-22T18:00:00+09:00',
    recordCount,
    files: [
      { url: `${EU}/exchange/files/1`, sha256: sha('1'), recordCount: half },
      { url: `${EU}/exchange/files/2`, sha256: sha('2'), recordCount: recordCount - half },
    ],
    digest: members(recordCount),
    ...changes,
  });
}

function facts(changes: Partial<SnapshotFacts> = {}): SnapshotFacts {
  const manifest = changes.manifest ?? aManifest();
  return { manifest, files: manifest.files, digest: manifest.digest, heldCount: 100, lastApplied: 5, ...changes };
}

const codes = (changes: Partial<SnapshotFacts>) => {
  const judgement = judgeSnapshot(facts(changes));
  return judgement.ok ? [] : judgement.reasons.map(({ code }) => code);
};

test('a snapshot that is what its manifest says is applied', () => {
  expect(judgeSnapshot(facts())).toEqual({ ok: true });
  expect(aManifest().asOf).toBe(NOW);
});

test.each([
  [100, 90, []],
  [100, 89, ['SHRUNK']],
  [9, 8, ['SHRUNK']],
  [0, 1, []],
  [100, 200, []],
  [100, 0, ['EMPTY']],
  [0, 0, ['EMPTY']],
])('held %i, in the snapshot %i: %j', (heldCount, recordCount, expected) => {
  expect(codes({ heldCount, manifest: aManifest(recordCount) })).toEqual(expected);
});

test('a person may allow a smaller one, and no smaller than named', () => {
  const manifest = aManifest(50);
  expect(codes({ manifest, allowShrinkTo: 50 })).toEqual([]);
  expect(codes({ manifest, allowShrinkTo: 51 })).toEqual(['SHRUNK']);
  expect(codes({ manifest: aManifest(0), allowShrinkTo: 0 })).toEqual([]);
});

test('a snapshot of some buckets is judged with what stays beside it', () => {
  const manifest = aManifest(0, { buckets: [3], files: [] });
  expect(codes({ manifest, heldElsewhere: 99 })).toEqual([]);
  expect(codes({ manifest, heldElsewhere: 89 })).toEqual(['SHRUNK']);
  expect(codes({ manifest, heldElsewhere: 0 })).toEqual(['EMPTY']);
});

test('one older than what was applied is refused', () => {
  expect(codes({ lastApplied: 8 })).toEqual(['BEHIND']);
  expect(codes({ lastApplied: 7 })).toEqual([]);
});

test('a file that does not match its sum is refused', () => {
  const [first, second] = aManifest().files as [SnapshotFacts['files'][number], SnapshotFacts['files'][number]];
  expect(codes({ files: [first, { ...second, sha256: sha('3') }] })).toEqual(['FILE_SUM_MISMATCH']);
  expect(codes({ files: [first] })).toEqual(['FILE_MISSING']);
  expect(codes({ files: [first, { ...second, recordCount: 49 }] })).toEqual(['RECORD_COUNT_MISMATCH']);
});

test('one cut off half-way is refused for every reason there is', () => {
  const [first] = aManifest().files;
  const files = first === undefined ? [] : [{ ...first, sha256: sha('half'), recordCount: 20 }];
  expect(codes({ files, digest: members(20) })).toEqual([
    'FILE_SUM_MISMATCH',
    'FILE_MISSING',
    'RECORD_COUNT_MISMATCH',
    'DIGEST_MISMATCH',
  ]);
});

test('a manifest that contradicts itself is refused', () => {
  expect(codes({ manifest: aManifest(100, { recordCount: 99 }) })).toContain('RECORD_COUNT_MISMATCH');
  expect(codes({ manifest: aManifest(100, { digest: members(99) }) })).toContain('DIGEST_MISMATCH');
});

test('records other than those of the digest are refused', () => {
  expect(codes({ digest: { ...members(100), hash: members(99).hash } })).toEqual(['DIGEST_MISMATCH']);
});

test('nothing that arrived other than announced is ever applied', () => {
  const file = fc.record({
    url: fc.constantFrom('1', '2', '3'),
    sha256: fc.constantFrom('1', '2'),
    recordCount: fc.nat({ max: 60 }),
  });
  fc.assert(
    fc.property(fc.array(file, { maxLength: 3 }), (loaded) => {
      const files = loaded.map(({ url, sha256, recordCount }) => ({
        url: `${EU}/exchange/files/${url}`,
        sha256: sha(sha256),
        recordCount,
      }));
      const { ok } = judgeSnapshot(facts({ files }));
      const lastOf = (url: string) => files.findLast((one) => one.url === url);
      const whole = aManifest().files.every((announced) => {
        const one = lastOf(announced.url);
        return one?.sha256 === announced.sha256 && one.recordCount === announced.recordCount;
      });
      expect(ok).toBe(whole);
    }),
  );
});

test.each([
  ['a sum in hexadecimal', { files: [{ url: EU, sha256: 'a'.repeat(64), recordCount: 1 }] }],
  ['a sum with unused bits', { files: [{ url: EU, sha256: `${'A'.repeat(42)}B`, recordCount: 1 }] }],
  ['a file that is no http(s) address', { files: [{ url: 'file:///etc/passwd', sha256: sha('1'), recordCount: 1 }] }],
  ['a negative count', { recordCount: -1 }],
  ['a bucket missing', { digest: { ...members(1), buckets: members(1).buckets.slice(1) } }],
])('a manifest with %s is refused', (_, changes) => {
  expect(() => aManifest(100, changes)).toThrow();
});

test('files elsewhere than at the partner are found', () => {
  expect(foreignFiles(aManifest(), [EU])).toEqual([]);
  expect(foreignFiles(aManifest(), ['https://eu.example:8443'])).toHaveLength(2);
});

test('a line is a record and its agreement', () => {
  expect(SnapshotLine.safeParse({ agreement: 'eu-jp-2010', record: aSentRecord() }).success).toBe(true);
  expect(SnapshotLine.safeParse({ record: aSentRecord() }).success).toBe(false);
});

test('a request names buckets, or means everything', () => {
  expect([SnapshotRequest.parse({}), SnapshotRequest.parse({ buckets: [1, 255] })]).toEqual([
    { buckets: null },
    { buckets: [1, 255] },
  ]);
  expect(SnapshotRequest.safeParse({ buckets: [] }).success).toBe(false);
});

test('a digest document says what the records are cut to', () => {
  const document = {
    seq: 7,
    asOf: NOW,
    agreements: [{ agreement: 'eu-jp-2010', dataElements: null }],
    digest: members(3),
  };
  expect(DigestDocument.parse(structuredClone(document))).toEqual(document);
});
