import { createHash } from 'node:crypto';
import { CanonicalRecord, digest, memberKey, recordHash } from '@mra/exchange-protocol';
import { TOLD } from './set-example.ts';

const AS_OF = '2026-11-22T09:00:00.000Z';
const SNAPSHOT_ID = '0b6c4f0e-6a4f-4c0e-9b0a-5a3f4f6f0f11';

const line = `${JSON.stringify(TOLD)}\n`;
const whole = digest([{ key: memberKey(TOLD.record), hash: recordHash(CanonicalRecord.parse(TOLD.record)) }], {
  buckets: 1,
});

/** How the digest is computed, in the words of the document; with an example in packages/exchange-protocol/README.md. */
export const DIGEST_RULES = [
  'Both sides cut the records at `asOf` to the elements named in `agreements`. Then, with JCS for RFC 8785:',
  [
    '- `recordHash`: SHA-256 of the JCS of the record without `version`, in base64url. All members are there (`null`, or `[]`, where nothing ' +
      'was told), instants are in UTC with three decimals, and the items of each list are sorted by their JCS, each once. `communicated` and ' +
      '`agreement` are no part of it.',
    '- leaf: SHA-256 of the JCS of `[key, recordHash]`; `key` is programme, a slash and the number.',
    '- `hash` of a bucket: SHA-256 of its leaves (32 bytes each), sorted as bytes and joined. A member is in the bucket that the first two bytes of ' +
      'the SHA-256 of its key, as a number, give modulo the number of buckets.',
    '- `hash` of all: SHA-256 of the hashes of the buckets (32 bytes each), joined in order.',
  ].join('\n'),
].join('\n\n');

/** What the document shows of snapshots and digests. */
export const snapshotExamples = {
  id: SNAPSHOT_ID,
  requests: {
    everything: { summary: 'Everything', value: {} },
    buckets: { summary: 'The buckets that a comparison found unequal', value: { buckets: [17, 203] } },
  },
  manifest: {
    ready: {
      summary: 'One member in one file',
      value: {
        snapshotId: SNAPSHOT_ID,
        seq: 1042,
        asOf: AS_OF,
        recordCount: 1,
        files: [
          {
            url: `https://aeo.eu.example/exchange/snapshots/${SNAPSHOT_ID}/files/1`,
            sha256: createHash('sha256').update(line).digest('base64url'),
            recordCount: 1,
          },
        ],
        digest: whole,
        buckets: null,
      },
    },
  },
  lines: {
    one: {
      summary: 'A member',
      value: line,
    },
  },
  digests: {
    one: {
      summary: 'One member, in a digest of one bucket',
      value: { seq: 1042, asOf: AS_OF, agreements: [{ agreement: TOLD.agreement, dataElements: null }], digest: whole },
    },
  },
} as const;
