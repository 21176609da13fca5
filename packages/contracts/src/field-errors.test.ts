import { expect, test } from 'vitest';
import { z } from 'zod';
import { DayOrInstant } from './days.ts';
import { fieldErrors, pointerTo } from './field-errors.ts';
import { MAX_FIELD_ERRORS } from './problems.ts';

const Sample = z.strictObject({
  day: DayOrInstant,
  size: z.int().max(5),
  kind: z.enum(['a', 'b']),
  list: z.array(z.strictObject({ name: z.string() })),
});

const errorsOf = (value: unknown) => {
  const { error } = Sample.safeParse(value);
  return error ? fieldErrors(error) : [];
};

test('every bad field is told at once, each unknown one by its own pointer', () => {
  expect(errorsOf({ size: 1.5, kind: 'c', list: [{ name: 1, nmae: 'x', 'a/b~c': 1 }], at: 'x' })).toEqual([
    { pointer: '/day', detail: 'is required' },
    { pointer: '/size', detail: 'must be a whole number' },
    { pointer: '/kind', detail: 'must be one of a, b' },
    { pointer: '/list/0/name', detail: 'must be a string' },
    { pointer: '/list/0/nmae', detail: 'is not a known field' },
    { pointer: '/list/0/a~1b~0c', detail: 'is not a known field' },
    { pointer: '/at', detail: 'is not a known field' },
  ]);
});

test('a body that is no object is one error about the whole', () => {
  expect(errorsOf([])).toEqual([{ pointer: '', detail: 'must be an object' }]);
  expect(errorsOf(undefined)).toEqual([{ pointer: '', detail: 'is required' }]);
});

test('a wrong value of a union is not called missing', () => {
  const value = { size: 1, kind: 'a', list: [] };
  expect(errorsOf({ ...value, day: 'soon' })[0]?.detail).toMatch(/^must be a day/);
  expect(errorsOf({ ...value, day: null })[0]?.detail).toMatch(/^must be a day/);
});

test('values are never repeated', () => {
  const secret = 'Muster Logistik';
  const errors = errorsOf({ day: secret, size: secret, kind: secret, list: [{ name: { first: secret } }, secret] });
  expect(errors).toHaveLength(5);
  expect(JSON.stringify(errors)).not.toContain(secret);
});

test('the list is cut', () => {
  const list = Array.from({ length: 300 }, () => ({}));
  expect(errorsOf({ day: '2026-01-01', size: 1, kind: 'a', list })).toHaveLength(MAX_FIELD_ERRORS);
});

test('a path becomes a JSON pointer', () => {
  expect(pointerTo([])).toBe('');
  expect(pointerTo(['questions', 3, 'a/b', 'c~d'])).toBe('/questions/3/a~1b/c~0d');
});

test('of a field with several things wrong the first is told', () => {
  const { error } = z
    .strictObject({
      code: z
        .string()
        .regex(/^[A-Z]+$/, { error: 'must be capitals' })
        .max(2),
    })
    .safeParse({ code: 'abc' });
  expect(error?.issues).toHaveLength(2);
  expect(error && fieldErrors(error)).toEqual([{ pointer: '/code', detail: 'must be capitals' }]);
});
