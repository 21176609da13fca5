import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { SignJWT } from 'jose';
import { expect, test } from 'vitest';
import { canonicalJson, recordHash } from './canonical.ts';
import { cutToElements, DEFAULT_ELEMENTS } from './cut.ts';
import { bucketOf, digest } from './digest.ts';
import { EVENT_TYPES } from './events.ts';
import { readEvent } from './read-event.ts';
import { CanonicalRecord } from './record.ts';
import { memberKey, memberSubject } from './subject.ts';
import { aKey } from './test-support.ts';
import { SET_TYP } from './tokens.ts';
import { verifySet } from './verify-set.ts';

/** The example of the README, computed by the code and, where a partner would do it, once more from the words alone. */

const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8');

function example(name: string): string {
  const [, text] = new RegExp(`<!-- example: ${name} -->\n\`\`\`json\n([\\s\\S]*?)\n\`\`\``).exec(readme) ?? [];
  if (text === undefined) throw new Error(`the README has no example ${name}`);
  return text;
}

/** A row of its table. */
function said(of: string): readonly string[] {
  const row = readme.split('\n').find((line) => line.startsWith(`| ${of} | `));
  return [...(row?.slice(of.length + 5).matchAll(/`([^`]+)`/g) ?? [])].map(([, text = '']) => text);
}

const sha256 = (...parts: readonly (string | Buffer)[]): Buffer => {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part);
  return hash.digest();
};

test('the claims are those of an event that is accepted', async () => {
  const claims = JSON.parse(example('claims'));
  const { signing, jwk } = await aKey('EdDSA', 'k1');
  const compact = await new SignJWT(claims)
    .setProtectedHeader({ typ: SET_TYP, alg: 'EdDSA', kid: 'k1' })
    .sign(signing.key);
  const verified = await verifySet(compact, { keys: { keys: [jwk] }, issuer: claims.iss, audience: claims.aud });
  if (!verified.ok) throw new Error(verified.description);
  const reading = readEvent(verified.set, 'a stream');
  if (!reading.ok) throw new Error(reading.description);
  expect(verified.set.subject).toEqual(memberSubject({ programme: 'eu-aeo', number: 'DEAEOF00001/10' }));
  // In the one form in which records are sent.
  expect(claims.events[EVENT_TYPES.membershipPublished]).toEqual(
    expect.objectContaining({ record: 'record' in reading.event && reading.event.record }),
  );
});

const sent = JSON.parse(example('record'));
const record = CanonicalRecord.parse(sent);
const key = memberKey(record);

test('the canonical text is that of the record as sent', () => {
  const { version: _, ...content } = cutToElements(record, DEFAULT_ELEMENTS, { at: '2026-11-22T09:00:00.000Z' });
  expect(canonicalJson(content as CanonicalRecord)).toBe(example('text'));
});

test('the hashes are those of the text', () => {
  expect([recordHash(record)]).toEqual(said('`recordHash`'));
  expect([sha256(example('text')).toString('base64url')]).toEqual(said('`recordHash`'));
  expect([key]).toEqual(said('`key`'));
  const [leafText = ''] = said('hashed for the leaf');
  expect(JSON.parse(leafText)).toEqual([key, recordHash(record)]);
  expect([sha256(leafText).toString('base64url')]).toEqual(said('`leaf`, in base64url'));
  expect([256, 2].map((buckets) => String(bucketOf(key, buckets)))).toEqual(said('`index` of 256, of 2'));
});

test('the digest is that of the member alone', () => {
  const made = digest([{ key, hash: recordHash(record) }], { buckets: 2 });
  expect(JSON.parse(example('digest'))).toEqual(made);
  const leaf = Buffer.from(said('`leaf`, in base64url')[0] ?? '', 'base64url');
  const buckets = [sha256(), sha256(leaf)];
  expect(made.buckets.map(({ hash }) => hash)).toEqual(buckets.map((bucket) => bucket.toString('base64url')));
  expect(made.hash).toBe(sha256(...buckets).toString('base64url'));
});
