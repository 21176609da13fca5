import { describe, expect, test } from 'vitest';
import schemes from '../../../../db/seeds/reference/identifier-schemes.json' with { type: 'json' };
import vectors from '../../../../tests/decisions/identifier-vectors.json' with { type: 'json' };
import { isPlausibleIdentifier, normaliseIdentifier } from './normalise.ts';

describe('normaliseIdentifier', () => {
  test.each([
    ['deaeof00012345', 'DEAEOF00012345'],
    [' DE AEOF 0001-2345 ', 'DEAEOF00012345'],
    ['gbaeof00001/10', 'GBAEOF00001/10'],
    ['SLMSBN-123456-789', 'SLMSBN123456789'],
    ['BY/0001/TYPE 3', 'BY/0001/TYPE3'],
    ['ＤＥ１２３４５', 'DE12345'],
    ['abc&ñ010203-ab1', 'ABC&Ñ010203AB1'],
    ['abc&n\u0303 010203ab1', 'ABC&Ñ010203AB1'],
    ['', ''],
  ])('%j becomes %j', (text, expected) => {
    expect(normaliseIdentifier(text)).toBe(expected);
  });

  test.each([
    ['hyphen', '\u2010'],
    ['non-breaking hyphen', '\u2011'],
    ['en dash', '\u2013'],
    ['em dash', '\u2014'],
    ['minus sign', '\u2212'],
    ['full-width hyphen', '\uff0d'],
    ['soft hyphen', '\u00ad'],
    ['hyphen bullet', '\u2043'],
    ['non-breaking space', '\u00a0'],
    ['narrow space', '\u202f'],
    ['ideographic space', '\u3000'],
    ['next line', '\u0085'],
    ['tab', '\t'],
    ['zero-width space', '\u200b'],
    ['zero-width joiner', '\u200d'],
    ['right-to-left mark', '\u200f'],
    ['byte order mark', '\ufeff'],
    ['Hangul filler', '\u3164'],
  ])('a %s is removed', (_, character) => {
    expect(normaliseIdentifier(`DE${character}12${character}`)).toBe('DE12');
  });

  test('upper case does not depend on a locale, and what it decomposes is composed again', () => {
    expect(normaliseIdentifier('iıß')).toBe('IISS');
    expect(normaliseIdentifier('e-\u0301')).toBe('É');
  });

  test('every value of the vectors is in normalised form', () => {
    for (const { value } of [...vectors.checkDigits, ...vectors.formats])
      expect(normaliseIdentifier(value)).toBe(value);
  });
});

describe('isPlausibleIdentifier', () => {
  test('every valid example of the reference schemes is plausible', () => {
    for (const { examples } of schemes) {
      for (const example of examples.valid)
        expect(isPlausibleIdentifier(normaliseIdentifier(example)), example).toBe(true);
    }
  });

  test.each([
    'A',
    '7',
    'GBAEOF00001/10',
    'ABC&Ñ010203AB1',
    'А123',
    '東京12',
    'A.B_C:(D)#*+',
    'X'.repeat(64),
    '𝒳'.repeat(64),
  ])('%s is plausible', (text) => {
    expect(isPlausibleIdentifier(text)).toBe(true);
  });

  test.each([
    ['empty', ''],
    ['punctuation alone', '//..'],
    ['65 characters', 'X'.repeat(65)],
    ['a control character', 'DE\u000012'],
    ['a quotation mark', "DE'12"],
    ['markup', '<DE12>'],
    ['a semicolon', 'DE;12'],
    ['a percent sign', 'DE%12'],
    ['a backslash', 'DE\\12'],
    ['an emoji', 'DE12😀'],
    ['half of a surrogate pair', 'DE12\ud83d'],
    ['a mark alone', '\u0301'],
  ])('%s is not', (_, text) => {
    expect(isPlausibleIdentifier(text)).toBe(false);
  });
});
