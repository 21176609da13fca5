import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { AdministrationCode, CountryCode, Identifier, ListQuery, ProgrammeId } from './common.ts';
import { fieldErrors } from './field-errors.ts';
import { BatchRequest, Question } from './question.ts';
import { line } from './text.ts';

const told = (schema: z.ZodType, value: unknown) => {
  const { error } = schema.safeParse(value);
  return error ? fieldErrors(error, { schema, value }).map(({ detail }) => detail) : [];
};

test.each<[string, z.ZodType, unknown, string]>([
  ['an empty text', Identifier, '', 'must not be empty'],
  ['a long text', Identifier, 'A'.repeat(300), 'must have at most 64 characters'],
  ['a long name', line(300), 'A'.repeat(301), 'must have at most 300 characters'],
  ['a short text', z.string().min(3), 'A', 'must have at least 3 characters'],
  ['a text of another length', z.string().length(3), 'A', 'must have exactly 3 characters'],
  ['an empty list', z.array(z.unknown()).min(1), [], 'must not be empty'],
  ['a short list', z.array(z.unknown()).min(2), [1], 'must have at least 2 entries'],
  ['a long list', z.array(z.unknown()).max(1), [1, 2], 'must have at most 1 entry'],
  ['a large number', z.int().max(500), 1000, 'must be at most 500'],
  ['a small number', z.int().min(1), 0, 'must be at least 1'],
  ['another type', z.array(z.unknown()), {}, 'must be an array'],
  ['a form without a text of its own', z.string().regex(/^\d$/), 'x', 'must match /^\\d$/'],
  ['none of two forms', z.union([z.string(), z.array(z.string())]), 1, 'must have one of its forms'],
  [
    'an unknown kind',
    z.discriminatedUnion('kind', [z.object({ kind: z.literal('a') }), z.object({ kind: z.literal('b') })]),
    { kind: 'c' },
    'must be one of a, b',
  ],
])('%s', (_, schema, value, detail) => {
  expect(told(schema, value)).toEqual([detail]);
});

test('large numbers are told in groups', () => {
  expect(told(BatchRequest, { questions: Array(10_001).fill(0) })).toEqual(['must have at most 10,000 entries']);
  expect(told(BatchRequest, { questions: [] })).toEqual(['must not be empty']);
  expect(told(ListQuery, { limit: '1000' })).toEqual(['must be at most 500']);
});

test.each(['Japan', 'JPN', 'jp', 'J', ''])('the one text of a country is told of %j, not its length', (code) => {
  expect(told(AdministrationCode, code)).toEqual(['must be an ISO 3166-1 alpha-2 code in capitals, or EU']);
  expect(told(CountryCode, code)).toEqual(['must be an ISO 3166-1 alpha-2 code in capitals']);
});

test('the length of a code is told where it is else right', () => {
  expect(told(ProgrammeId, 'a'.repeat(41))).toEqual(['must have at most 40 characters']);
  expect(told(ProgrammeId, 'A'.repeat(41))).toEqual(['must be the id of a programme, for example eu-aeo']);
});

describe('null', () => {
  const LEAVE_OUT = 'must not be null: leave it out when it is not known';

  test('for what may be left out is told to be left out, however deep', () => {
    const question = { recogniser: 'JP', identifier: 'A1' };
    for (const field of ['role', 'at', 'name'])
      expect(told(Question, { ...question, [field]: null })).toEqual([LEAVE_OUT]);
    const deep = z.object({ list: z.array(z.object({ part: z.string().optional() })).optional() });
    expect(told(deep, { list: [{}, { part: null }] })).toEqual([LEAVE_OUT]);
  });

  test('for what is needed is not', () => {
    expect(told(Question, { recogniser: null, identifier: 'A1' })).toEqual(['must be a string']);
    expect(told(z.object({ list: z.array(z.string()) }), { list: [null] })).toEqual(['must be a string']);
    expect(told(Question, null)).toEqual(['must be an object']);
  });

  test('nor are other mistakes in fields that may be left out', () => {
    expect(told(Question, { recogniser: 'JP', identifier: 'A1', role: 5, at: 5 })).toEqual([
      expect.stringMatching(/^must be one of/),
      expect.stringMatching(/^must be an RFC 3339 instant/),
    ]);
  });
});
