import { expect, test } from 'vitest';
import { z } from 'zod';
import { wellFormed } from './well-formed.ts';

const Part = z
  .strictObject({ code: z.string().max(3), size: z.int().nullish() })
  .refine(({ code }) => code !== 'no', { error: 'is no part' });
const Thing = z
  .strictObject({ name: z.string(), parts: z.array(Part).max(3).optional(), box: Part.nullish(), at: z.iso.date() })
  .refine(({ name }) => name !== 'none', { error: 'is no thing' });

test('a value that fits is left as its schema gives it', () => {
  const thing = { name: 'cog', at: '2026-11-22', box: null };
  expect(wellFormed(Thing, thing)).toEqual(thing);
});

test('what does not fit is taken out, however deep, and items keep their places', () => {
  const value = {
    name: 5,
    at: 'now',
    parts: [{ code: 'long' }, 7, { code: 'a', size: 'x' }],
    box: { code: 'b', y: 1 },
  };
  expect(wellFormed(Thing, value)).toEqual({
    name: undefined,
    at: undefined,
    parts: [{ code: undefined }, undefined, { code: 'a', size: undefined }],
    box: { code: 'b' },
  });
});

test('a check across fields that fails leaves the fields; unknown fields are not kept', () => {
  expect(wellFormed(Thing, { name: 'none', at: '2026-11-22', parts: [{ code: 'no' }], more: 1 })).toEqual({
    name: 'none',
    at: '2026-11-22',
    parts: [{ code: 'no' }],
  });
});

test('a list that is too long is kept as far as such lists may ever be', () => {
  const many = (count: number) => ({ parts: Array.from({ length: count }, () => ({ code: 'a' })) });
  expect(wellFormed(Thing, many(4)).parts).toHaveLength(4);
  expect(wellFormed(Thing, many(2001)).parts).toBeUndefined();
});

test.each([undefined, null, 5, 'text', [], [{ name: 'cog' }]])('nothing is well-formed of %j', (value) => {
  expect(wellFormed(Thing, value)).toEqual({});
});

test('a field that every object has by its prototype is none of this one', () => {
  expect(wellFormed(z.strictObject({ constructor: z.unknown(), name: z.string() }), { name: 5 })).toEqual({});
});
