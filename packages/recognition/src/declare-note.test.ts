import { expect, test } from 'vitest';
import { aMembership, aNetwork, anAgreement, aQuestion, aRule } from '../../../tests/support/builders.ts';
import { decide } from './decide.ts';
import type { AgreementTerms, Presentation } from './network-types.ts';

const presentation = (known: Partial<Presentation>): Presentation => ({
  id: 'xx-aeo>YY',
  programme: 'xx-aeo',
  recogniser: 'YY',
  strategy: 'UNKNOWN',
  from: null,
  words: 'a code is declared; its form is not known',
  template: null,
  where: 'import declaration, consignor',
  lossy: false,
  ...known,
});

function declared(known: Partial<Presentation> | null, terms: Partial<AgreementTerms> = {}) {
  const rules = [aRule({ presentation: known && 'xx-aeo>YY' })];
  const network = {
    ...aNetwork([anAgreement({ rules, ...terms })]),
    presentations: new Map(known === null ? [] : [['xx-aeo>YY', presentation(known)]]),
  };
  const { declare, declareNote } = decide(aQuestion(), { network, memberships: [aMembership()] });
  return { declare, declareNote };
}

const NOTE = { where: 'import declaration, consignor', note: 'a code is declared; its form is not known' };

test.each<Presentation['strategy']>(['UNKNOWN', 'PARTNER_CODE', 'TRANSFORMED_CODE'])(
  'something is declared whose form is not known: %s without a template',
  (strategy) => {
    expect(declared({ strategy })).toEqual({ declare: null, declareNote: NOTE });
  },
);

test('of which not even the place or the words are known', () => {
  expect(declared({ where: null }).declareNote).toEqual({ ...NOTE, where: null });
  expect(declared({ words: null }).declareNote).toEqual({ ...NOTE, note: null });
  expect(declared({ where: null, words: null })).toEqual({ declare: null, declareNote: null });
});

test('nothing is noted where it is known what to write', () => {
  expect(declared({ strategy: 'NAME_ADDRESS' })).toMatchObject({ declare: { where: NOTE.where }, declareNote: null });
});

test('nor where no presentation is known, or nobody is recognised', () => {
  expect(declared(null)).toEqual({ declare: null, declareNote: null });
  expect(declared({}, { lifeCycle: 'suspended' })).toEqual({ declare: null, declareNote: null });
});

test('one rule that says what to write is enough', () => {
  const other = { ...aRule({ id: 'yy-zz:xx-aeo>YY', presentation: 'xx-aeo>YY' }) };
  const network = {
    ...aNetwork([
      anAgreement({ rules: [aRule({ presentation: 'unknown' })] }),
      anAgreement({ id: 'yy-zz', rules: [other] }),
    ]),
    presentations: new Map([
      ['unknown', presentation({ id: 'unknown' })],
      ['xx-aeo>YY', presentation({ strategy: 'NAME_ADDRESS' })],
    ]),
  };
  const answer = decide(aQuestion(), { network, memberships: [aMembership()] });
  expect(answer).toMatchObject({ declare: { strategy: 'NAME_ADDRESS' }, declareNote: null });
});
