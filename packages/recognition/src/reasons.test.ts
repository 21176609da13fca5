import { describe, expect, test } from 'vitest';
import { CONDITION_CODES, type ConditionCode, type Reason } from './closed-sets.ts';
import type { RuleDecision } from './decision.ts';
import { closestReason, conjunction } from './reasons.ts';

/** A rule whose conditions are met but for those named. */
function rule(unmet: Partial<Record<ConditionCode, boolean | null>>): RuleDecision {
  const conditions = CONDITION_CODES.map((code) => ({ code, met: code in unmet ? (unmet[code] ?? null) : true }));
  return { agreement: 'a', rule: 'r', title: '', citation: null, met: conjunction(conditions), conditions };
}

describe('conjunction (Kleene)', () => {
  test.each([
    [[true, true], true],
    [[true, null], null],
    [[null, false], false],
    [[false, true], false],
    [[], true],
  ])('of %j is %j', (values, expected) => {
    expect(conjunction(values.map((met) => ({ code: 'DATA_FRESH', met })))).toBe(expected);
  });
});

describe('the reason of an answer that is not recognised', () => {
  test.each<[ConditionCode, boolean | null, Reason]>([
    ['AGREEMENT_IN_FORCE', false, 'AGREEMENT_NOT_IN_FORCE'],
    ['AGREEMENT_IN_FORCE', null, 'AGREEMENT_START_UNCERTAIN'],
    ['TYPE_COVERED', false, 'TYPE_NOT_COVERED'],
    ['ROLE_COVERED', false, 'ROLE_NOT_COVERED'],
    ['FLOW_COVERED', false, 'FLOW_NOT_COVERED'],
    ['STATUS_ACTIVE', false, 'NOT_ACTIVE'],
    ['NOT_LOCALLY_SUSPENDED', false, 'LOCALLY_SUSPENDED'],
    ['CONSENT_GIVEN', false, 'NO_CONSENT'],
    ['DATA_FRESH', null, 'DATA_STALE'],
  ])('%s %j gives %s', (code, met, reason) => {
    expect(closestReason([rule({ [code]: met })])).toBe(reason);
  });

  test('of one rule it is the first false condition in the order of the reasons', () => {
    expect(closestReason([rule({ STATUS_ACTIVE: false, FLOW_COVERED: false })])).toBe('FLOW_NOT_COVERED');
    expect(closestReason([rule({ CONSENT_GIVEN: false, AGREEMENT_IN_FORCE: false })])).toBe('NO_CONSENT');
  });

  test('what is unknown in a false rule gives no reason', () => {
    expect(closestReason([rule({ AGREEMENT_IN_FORCE: null, NOT_LOCALLY_SUSPENDED: false, DATA_FRESH: null })])).toBe(
      'LOCALLY_SUSPENDED',
    );
  });

  test('of several false rules it is that of the one whose first false condition stands latest', () => {
    const rules = [
      rule({ AGREEMENT_IN_FORCE: false, NOT_LOCALLY_SUSPENDED: false }),
      rule({ STATUS_ACTIVE: false }),
      rule({ TYPE_COVERED: false }),
    ];
    expect(closestReason(rules)).toBe('NOT_ACTIVE');
    expect(closestReason(rules.toReversed())).toBe('NOT_ACTIVE');
  });

  test('an unknown rule comes before any false one: the answer is indeterminate', () => {
    expect(closestReason([rule({ NOT_LOCALLY_SUSPENDED: false }), rule({ AGREEMENT_IN_FORCE: null })])).toBe(
      'AGREEMENT_START_UNCERTAIN',
    );
  });

  test('of one unknown rule it is the first unknown condition, of several the latest of these', () => {
    const both = rule({ AGREEMENT_IN_FORCE: null, DATA_FRESH: null });
    expect(closestReason([both])).toBe('AGREEMENT_START_UNCERTAIN');
    expect(closestReason([both, rule({ DATA_FRESH: null })])).toBe('DATA_STALE');
  });
});
