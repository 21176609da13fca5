import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import schemes from '../../../../db/seeds/reference/identifier-schemes.json' with { type: 'json' };
import presentations from '../../../../db/seeds/reference/presentations.json' with { type: 'json' };
import programmes from '../../../../db/seeds/reference/programmes.json' with { type: 'json' };
import vectors from '../../../../tests/decisions/identifier-vectors.json' with { type: 'json' };
import { compilePattern } from './pattern.ts';

describe('compilePattern', () => {
  test('every expression of the reference data and the vectors is usable', () => {
    const sources = [
      ...schemes.map(({ regex }) => regex),
      ...programmes.flatMap(({ numberPatterns }) => numberPatterns.map(({ regex }) => regex)),
      ...presentations.flatMap(({ transform }) => transform.template?.pattern ?? []),
      ...vectors.patterns.map(({ pattern }) => pattern),
    ];
    expect(sources.length).toBeGreaterThan(80);
    for (const source of sources) expect(compilePattern(source), source).not.toBeNull();
  });

  test.each([
    ['does not compile', '^[A-Z'],
    ['is unbalanced', '^(AB'],
    ['repeats nothing', '^*A$'],
    ['nests repetitions', '^(a+)+$'],
    ['nests repetitions in alternatives', '^(a|aa)+$'],
    ['repeats an optional part', '^(a?){40}b$'],
    ['chains repetitions', '^a*a*a*a*a*a*b$'],
    ['repeats without an anchor', 'a*a*a*b'],
    ['refers back', '^(a*)\\1$'],
    ['repeats more often than an identifier is long', '^a{65}$'],
    ['multiplies repetitions', '^((a{64}){64}){64}$|(x+x+)+y'],
    ['is longer than any expression needs to be', `^${'A'.repeat(600)}$`],
  ])('an expression that %s is not usable', (_, source) => {
    expect(compilePattern(source)).toBeNull();
  });

  test('the worst admitted expression is quick on the worst input', () => {
    expect(compilePattern('^[A-Z]*[A-Z]*[A-Z]*X$')).toBeNull();
    const largest = compilePattern('^[A-Z]*[A-Z]*X$');
    const started = performance.now();
    expect(largest?.matches('A'.repeat(64))).toBe(false);
    expect(performance.now() - started).toBeLessThan(100);
  });

  test('a text longer than an identifier is not matched', () => {
    expect(compilePattern('^A+$')?.matches('A'.repeat(64))).toBe(true);
    expect(compilePattern('^A+$')?.matches('A'.repeat(65))).toBe(false);
  });

  test.each([
    ['^[0-9]{3}$', 3, true],
    ['^[0-9]{3}$', 4, false],
    ['^(AB|CD[0-9])$', 4, false],
    ['^[(|)]{2}$', 3, false],
    // Not tied to both ends in each branch, or not plain to see.
    ['^[0-9]{3}', 4, true],
    ['[0-9]{3}$', 4, true],
    ['^[0-9]{3}$|^X', 4, true],
    ['^(AB)|(CD)$', 4, true],
    ['^\\d{3}$', 4, true],
    ['^[0-9]{3}', 65, false],
  ])('%s can match at %i characters: %j', (source, length, can) => {
    expect(compilePattern(source)?.canMatch(length)).toBe(can);
  });

  test('no expression of the reference data matches at a length at which it cannot', () => {
    for (const { regex } of schemes) {
      const pattern = compilePattern(regex);
      for (const text of fc.sample(fc.stringMatching(new RegExp(regex)), { seed: 1, numRuns: 50 }))
        expect([pattern?.matches(text), pattern?.canMatch(text.length)], text).toEqual([true, true]);
    }
  });

  test.each([
    ['^[0-9]{3}$', 3, 1000],
    ['^[0-9]{3}$', 4, 0],
    ['^(AB|CD[0-9])$', 2, 1],
    ['^(AB|CD[0-9])$', 3, 10],
    ['^A(?:[B-D\\-]|E)?$', 2, 5],
    ['^\\d{1,2}K$', 3, 100],
    ['^(?=A)[A-Z]{2}$', 2, 676],
    ['^(?<year>\\d\\d)H$', 3, 100],
  ])('%s admits at %i characters %i texts', (source, length, count) => {
    expect(compilePattern(source)?.admits(length)).toBe(count);
  });
});
