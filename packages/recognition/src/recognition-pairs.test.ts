import { expect, test } from 'vitest';
import { indexNetwork } from './network.ts';
import type { AgreementTerms, Network, RecognitionRule } from './network-types.ts';
import { recognitionPairs } from './recognition-pairs.ts';
import { ALWAYS, type Instant, startOfDay } from './time.ts';

const AT = startOfDay('2026-11-22');

function aRule(agreement: string, changes: Partial<RecognitionRule> = {}): RecognitionRule {
  const rule = { programme: 'eu-aeo', recogniser: 'JP', ...changes };
  return {
    id: `${agreement}:${rule.programme}>${rule.recogniser}`,
    types: null,
    roles: null,
    flows: null,
    effectiveFrom: null,
    presentation: null,
    benefits: [],
    pilotMembers: null,
    ...rule,
  };
}

function anAgreement(id: string, changes: Partial<AgreementTerms> = {}): AgreementTerms {
  return {
    id,
    title: id,
    citation: null,
    lifeCycle: 'in_force',
    signedOn: '2010-06-24',
    inForceOn: '2011-05-24',
    partyEffective: [],
    reviewedOn: '2026-01-01',
    rules: [aRule(id)],
    valid: ALWAYS,
    ...changes,
  };
}

function aNetwork(...agreements: AgreementTerms[]): Network {
  const programmes = ['EU', 'JP'].map((administration) => ({
    id: `${administration.toLowerCase()}-aeo`,
    administration,
    types: [],
    consent: 'none' as const,
    numberPatterns: [],
    valid: ALWAYS,
  }));
  return indexNetwork({
    version: 1,
    administrations: ['EU', 'JP'],
    unionMembers: [],
    programmes,
    agreements,
    presentations: [],
    schemes: [],
  });
}

const pairs = (at: Instant, ...agreements: AgreementTerms[]) => recognitionPairs(aNetwork(...agreements), at);

test('an agreement in force makes a pair of each of its directions', () => {
  const rules = [aRule('a', { programme: 'jp-aeo', recogniser: 'EU' }), aRule('a')];
  expect(pairs(AT, anAgreement('a', { rules }))).toEqual([
    {
      programme: 'eu-aeo',
      issuer: 'EU',
      recogniser: 'JP',
      agreements: ['a'],
      rules: ['a:eu-aeo>JP'],
      pilot: false,
      certain: true,
    },
    {
      programme: 'jp-aeo',
      issuer: 'JP',
      recogniser: 'EU',
      agreements: ['a'],
      rules: ['a:jp-aeo>EU'],
      pilot: false,
      certain: true,
    },
  ]);
});

test('there is no pair before the start and from the start on there is', () => {
  expect(pairs('2011-05-23T23:59:59.999Z', anAgreement('a'))).toEqual([]);
  expect(pairs(startOfDay('2011-05-24'), anAgreement('a'))).toHaveLength(1);
});

test('a start known only to the year is not certain within it', () => {
  const certainty = (day: string) =>
    pairs(startOfDay(day), anAgreement('a', { inForceOn: '2018' })).map(({ certain }) => certain);
  expect(certainty('2017-12-31')).toEqual([]);
  expect(certainty('2018-06-01')).toEqual([false]);
  expect(certainty('2019-01-01')).toEqual([true]);
});

test.each(['signed', 'negotiating', 'suspended', 'terminated'] as const)('%s is not in force', (lifeCycle) => {
  expect(pairs(AT, anAgreement('a', { lifeCycle }))).toEqual([]);
});

test('terms count only while they hold', () => {
  const ended = anAgreement('a', { valid: { from: null, to: startOfDay('2026-01-01') } });
  const begun = anAgreement('a', { lifeCycle: 'terminated', valid: { from: startOfDay('2026-01-01'), to: null } });
  expect(pairs(startOfDay('2025-12-31'), ended, begun)).toHaveLength(1);
  expect(pairs(AT, ended, begun)).toEqual([]);
});

test('a party that has not begun makes no pair', () => {
  const partyEffective = [{ party: 'JP', from: null, effective: false }];
  expect(pairs(AT, anAgreement('a', { partyEffective }))).toEqual([]);
});

test('a pilot is marked, and stands beside an agreement in force', () => {
  const pilot = anAgreement('p', { lifeCycle: 'pilot', inForceOn: '2020-01-01' });
  expect(pairs(AT, anAgreement('a'), pilot)).toMatchObject([
    { pilot: false, agreements: ['a'] },
    { pilot: true, agreements: ['p'] },
  ]);
});

test('a pair names the agreements that certainly hold, or else those that may', () => {
  const vague = (id: string) => anAgreement(id, { inForceOn: '2026' });
  expect(pairs(AT, anAgreement('a'), vague('b'), anAgreement('c'))).toMatchObject([
    { agreements: ['a', 'c'], rules: ['a:eu-aeo>JP', 'c:eu-aeo>JP'], certain: true },
  ]);
  expect(pairs(AT, vague('b'), vague('d'))).toMatchObject([{ agreements: ['b', 'd'], certain: false }]);
});

test('no administration recognises its own members', () => {
  const rules = [aRule('a', { recogniser: 'EU' })];
  expect(pairs(AT, anAgreement('a', { rules }))).toEqual([]);
});
