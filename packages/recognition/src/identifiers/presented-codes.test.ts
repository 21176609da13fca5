import { describe, expect, test } from 'vitest';
import reference from '../../../../db/seeds/reference/presentations.json' with { type: 'json' };
import vectors from '../../../../tests/decisions/identifier-vectors.json' with { type: 'json' };
import type { Presentation, Template } from '../network-types.ts';
import { presentedCodes } from './presented-codes.ts';

const presentationsOf = (programme: string): Presentation[] =>
  reference
    .filter((row) => row.programme === programme)
    .map(({ id, recogniser, strategy, from, transform, where, lossy }) => ({
      id,
      programme,
      recogniser,
      strategy: strategy as Presentation['strategy'],
      from,
      words: transform.words,
      template: transform.template as Template | null,
      where: where ?? '',
      lossy,
    }));

describe('presentedCodes', () => {
  const malaysian = presentationsOf('my-aeo');

  test('every presentation with a template gives a code, by recogniser', () => {
    const codes = presentedCodes([{ scheme: 'my-aeo-code', normalised: 'MY12345H100001' }], malaysian);
    const asIssued = { code: 'MY12345H100001', lossy: false };
    expect(codes).toEqual([
      { recogniser: 'BN', presentation: 'my-aeo>BN', ...asIssued },
      { recogniser: 'ID', presentation: 'my-aeo>ID', ...asIssued },
      { recogniser: 'JP', presentation: 'my-aeo>JP', code: 'A1234510MY00', lossy: true },
      { recogniser: 'PH', presentation: 'my-aeo>PH', ...asIssued },
      { recogniser: 'SG', presentation: 'my-aeo>SG', ...asIssued },
      { recogniser: 'TH', presentation: 'my-aeo>TH', ...asIssued },
    ]);
  });

  test.each(vectors.collisions)('two members $inputs get the one code $output', ({ inputs, to, output }) => {
    for (const normalised of inputs) {
      const codes = presentedCodes([{ scheme: 'my-aeo-code', normalised }], malaysian);
      expect(codes.find(({ recogniser }) => recogniser === to)).toMatchObject({ code: output, lossy: true });
    }
  });

  test('two identifiers that give one code give it once, and the order of the input does not matter', () => {
    const identifiers = vectors.collisions.flatMap(({ inputs }) =>
      inputs.map((normalised) => ({ scheme: 'my-aeo-code', normalised })),
    );
    const codes = presentedCodes(identifiers, malaysian);
    expect(codes.filter(({ recogniser }) => recogniser === 'JP')).toHaveLength(1);
    expect(codes.filter(({ recogniser }) => recogniser === 'BN').map(({ code }) => code)).toEqual(
      identifiers.map(({ normalised }) => normalised),
    );
    expect(presentedCodes(identifiers.toReversed(), malaysian.toReversed())).toEqual(codes);
  });

  test('an identifier of another or of no known scheme gives none, nor does one that does not fit', () => {
    const identifiers = [
      { scheme: 'abn', normalised: 'MY12345H100001' },
      { scheme: null, normalised: 'MY12345H100001' },
    ];
    expect(presentedCodes(identifiers, malaysian)).toEqual([]);
    const short = presentedCodes([{ scheme: 'my-aeo-code', normalised: 'MY1234' }], malaysian);
    expect(short.map(({ recogniser }) => recogniser)).not.toContain('JP');
  });

  test('a presentation without a template, or with the MID builder, gives none', () => {
    const korean = presentationsOf('kr-aeo').filter(({ template }) => template === null || template.builder === 'mid');
    expect(korean.length).toBeGreaterThan(5);
    const identifiers = [...new Set(korean.map(({ from }) => from))].map((scheme) => ({
      scheme,
      normalised: 'KRAEO1234567',
    }));
    expect(presentedCodes(identifiers, korean)).toEqual([]);
  });
});
