import fc from 'fast-check';
import { expect, test } from 'vitest';
import { readJsonObject } from './json-object.ts';

test('every object that JSON can express is read as JSON.parse reads it', () => {
  fc.assert(
    fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (value) => {
      const text = JSON.stringify(value, null, 1);
      expect(readJsonObject(text)).toEqual(JSON.parse(text));
    }),
  );
});

test.each([
  ['twice in a row', '{"a":1,"a":2}'],
  ['written differently', String.raw`{"a":1,"\u0061":2}`],
  ['in an object within', '{"events":{"urn:a":{},"urn:a":{}}}'],
  ['in an object in a list', '{"x":[{"b":1},{"b":1,"b":1}]}'],
  ['around a string with quotes and colons', String.raw`{"a":"\":{","a":1}`],
])('an object with a member %s is refused (RFC 7519 section 4, RFC 8417 section 2.2)', (_, text) => {
  expect(JSON.parse(text)).toBeDefined();
  expect(readJsonObject(text)).toBeNull();
});

test('the same name in different objects is no member twice', () => {
  expect(readJsonObject('{"a":{"a":{"a":[{"a":1},{"a":2}]}}}')).not.toBeNull();
});

test.each(['', '[]', 'null', '"a"', '1', '{', '{"a":}', '\ufeff{}'])('%j is not an object', (text) => {
  expect(readJsonObject(text)).toBeNull();
});

test('a member of a megabyte is read', () => {
  const text = JSON.stringify({ name: 'x\\"'.repeat(350_000) });
  expect(readJsonObject(text)).toEqual(JSON.parse(text));
});
