import { describe, expect, test } from 'vitest';
import { aMembership, aNetwork, anIdentifier, aQuestion, aStatus } from '../../../tests/support/builders.ts';
import { match } from './matching.ts';
import type { MembershipFacts } from './membership-types.ts';
import type { Audience, Question } from './question.ts';
import { ALWAYS } from './time.ts';

const WITHHELD = [{ scope: 'none', partners: [], except: [], valid: ALWAYS }] as const;
const lei = (fact: Parameters<typeof anIdentifier>[1] = {}) =>
  anIdentifier('213', { origin: 'given', scheme: 'lei', ...fact });
const member = (programme: string, number: string, facts: Partial<MembershipFacts> = {}) =>
  aMembership({ programme, number, identifiers: [anIdentifier(number), lei()], ...facts });

/** Who is found: `XX1 XX2`, or the kind of the match. */
function found(
  memberships: readonly MembershipFacts[],
  question: Partial<Question> = {},
  audience: Audience = { administration: null },
): string {
  const result = match(aQuestion({ identifier: '213', ...question }), aNetwork(), memberships, audience);
  return result.kind === 'found' ? result.memberships.map(({ number }) => number).join(' ') : result.kind;
}

describe('who an identifier names', () => {
  test('members of different programmes, by programme and number', () => {
    expect(found([member('zz-aeo', 'ZZ1'), member('xx-aeo', 'XX1')])).toBe('XX1 ZZ1');
  });

  test('two live members of one programme are ambiguous, also beside one of another', () => {
    expect(found([member('xx-aeo', 'XX1'), member('xx-aeo', 'XX2')])).toBe('ambiguous');
    expect(found([member('xx-aeo', 'XX1'), member('xx-aeo', 'XX2'), member('zz-aeo', 'ZZ1')])).toBe('ambiguous');
  });

  test('live members come before ended ones; ended ones are found where nobody is live', () => {
    const ended = (number: string) => member('xx-aeo', number, { statuses: [aStatus('AEOS', 'revoked')] });
    expect(found([ended('XX1'), member('xx-aeo', 'XX2')])).toBe('XX2');
    expect(found([ended('XX1'), ended('XX2')])).toBe('XX1 XX2');
  });

  test('an identifier names somebody while it is valid', () => {
    const lapsed = member('xx-aeo', 'XX1', {
      identifiers: [lei({ valid: { from: null, to: '2026-06-15T10:00:00.000Z' } })],
    });
    expect(found([lapsed])).toBe('unknown');
    expect(found([lapsed], { at: '2026-06-15T09:59:59.999Z' })).toBe('XX1');
  });

  test('scheme and issuer narrow', () => {
    expect(found([member('xx-aeo', 'XX1')], { scheme: 'lei' })).toBe('XX1');
    expect(found([member('xx-aeo', 'XX1')], { scheme: 'digits' })).toBe('unknown');
    expect(found([member('xx-aeo', 'XX1'), member('zz-aeo', 'ZZ1')], { issuer: 'ZZ' })).toBe('ZZ1');
    expect(found([member('xx-aeo', 'XX1', { issuingCountry: 'AB' })], { issuer: 'AB' })).toBe('XX1');
  });

  test('a code made for a recogniser names somebody there, and under a scheme of that recogniser only', () => {
    const presented = (recogniser: string) =>
      member('xx-aeo', 'XX1', { identifiers: [anIdentifier('213', { origin: 'presented', recogniser })] });
    expect(found([presented('YY')])).toBe('XX1');
    expect(found([presented('UU')])).toBe('XX1');
    expect(found([presented('ZZ')])).toBe('unknown');
    expect(found([presented('YY')], { scheme: 'digits' })).toBe('XX1');
    expect(found([presented('YY')], { scheme: 'lei' })).toBe('unknown');
  });
});

describe('a member who did not consent', () => {
  const hidden = (number: string) => member('xx-aeo', number, { consents: WITHHELD });

  test('is unknown, except to its issuer', () => {
    expect(found([hidden('XX1')])).toBe('unknown');
    expect(found([hidden('XX1')], {}, { administration: 'YY' })).toBe('unknown');
    expect(found([hidden('XX1')], {}, { administration: 'XX' })).toBe('XX1');
  });

  test('still makes an identifier ambiguous, so that withdrawing a consent never makes another recognised', () => {
    expect(found([hidden('XX1'), member('xx-aeo', 'XX2')])).toBe('ambiguous');
    expect(found([hidden('XX1'), hidden('XX2'), member('zz-aeo', 'ZZ1')])).toBe('ambiguous');
    expect(found([hidden('XX1'), hidden('XX2')])).toBe('unknown');
  });
});

describe('a text that names nobody', () => {
  test.each([
    ['214', undefined, 'unknown'],
    ['2;4', undefined, 'invalid'],
    ['---', undefined, 'invalid'],
    ['X'.repeat(65), undefined, 'invalid'],
    ['214', 'digits', 'unknown'],
    ['2145', 'digits', 'invalid'],
  ] as const)('%s of scheme %s is %s', (identifier, scheme, kind) => {
    expect(found([member('xx-aeo', 'XX1')], { identifier, ...(scheme && { scheme }) })).toBe(kind);
  });
});
