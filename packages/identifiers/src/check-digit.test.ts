import fc from 'fast-check';
import { stdnum } from 'stdnum';
import { describe, expect, test } from 'vitest';
import schemes from '../../../db/seeds/reference/identifier-schemes.json' with { type: 'json' };
import vectors from '../../../tests/decisions/identifier-vectors.json' with { type: 'json' };
import { type CheckDigit, checkDigit, enforced } from './check-digit.ts';

const TODAY = '2026-11-22';

/** The vectors name schemes in capitals, the reference data by its own ids. */
const SCHEME_OF: Readonly<Record<string, string>> = {
  ABN: 'abn',
  BN_CA: 'ca-bn',
  BRN_KR: 'kr-brn',
  CNPJ: 'br-cnpj',
  CORPORATE_NUMBER_JP: 'jp-corporate',
  CPJ_CR: 'cr-cpj',
  CUIT_AR: 'ar-cuit',
  GSTIN_IN: 'in-gstin',
  HP_IL: 'il-hp',
  IRD_NZ: 'nz-ird',
  LEI: 'lei',
  NIT_CO: 'co-nit',
  NPWP_ID: 'id-npwp',
  ORGNR_NO: 'no-orgnr',
  PAN_IN: 'in-pan',
  RFC_MX: 'mx-rfc',
  RNC_DO: 'do-rnc',
  RUC_PE: 'pe-ruc',
  RUT_CL: 'cl-rut',
  RUT_UY: 'uy-rut',
  UBN_TW: 'tw-ubn',
  UEN_SG: 'sg-uen',
  UID_CH: 'ch-uid',
  USCC_CN: 'cn-uscc',
  VKN_TR: 'tr-vkn',
};

const schemeOf = (name: string): string => {
  const scheme = SCHEME_OF[name];
  if (scheme === undefined) throw new Error(`no scheme for ${name}`);
  return scheme;
};

const expected = (scheme: string, valid: boolean): CheckDigit =>
  scheme === 'mx-rfc' ? 'not_checked' : valid ? 'valid' : 'invalid';

describe('vectors', () => {
  test.each(vectors.checkDigits)('$scheme $value: $valid', ({ scheme, value, valid }) => {
    expect(checkDigit(schemeOf(scheme), value, TODAY)).toBe(expected(schemeOf(scheme), valid));
  });

  const dated = vectors.checkDigits.flatMap(({ scheme, value, validFrom }) =>
    validFrom === undefined ? [] : [{ scheme, value, from: validFrom.padEnd(10, '-01') }],
  );

  test('there are dated vectors', () => {
    expect(dated).toHaveLength(2);
  });

  test.each(dated)('$scheme $value is valid from $from on, and not the day before', ({ scheme, value, from }) => {
    const before = new Date(Date.parse(from) - 86_400_000).toISOString().slice(0, 10);
    expect(checkDigit(schemeOf(scheme), value, from)).toBe('valid');
    expect(checkDigit(schemeOf(scheme), value, before)).toBe('invalid');
  });

  test('every vector that has no date is as valid in 2022', () => {
    for (const { scheme, value, valid } of vectors.checkDigits.filter((vector) => vector.validFrom === undefined)) {
      expect(checkDigit(schemeOf(scheme), value, '2022-01-01'), value).toBe(expected(schemeOf(scheme), valid));
    }
  });
});

describe('the examples of identifier-schemes.json', () => {
  const rows = schemes.map(({ scheme, examples, checkDigit: words }) => ({ scheme, ...examples, words }));

  test.each(rows)('$scheme', ({ scheme, valid, invalid, words }) => {
    const unchecked = words === null || scheme === 'mid' || scheme === 'mx-rfc';
    for (const value of valid)
      expect(checkDigit(scheme, value, TODAY), value).toBe(unchecked ? 'not_checked' : 'valid');
    for (const value of invalid)
      expect(checkDigit(scheme, value, TODAY), value).toBe(unchecked ? 'not_checked' : 'invalid');
  });
});

