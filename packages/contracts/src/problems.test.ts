import { expect, test } from 'vitest';
import { z } from 'zod';
import {
  MAX_FIELD_ERRORS,
  PROBLEM_CODES,
  PROBLEMS,
  Problem,
  ProblemDocument,
  problem,
  problemDocument,
} from './problems.ts';

test('the type of every problem is its code in kebab case, and no two share one', () => {
  for (const code of PROBLEM_CODES) {
    expect(PROBLEMS[code].type).toBe(`urn:aeo-mra:problem:${code.toLowerCase().replaceAll('_', '-')}`);
    expect(PROBLEMS[code].title.length).toBeGreaterThan(0);
  }
  expect(new Set(PROBLEM_CODES.map((code) => PROBLEMS[code].type)).size).toBe(PROBLEM_CODES.length);
});

test('every code makes a document that fits the published schema', () => {
  for (const code of PROBLEM_CODES) {
    const document = problemDocument(problem(code, { detail: 'because' }), 'urn:aeo-mra:request:1');
    expect(ProblemDocument.parse(document)).toEqual(document);
    expect(document.status).toBe(PROBLEMS[code].status);
  }
});

test('neither the message nor the document of a problem shows its cause or its headers', () => {
  const shown = problem('CONFLICT', { cause: new Error('secret row 42'), headers: { 'x-private': 'secret header' } });
  expect(shown).toBeInstanceOf(Problem);
  expect(shown.cause).toBeInstanceOf(Error);
  const document = problemDocument(shown, 'urn:aeo-mra:request:1');
  expect(`${shown.message} ${shown.toString()} ${JSON.stringify(document)}`).not.toContain('secret');
  expect(document).not.toHaveProperty('detail');
  expect(document).not.toHaveProperty('errors');
});

test('more field errors than the limit are cut, so that the document still fits its schema', () => {
  const errors = Array.from({ length: MAX_FIELD_ERRORS + 5 }, (_, index) => ({
    pointer: `/${index}`,
    detail: 'wrong',
  }));
  const document = problemDocument(problem('VALIDATION_FAILED', { errors }), 'urn:aeo-mra:request:1');
  expect(document.errors).toHaveLength(MAX_FIELD_ERRORS);
  expect(ProblemDocument.safeParse(document).success).toBe(true);
});

test('the schema is registered as the component Problem', () => {
  expect(z.globalRegistry.get(ProblemDocument)?.id).toBe('Problem');
});
