import { describe, expect, test } from 'vitest';
import { BATCH_MAX, BatchRequest, Question, QuestionQuery } from './question.ts';
import { invalidAnswer, readQuestion } from './read-question.ts';

const NOW = '2026-11-22T09:00:00.000Z';
const vocabulary = {
  isAdministration: (code: string) => ['JP', 'EU'].includes(code),
  isScheme: (scheme: string) => scheme === 'eori',
  now: () => NOW,
};

const asked = { recogniser: 'JP', identifier: 'DEAEOF00012345', role: 'exporter' };

describe('a question', () => {
  test('is the same in a query string and in a body', () => {
    expect(QuestionQuery.parse(asked)).toEqual(asked);
    expect(Question.parse(asked)).toEqual(asked);
    expect(Object.keys(QuestionQuery.shape)).toEqual(Object.keys(Question.shape));
  });

  test('with a misspelt field is refused', () => {
    expect(readQuestion({ ...asked, att: '2026-01-01T00:00:00Z' }, vocabulary)).toEqual({
      ok: false,
      errors: [{ pointer: '/att', detail: 'is not a known field' }],
    });
  });

  test('is told every wrong field at once: of its form, of what nobody knows, and of what is not known yet', () => {
    const wrong = { ...asked, recogniser: 'XX', scheme: 'nope', role: 'boss', knownAt: '2026-11-22T09:00:00.001Z' };
    const reading = readQuestion(wrong, vocabulary);
    expect(reading.ok ? [] : reading.errors.map(({ pointer }) => pointer)).toEqual([
      '/role',
      '/recogniser',
      '/scheme',
      '/knownAt',
    ]);
    expect(readQuestion({ ...wrong, recogniser: 'xx', knownAt: 'now' }, vocabulary)).toMatchObject({
      errors: [{ pointer: '/recogniser' }, { pointer: '/role' }, { pointer: '/knownAt' }, { pointer: '/scheme' }],
    });
  });

  test.each([
    ['recogniser', { recogniser: 'jp' }],
    ['recogniser', { recogniser: 'JPN' }],
    ['identifier', { identifier: '' }],
    ['identifier', { identifier: 'X'.repeat(65) }],
    ['identifier', { identifier: 'DEAEOF\u000000012345' }],
    ['role', { role: 'trader' }],
    ['flow', { flow: 'transit' }],
    ['at', { at: '2026-01-01' }],
    ['at', { at: ['2026-01-01T00:00:00Z', '2026-01-02T00:00:00Z'] }],
    ['knownAt', { knownAt: 'now' }],
    ['scheme', { scheme: 'EORI' }],
    ['issuer', { issuer: 'Germany' }],
    ['name', { name: 'x'.repeat(301) }],
  ])('with a bad %s points at it', (field, bad) => {
    const reading = readQuestion({ ...asked, ...bad }, vocabulary);
    expect(reading.ok ? [] : reading.errors.map(({ pointer }) => pointer)).toEqual([`/${field}`]);
  });

  test.each([
    ['recogniser', { recogniser: 'UK' }],
    ['issuer', { issuer: 'EL' }],
    ['scheme', { scheme: 'eoris' }],
  ])('with a %s that nobody has is refused: a misspelling must not become an answer', (field, bad) => {
    const reading = readQuestion({ ...asked, ...bad }, vocabulary);
    expect(reading.ok ? [] : reading.errors.map(({ pointer }) => pointer)).toEqual([`/${field}`]);
  });

  test('has canonical instants, null where none is given', () => {
    expect(readQuestion(asked, vocabulary)).toEqual({ ok: true, question: { ...asked, at: null, knownAt: null } });
    expect(
      readQuestion({ ...asked, at: '2026-01-01T08:00:00+08:00', knownAt: '2026-06-01T00:00:00.1234Z' }, vocabulary),
    ).toMatchObject({
      question: { at: '2026-01-01T00:00:00.000Z', knownAt: '2026-06-01T00:00:00.123Z' },
    });
  });
});

describe('a batch', () => {
  test('takes any item, so that a bad one does not fail its neighbours', () => {
    const questions = [asked, { recogniser: 1 }, 'text', null];
    expect(BatchRequest.parse({ questions })).toEqual({ questions });
  });

  test('has 1 to 10,000 items and no other field', () => {
    const of = (length: number) => BatchRequest.safeParse({ questions: Array.from({ length }, () => asked) }).success;
    expect([of(0), of(1), of(BATCH_MAX), of(BATCH_MAX + 1)]).toEqual([false, true, true, false]);
    expect(BatchRequest.safeParse({ questions: [asked], at: NOW }).success).toBe(false);
  });

  test('answers a bad item with the item as received', () => {
    const errors = [{ pointer: '', detail: 'must be an object' }];
    expect(invalidAnswer('text', errors)).toEqual({ outcome: 'invalid', question: 'text', errors });
    expect(invalidAnswer(undefined, errors).question).toBeNull();
  });
});
