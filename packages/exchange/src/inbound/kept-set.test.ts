import type { VerifiedSet } from '@mra/exchange-protocol';
import { expect, test } from 'vitest';
import { contentHash, keepable } from './kept-set.ts';

const aSet = (payload: object, changes: object = {}): VerifiedSet => ({
  ...{ jti: '1', issuer: 'i', audience: ['a'], iat: '2026-11-22T09:00:00.000Z', toe: null, txn: null },
  ...{ subject: { format: 'opaque' }, eventType: 'urn:x', alg: 'EdDSA', kid: null },
  payload: payload as VerifiedSet['payload'],
  ...changes,
});

test('what jsonb can hold is kept as it is', () => {
  const set = aSet({ seq: 1, record: { name: 'Ñandú 見本 👍 \u2028', list: [1, null, true, { deep: [] }] } });
  expect(keepable(set)).toEqual(set);
});

test('what it cannot hold is still wrong afterwards', () => {
  const { payload } = keepable(aSet({ 'na\0me': 'a\0b', half: '\ud83d', pair: '👍' }));
  expect(payload).toEqual({ 'na\u0001me': 'a\u0001b', half: '\u0001', pair: '👍' });
});

test('what is deeper than anybody reads is cut off there', () => {
  const deep = JSON.parse(`${'['.repeat(50_000)}${']'.repeat(50_000)}`);
  expect(JSON.stringify(keepable(aSet({ deep }))).length).toBeLessThan(1000);
});

test('the same content is known again, whichever event brings it and in whatever order it is written', () => {
  const said = aSet({ seq: 1, agreement: 'a', record: { x: 1, y: 2 } });
  const again = aSet({ record: { y: 2, x: 1 }, agreement: 'a', seq: 9, communicated: null }, { jti: '2' });
  expect(contentHash(again)).toBe(contentHash(said));
  expect(contentHash(aSet({ seq: 1, agreement: 'b', record: { x: 1, y: 2 } }))).not.toBe(contentHash(said));
  expect(contentHash(aSet({ seq: 1, agreement: 'a', record: { x: 1, y: 2 } }, { eventType: 'urn:y' }))).not.toBe(
    contentHash(said),
  );
});
