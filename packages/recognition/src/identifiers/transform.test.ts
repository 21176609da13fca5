import { describe, expect, test } from 'vitest';
import presentations from '../../../../db/seeds/reference/presentations.json' with { type: 'json' };
import vectors from '../../../../tests/decisions/identifier-vectors.json' with { type: 'json' };
import type { Template } from '../network-types.ts';
import { applyTemplate } from './transform.ts';

const templates = new Map(presentations.map(({ id, transform }) => [id, transform.template as Template | null]));

const templateOf = (id: string): Template => {
  const template = templates.get(id);
  if (!template) throw new Error(`no template ${id}`);
  return template;
};

/** The presentation that a pair of the vectors stands for, and what makes its input an identifier of the template's source. */
const PAIRS: Readonly<Record<string, { id: string; before?: string }>> = {
  'AU>JP': { id: 'au-att>JP' },
  'MY>JP': { id: 'my-aeo>JP' },
  'SG>CN': { id: 'sg-stp>CN', before: 'AEOSG' },
  'JP>CN': { id: 'jp-aeo>CN' },
  'AU>CN': { id: 'au-att>CN' },
};

describe('applyTemplate', () => {
  test.each(vectors.transformations)('$from to $to: $input becomes $output', ({ from, to, input, output }) => {
    const pair = PAIRS[`${from}>${to}`];
    expect(applyTemplate(templateOf(pair?.id ?? ''), `${pair?.before ?? ''}${input}`)).toBe(output);
  });

  test.each(vectors.collisions)('$inputs of $from both become $output for $to', ({ from, to, inputs, output }) => {
    const template = templateOf(PAIRS[`${from}>${to}`]?.id ?? '');
    expect(inputs.map((input) => applyTemplate(template, input))).toEqual(inputs.map(() => output));
  });

  test.each(vectors.transformationsUnknown)('$from to $to has no template', ({ from, to }) => {
    expect(templates.get(`${from.toLowerCase()}-aeo>${to}`)).toBeNull();
  });

  const withExample = presentations.flatMap(({ id, example }) => (example === null ? [] : [{ id, ...example }]));

  test('the reference data has examples', () => {
    expect(withExample.length).toBeGreaterThanOrEqual(15);
  });

  test.each(withExample)('the example of $id: $input becomes $output', ({ id, input, output }) => {
    expect(applyTemplate(templateOf(id), input)).toBe(output);
  });

  test('the value is normalised first', () => {
    expect(applyTemplate({ prefix: 'AU' }, ' 51 824-753 556')).toBe('AU51824753556');
  });

  test.each<[string, Template, string]>([
    ['the prefix to strip is missing', { strip: 'AEOSG', prefix: 'SG' }, 'SG123456789012'],
    ['nothing is left after the prefix', { strip: 'AEOSG', prefix: 'SG' }, 'AEOSG'],
    ['there is no value', { prefix: 'SG' }, ' - '],
    ['a piece would be cut short', { take: [{ from: 2, length: 5 }] }, 'MY1234'],
    ['a piece begins outside', { take: [{ from: 8, length: 2 }] }, 'MY12345'],
    ['a piece has no length', { take: [{ from: 0, length: 0 }] }, 'MY12345'],
    ['a piece begins before the value', { take: [{ from: -2, length: 2 }] }, 'MY12345'],
    ['the template takes no piece', { prefix: 'A', take: [] }, 'MY12345'],
    ['the result does not match', { pattern: '^CA[A-Z0-9]{1,15}$' }, 'US12345'],
    ['the pattern does not compile', { pattern: '^CA[' }, 'CA12345'],
    ['the pattern could run for ever', { pattern: '^(A+)+$' }, 'AAAA'],
    ['the result is longer than an identifier', { prefix: 'A'.repeat(60) }, '12345'],
    ['the template names a builder', { builder: 'mid' }, 'AUOZR92MEL'],
  ])('no code where %s', (_, template, value) => {
    expect(applyTemplate(template, value)).toBeNull();
  });
});