describe('rules of our own', () => {
  test.each([
    // 7th digit 7: the digits add up to 9 or 10
    ['tw-ubn', '10458575', '2020-01-01', 'valid'],
    ['tw-ubn', '10458574', '2020-01-01', 'valid'],
    ['tw-ubn', '10458576', '2020-01-01', 'invalid'],
    ['tw-ubn', '1045857', '2020-01-01', 'invalid'],
    // check character 0, which stdnum refuses
    ['cn-uscc', '62571235KDQDGBMQ40', TODAY, 'valid'],
    ['cn-uscc', '62571235KDQDGBMQ41', TODAY, 'invalid'],
    ['cn-uscc', '91110000600037341I', TODAY, 'invalid'],
    ['uy-rut', '224845220012', TODAY, 'valid'],
    ['uy-rut', '224845220013', TODAY, 'invalid'],
    ['uy-rut', '211003420027', TODAY, 'invalid'],
    ['id-npwp', '0013121660091000', '2024-01-01', 'valid'],
    ['id-npwp', '0013121660091000', '2023-12-31', 'invalid'],
    ['id-npwp', '0013121661091000', '2024-01-01', 'invalid'],
    ['id-npwp', '013121661091000', TODAY, 'invalid'],
    ['id-npwp', '3171011708450001', '2024-01-01', 'not_checked'],
    ['sg-uen', '197401143C', '1974-01-01', 'valid'],
    ['sg-uen', '197401143C', '1973-12-31', 'invalid'],
    ['sg-uen', 'T01FC6132D', '2001-01-01', 'valid'],
    ['sg-uen', 'T01FC6132D', '2000-12-31', 'invalid'],
    ['sg-uen', 'T01FC6132E', TODAY, 'invalid'],
    ['sg-uen', '00192200A', TODAY, 'invalid'],
    ['lei', '213800KUD8LAJWSQ9D51', TODAY, 'invalid'],
    ['lei', '213800KUD8LAJWSQ9D1', TODAY, 'invalid'],
  ])('%s %s on %s: %s', (scheme, value, on, result) => {
    expect(checkDigit(scheme, value, on)).toBe(result);
  });
});

test('the rule of the CNPJ is that of stdnum', () => {
  const front = fc.oneof(fc.stringMatching(/^[0-9]{12}$/), fc.stringMatching(/^[0-9A-Z]{12}$/));
  fc.assert(
    fc.property(front, fc.stringMatching(/^[0-9A-Z]{2}$/), (digits, guess) => {
      // The two digits that stdnum takes, found by trying: one pair in a hundred is right.
      const pairs = Array.from({ length: 100 }, (_, pair) => String(pair).padStart(2, '0'));
      const accepted = pairs.filter((pair) => stdnum.BR?.cnpj?.validate(digits + pair).isValid);
      const valid = (pair: string) => checkDigit('br-cnpj', digits + pair, TODAY) === 'valid';
      expect(pairs.filter(valid)).toEqual(/^0+$/.test(digits) ? [] : accepted);
      expect(valid(guess)).toBe(accepted.includes(guess));
    }),
    { numRuns: 200 },
  );
});

describe('checkDigit', () => {
  test('the ABN in an official announcement is a dummy', () => {
    expect(checkDigit('abn', '12345678910', TODAY)).toBe('invalid');
  });

  test.each([
    ['ca-bn', '123-026-635'],
    ['nz-ird', 'NZ49091850'],
    ['cl-rut', 'CL760864285'],
    ['no-orgnr', '988/077917'],
    ['br-cnpj', ''],
    ['abn', '８３914571673'],
  ])('%s takes no other form than the normalised one: %j', (scheme, value) => {
    expect(checkDigit(scheme, value, TODAY)).toBe('invalid');
  });

  test('zeros alone are no number', () => {
    for (const { scheme } of schemes) {
      for (const zeros of ['00000000', '000000000', '0000000000', '00000000000000']) {
        expect(checkDigit(scheme, zeros, TODAY)).not.toBe('valid');
      }
    }
  });

  test('a scheme without a rule is not checked', () => {
    expect(checkDigit('cn-aeo-code', 'AEOCN0123456789', TODAY)).toBe('not_checked');
    expect(checkDigit('no-such-scheme', '1', TODAY)).toBe('not_checked');
    expect(checkDigit('constructor', '1', TODAY)).toBe('not_checked');
  });
});

describe('enforced', () => {
  test('where the rule is certain', () => {
    expect(['abn', 'lei', 'tw-ubn', 'br-cnpj'].every(enforced)).toBe(true);
  });

  test('not where numbers in use fail, the formula is unverified, or there is no rule', () => {
    expect(['mx-rfc', 'do-rnc', 'kr-brn', 'mid', 'no-such-scheme'].some(enforced)).toBe(false);
  });
});
