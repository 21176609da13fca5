import { describe, expect, test } from 'vitest';
import { aMembership, aNetwork, anAgreement, anIdentifier, aQuestion, aRule } from '../../../tests/support/builders.ts';
import { CONDITION_CODES, type ConditionCode } from './closed-sets.ts';
import { decide } from './decide.ts';
import { explain, explainUnknown } from './explain.ts';
import type { MembershipFacts } from './membership-types.ts';
import type { Network } from './network-types.ts';
import type { Question } from './question.ts';
import { ALWAYS } from './time.ts';

/** What the member XX1 is answered by YY: the reason and its sentence. */
function answered(
  question: Partial<Question> = {},
  memberships: readonly MembershipFacts[] = [aMembership()],
  network: Network = aNetwork(),
): string {
  const { reason, detail } = decide(aQuestion(question), { network, memberships });
  return `${reason}: ${detail}`;
}

test('who is recognised needs no explanation', () => {
  expect(answered()).toBe('RECOGNISED: null');
});

describe('somebody unknown', () => {
  const hidden = aMembership({ consents: [{ scope: 'none', partners: [], except: [], valid: ALWAYS }] });

  test.each<Partial<Question>>([{}, { issuer: 'XX' }, { scheme: 'digits', identifier: '123' }, { identifier: 'ХX1' }])(
    'who did not consent is answered word for word like nobody: %j',
    (asked) => {
      const identifiers = [anIdentifier('XX1'), anIdentifier('ХX1'), anIdentifier('123', { scheme: 'digits' })];
      const facts = { ...hidden, identifiers };
      const answer = (memberships: readonly MembershipFacts[]) =>
        decide(aQuestion(asked), { network: aNetwork(), memberships });
      expect(answer([{ ...facts, consents: [] }]).reason).toBe('RECOGNISED');
      expect(answer([facts]).reason).toBe('UNKNOWN_TRADER');
      expect(answer([facts])).toEqual(answer([]));
    },
  );

  test('is looked for where the question says', () => {
    expect(answered({}, [])).toBe('UNKNOWN_TRADER: no known trader has this identifier at that time');
    expect(answered({ identifier: '123', scheme: 'digits', issuer: 'ZZ' }, [])).toBe(
      'UNKNOWN_TRADER: no known trader with a status granted by ZZ has this identifier in scheme digits at that time',
    );
  });

  test.each([
    ['DEA\u0415OF1', '; it contains "\u0415" (U+0415), which is not a Latin letter'],
    ['DEAEOF\u0661', '; it contains "\u0661" (U+0661), which is not one of the digits 0 to 9'],
    ['ＤＥ1', ''],
    ['ÑANDÚ1', ''],
  ])('may have been written with a letter that only looks right: %s', (identifier, words) => {
    expect(explainUnknown(aQuestion({ identifier }))).toBe(`no known trader has this identifier at that time${words}`);
  });
});

describe('a text that can be nobody', () => {
  test.each<[string, string, string?]>([
    [' - ', 'nothing is left of the identifier without spaces, dashes and invisible characters'],
    ['DE;1', 'the identifier contains ";" (U+003B), which no identifier has'],
    ['DE\ue000', 'the identifier contains U+E000, which no identifier has'],
    ['\ufb03'.repeat(22), 'the identifier has more than 64 characters once they are written out'],
    ['(/)', 'the identifier has neither a letter nor a digit'],
    ['12', 'the identifier does not have the form of scheme digits', 'digits'],
    [
      '12З',
      'the identifier does not have the form of scheme digits; it contains "З" (U+0417), which is not a Latin letter',
      'digits',
    ],
  ])('%j', (identifier, words, scheme) => {
    expect(answered({ identifier, ...(scheme !== undefined && { scheme }) }, [])).toBe(`IDENTIFIER_INVALID: ${words}`);
  });
});

