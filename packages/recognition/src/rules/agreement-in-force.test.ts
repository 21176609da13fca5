import { describe, expect, test } from 'vitest';
import { aMembership, aNetwork, anAgreement, aQuestion, aRule } from '../../../../tests/support/builders.ts';
import { LIFE_CYCLE } from '../closed-sets.ts';
import type { AgreementTerms, RecognitionRule } from '../network-types.ts';
import { dayOrInstant, startOfDay } from '../time.ts';
import { agreementInForce, startOf } from './agreement-in-force.ts';

function condition(
  terms: Partial<AgreementTerms>,
  { day = '2026-06-15', ...rule }: Partial<RecognitionRule> & { readonly day?: string } = {},
) {
  const agreement = anAgreement(terms);
  const context = {
    network: aNetwork(),
    membership: aMembership(),
    issuer: 'XX',
    agreement,
    rule: aRule(rule),
    type: null,
  };
  return agreementInForce({ ...context, question: aQuestion({ at: startOfDay(day) }) });
}

test('of all states in the life of an agreement only in_force counts, and pilot for the members on its list', () => {
  const counting = LIFE_CYCLE.filter((lifeCycle) => condition({ lifeCycle }).met === true);
  expect(counting).toEqual(['in_force']);
  expect(condition({ lifeCycle: 'pilot' }, { pilotMembers: ['xx-1'] }).met).toBe(true);
  expect(condition({ lifeCycle: 'pilot' }, { pilotMembers: ['XX2'] }).met).toBe(false);
  expect(condition({ lifeCycle: 'pilot' }, { pilotMembers: [] }).met).toBe(false);
});

test('a list of a pilot does not narrow an agreement in force', () => {
  expect(condition({}, { pilotMembers: ['XX2'] }).met).toBe(true);
});

test('a party that has signed but not begun keeps its rules out of force', () => {
  const waiting = (party: string) => condition({ partyEffective: [{ party, from: null, effective: false }] }).met;
  expect([waiting('XX'), waiting('YY'), waiting('ZZ')]).toEqual([false, false, true]);
});

test('the words tell what is known', () => {
  expect(condition({ lifeCycle: 'signed', signedOn: '2022-02-04' }).detail).toBe('not in force: signed on 2022-02-04');
  expect(condition({ lifeCycle: 'joint_work_plan' }).detail).toBe('not in force: joint work plan');
  expect(condition({ inForceOn: '2027' }).detail).toBe('not in force before 2027');
  expect(condition({ inForceOn: '2026' }).detail).toBe('start not known exactly: 2026');
  expect(condition({ inForceOn: '2011-05-24' }).detail).toBe('in force since 2011-05-24');
});

describe('not in force before the first day, certainly from the second, uncertain between', () => {
  const effective = (party: string, from: string | null) => ({ party, from, effective: true });

  test.each<[string, Partial<AgreementTerms>, Partial<RecognitionRule>, string, string]>([
    ['a day', { inForceOn: '2011-05-24' }, {}, '2011-05-24', '2011-05-24'],
    ['a month', { inForceOn: '2022-01' }, {}, '2022-01-01', '2022-02-01'],
    ['a year', { inForceOn: '2018' }, {}, '2018-01-01', '2019-01-01'],
    [
      'the start of the direction before that of the agreement',
      { inForceOn: '2012-07-01' },
      { effectiveFrom: '2013-01-31' },
      '2013-01-31',
      '2013-01-31',
    ],
    [
      'the later of two parties',
      { partyEffective: [effective('XX', '2024-08-01'), effective('YY', '2025-02-28')] },
      {},
      '2025-02-28',
      '2025-02-28',
    ],
    ['not a party of other rules', { partyEffective: [effective('ZZ', '2025-02-28')] }, {}, '2020-01-01', '2020-01-01'],
    [
      'a day and a month that overlap',
      { inForceOn: '2024-08-15', partyEffective: [effective('XX', '2024-08')] },
      {},
      '2024-08-15',
      '2024-09-01',
    ],
    ['no start, signed on a day', { inForceOn: null, signedOn: '2021-01-21' }, {}, '2021-01-21', '2026-01-01'],
    ['no start, signed in a month', { inForceOn: null, signedOn: '2018-09' }, {}, '2018-09-01', '2026-01-01'],
    ['no start, signed in a year', { inForceOn: null, signedOn: '2019' }, {}, '2019-01-01', '2026-01-01'],
    ['no start, signed after the review', { inForceOn: null, signedOn: '2026-02-01' }, {}, '2026-02-01', '2026-02-01'],
    ['neither start nor signature', { inForceOn: null }, {}, '', '2026-01-01'],
    [
      'a party whose start is not known',
      { signedOn: '2019-05-01', partyEffective: [effective('YY', null)] },
      {},
      '2020-01-01',
      '2026-01-01',
    ],
    [
      'such a party, the direction known',
      { partyEffective: [effective('YY', null)] },
      { effectiveFrom: '2022-01' },
      '2022-01-01',
      '2022-02-01',
    ],
  ])('%s', (_, terms, rule, earliest, certain) => {
    const start = startOf(anAgreement(terms), aRule(rule), 'XX');
    expect([dayOrInstant(start.earliest), dayOrInstant(start.certain)]).toEqual([earliest, certain]);
  });
});
