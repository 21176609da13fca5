import fc from 'fast-check';
import { base64url } from 'jose';
import { expect, test } from 'vitest';
import { decodeUtf8, isStrictBase64url } from './base64url.ts';

const bytes = fc.uint8Array({ maxLength: 40 });
const encode = (value: Uint8Array) => Buffer.from(value).toString('base64url');

test('whatever an encoder writes is strict', () => {
  fc.assert(fc.property(bytes, (value) => isStrictBase64url(encode(value))));
});

test('of two strings that stand for the same bytes at most one is strict', () => {
  const tail = fc.string({ unit: fc.constantFrom('A', 'B', 'g', '_', '=', ' ', '\n', '+', '/'), maxLength: 3 });
  fc.assert(
    fc.property(bytes, tail, fc.nat({ max: 63 }), (value, added, last) => {
      const strict = encode(value);
      const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
      for (const other of [strict + added, strict.slice(0, -1) + alphabet[last]]) {
        const sameBytes = Buffer.from(other, 'base64url').equals(Buffer.from(value));
        if (other !== strict && sameBytes) expect(isStrictBase64url(other), other).toBe(false);
      }
    }),
    { numRuns: 500 },
  );
});

test.each([
  ['padding', 'QQ=='],
  ['unused bits that are not zero', 'QR'],
  ['white space', 'Q Q'],
  ['a line feed at the end', 'QQ\n'],
  ['the alphabet of base64', '+/8'],
  ['a length that no bytes have', 'QUJDR'],
])('%s is not strict, although the decoder of jose or of Node takes it or drops it', (_, text) => {
  expect(isStrictBase64url(text)).toBe(false);
});

test('the decoder of jose is lax, which is why there is a check before it', () => {
  expect(base64url.decode('QR')).toEqual(base64url.decode('QQ'));
});

test('bytes that are not UTF-8 are not text', () => {
  expect(decodeUtf8(Buffer.from([0xc3, 0x28]).toString('base64url'))).toBeNull();
  expect(decodeUtf8(Buffer.from('é').toString('base64url'))).toBe('é');
});