describe('somebody known to whom no rule applies', () => {
  test('because the recogniser, or the union to which it belongs, issued the status', () => {
    expect(answered({ recogniser: 'XX' })).toBe('NO_AGREEMENT: XX issued this status itself');
    const members = [{ union: 'XX', member: 'UU', valid: ALWAYS }];
    expect(answered({ recogniser: 'UU' }, undefined, { ...aNetwork(), unionMembers: members })).toBe(
      'NO_AGREEMENT: UU belongs to XX, which issued this status itself',
    );
  });

  test('because no agreement is known in this direction', () => {
    const words = 'NO_AGREEMENT: no agreement is known under which ZZ recognises xx-aeo of XX at that time';
    expect(answered({ recogniser: 'ZZ' })).toBe(words);
    const opposite = anAgreement({ rules: [aRule({ programme: 'zz-aeo', recogniser: 'XX' })] });
    expect(answered({ recogniser: 'ZZ' }, undefined, aNetwork([opposite]))).toBe(words);
  });

  test('or who shares the identifier with another member', () => {
    const other = aMembership({ number: 'XX2', identifiers: [anIdentifier('XX1', { origin: 'given' })] });
    expect(answered({}, [aMembership(), other])).toBe(
      'AMBIGUOUS_IDENTIFIER: several members of one programme have this identifier: ask with the authorisation number',
    );
  });
});

describe('the condition that the closest rule fails', () => {
  const under = (...agreements: Parameters<typeof anAgreement>[0][]) => aNetwork(agreements.map(anAgreement));

  test('is told with its own detail and the title of the agreement', () => {
    expect(answered({}, undefined, under({ inForceOn: '2027' }))).toBe(
      'AGREEMENT_NOT_IN_FORCE: the agreement "XX and YY" does not count at that time (not in force before 2027)',
    );
    expect(answered({}, undefined, under({ inForceOn: '2026' }))).toBe(
      'AGREEMENT_START_UNCERTAIN: it cannot be known whether the agreement "XX and YY" had begun (start not known exactly: 2026)',
    );
  });

  test('of several rules is that of the one that came closest', () => {
    const closer = { id: 'yy-uu', title: 'YY and UU', rules: [aRule({ roles: ['importer'], recogniser: 'UU' })] };
    const network = under({ lifeCycle: 'signed' }, closer, { lifeCycle: 'terminated' });
    expect(answered({ role: 'exporter' }, undefined, network)).toBe(
      'ROLE_NOT_COVERED: the role exporter does not count under "YY and UU" (the agreement covers importer; the membership itself may be valid)',
    );
  });

  test.each(['海关总署', 'A title '.repeat(20)])(
    'names the agreement by its id where the title is official: %s',
    (title) => {
      expect(answered({}, undefined, under({ title, lifeCycle: 'suspended' }))).toBe(
        'AGREEMENT_NOT_IN_FORCE: the agreement xx-yy does not count at that time (not in force: suspended)',
      );
    },
  );

  test('has a sentence of its own, whichever it is', () => {
    const sentence = (code: ConditionCode, met: false | null): string => {
      const condition = { code, met, detail: 'a fact' };
      const rule = { agreement: 'a', rule: 'r', title: 'T', citation: null, met, conditions: [condition] };
      return explain(aQuestion({ role: 'exporter', flow: 'import' }), { reason: 'DATA_STALE', rule, condition });
    };
    const notMet = CONDITION_CODES.map((code) => sentence(code, false));
    const unknown = CONDITION_CODES.map((code) => sentence(code, null));
    expect(new Set(notMet).size).toBe(CONDITION_CODES.length);
    expect(new Set(unknown).size).toBe(CONDITION_CODES.length);
    expect(notMet.filter((words) => words.includes('cannot be known'))).toEqual([]);
    expect(notMet[CONDITION_CODES.indexOf('CONSENT_GIVEN')]).toBe('the trader has not consented to be known to YY');
  });
});
