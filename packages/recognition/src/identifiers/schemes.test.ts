import { describe, expect, test } from 'vitest';
import reference from '../../../../db/seeds/reference/identifier-schemes.json' with { type: 'json' };
import vectors from '../../../../tests/decisions/identifier-vectors.json' with { type: 'json' };
import type { IdentifierScheme } from '../network-types.ts';
import { normaliseIdentifier } from './normalise.ts';
import { compilePattern } from './pattern.ts';
import { firstMatchingSchemes, matchingSchemes } from './schemes.ts';

/** The vectors name schemes in capitals. The others have no scheme of their own in the reference data. */
const SCHEME_OF: Readonly<Record<string, string>> = {
  EORI_EU: 'eori',
  EORI_UK: 'eori-gb',
  TCUIN: 'eu-tcui',
  CN_AEO: 'cn-aeo-code',
  MY_AEO: 'my-aeo-code',
  SG_AEO: 'sg-aeo-code',
  MID: 'mid',
  PAN_IN: 'in-pan',
  LEI: 'lei',
};

const aScheme = (scheme: string, regex: string): IdentifierScheme => ({
  scheme,
  regex,
  administration: null,
  name: scheme,
  kind: 'AEO_CODE',
  checkDigit: null,
});

const ids = (value: string, schemes: Iterable<IdentifierScheme> = reference): string[] =>
  matchingSchemes(normaliseIdentifier(value), schemes).map(({ scheme }) => scheme);

describe('matchingSchemes', () => {
  const corresponding = vectors.formats.filter(({ scheme }) => scheme in SCHEME_OF);

  test('most of the format vectors have a scheme in the reference data', () => {
    expect(corresponding.length).toBeGreaterThanOrEqual(15);
  });

  test.each(corresponding)('$scheme $value: $valid', ({ scheme, value, valid }) => {
    expect(ids(value).includes(SCHEME_OF[scheme] ?? '')).toBe(valid);
  });

  test.each(vectors.formats)('the pattern of $scheme on $value: $valid', ({ scheme, value, valid }) => {
    const source = vectors.patterns.find((entry) => entry.scheme === scheme)?.pattern ?? '';
    expect(compilePattern(source)?.matches(value)).toBe(valid);
  });

  test('a UK number from before 2021 fits the EU and the UK scheme, with its slash', () => {
    expect(ids('GBAEOF00001/10')).toEqual(['gb-aeo-number', 'eu-aeo-number']);
  });

  // Of the invalid examples, those of schemes with a check digit fit the expression.
  test('the examples of the reference schemes fit as their data says', () => {
    for (const { scheme, examples, checkDigit } of reference) {
      for (const example of examples.valid) expect(ids(example), `${scheme} ${example}`).toContain(scheme);
      if (checkDigit !== null) continue;
      for (const example of examples.invalid) expect(ids(example), `${scheme} ${example}`).not.toContain(scheme);
    }
  });

  test.each([
    ['DE1234567890123', 'eori'],
    ['AEOCN0123456789', 'cn-aeo-code'],
    ['DEAEOF00012345', 'eu-aeo-number'],
    ['MY12345H100001', 'my-aeo-code'],
    ['KRAEO1234567', 'kr-aeo-number'],
    ['27AAPFU0939F1ZV', 'in-gstin'],
  ])('%s is first of all %s', (value, scheme) => {
    expect(ids(value)[0]).toBe(scheme);
  });

  test('an expression that fits everything comes last, whatever the order of the schemes', () => {
    const opaque = ['au-supplier-code', 'il-supplier-code', 'in-obin', 'kr-obpc', 'nz-supplier-code', 'tr-yfks'];
    for (const schemes of [reference, reference.toReversed()])
      expect(ids('51824753556', schemes).slice(-6)).toEqual(opaque);
  });

  test('a scheme whose expression does not compile or could run for ever fits nothing, and the others still do', () => {
    const schemes = [aScheme('broken', '^[A-Z'), aScheme('endless', '^(A+)+$'), aScheme('good', '^A+$')];
    expect(ids('A'.repeat(64), schemes)).toEqual(['good']);
  });

  test('a text longer than an identifier fits nothing', () => {
    expect(ids('A'.repeat(65), [aScheme('any', '^A+$')])).toEqual([]);
  });
});

describe('firstMatchingSchemes', () => {
  const known = new Map(reference.map((scheme) => [scheme.scheme, scheme as IdentifierScheme]));
  const texts = [...vectors.formats.map(({ value }) => normaliseIdentifier(value)), '', 'X', '1'.repeat(70)];

  test('are the first of the matching ones that are accepted, and no more are asked about than needed', () => {
    for (const text of texts) {
      const all = matchingSchemes(text, known.values());
      const asked: string[] = [];
      const found = firstMatchingSchemes(text, known, { most: 3 }, (scheme, index) => {
        asked.push(scheme.scheme);
        return index % 2 === 0 ? scheme.scheme : null;
      });
      const accepted = all.map(({ scheme }) => scheme).filter((_, index) => index % 2 === 0);
      expect(found).toEqual(accepted.slice(0, 3));
      expect(asked).toEqual(all.slice(0, accepted.length < 3 ? all.length : 5).map(({ scheme }) => scheme));
    }
  });

  test('a stated scheme stands first, once, where the identifier fits it', () => {
    const found = (first: string) =>
      firstMatchingSchemes('123456783', known, { most: 4, first }, ({ scheme }, index) => `${index} ${scheme}`);
    const [, ...others] = found('none');
    expect(found('ca-bn').map((one) => one.slice(2))).toEqual(
      ['ca-bn', ...ids('123456783').filter((one) => one !== 'ca-bn')].slice(0, 4),
    );
    expect(found('ca-bn')[0]).toBe('0 ca-bn');
    expect(found('eori')).toEqual(found('none'));
    expect(others).toHaveLength(3);
  });
});
