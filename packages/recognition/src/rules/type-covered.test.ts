import { describe, expect, test } from 'vitest';
import {
  aMembership,
  aNetwork,
  anAgreement,
  aQuestion,
  aRule,
  aStatus,
  aType,
  TYPES,
} from '../../../../tests/support/builders.ts';
import type { StatusPeriod } from '../membership-types.ts';
import { statusActive } from './status-active.ts';
import { typeCovered } from './type-covered.ts';

const context = (type: string, types: readonly string[] | null, statuses: readonly StatusPeriod[] = []) => ({
  question: aQuestion(),
  network: aNetwork(),
  membership: aMembership({ statuses }),
  issuer: 'XX',
  agreement: anAgreement(),
  rule: aRule({ types }),
  type: TYPES.find(({ code }) => code === type) ?? null,
});

describe('a type counts under a rule', () => {
  test.each([
    ['AEOS', ['AEOS'], true],
    ['AEOC', ['AEOS'], false],
    ['AEOF', ['AEOS'], true],
    ['AEOF', ['AEOC'], true],
    ['AEOF', ['AEOF'], true],
    ['AEOS', ['AEOF'], false],
    ['AEOF', [], false],
    // null: the types that their programme calls recognisable.
    ['AEOS', null, true],
    ['AEOF', null, true],
    ['AEOC', null, false],
  ])('%s where %j count: %j', (type, types, met) => {
    expect(typeCovered(context(type, types)).met).toBe(met);
  });

  test('a member without a type has none that counts', () => {
    expect(typeCovered(context('', null)).met).toBe(false);
  });
});

test('a type listed as a whole, of whose components none is recognisable, needs all of them active', () => {
  const whole = aType('F', ['C', 'S'], 'no');
  const rule = {
    ...context('F', ['F'], [aStatus('C', 'active', 'F'), aStatus('S', 'suspended', 'F')]),
    type: whole,
  };
  expect(typeCovered(rule).met).toBe(true);
  expect(statusActive(rule).met).toBe(false);
});

describe('an AEOF is active for a rule through the component that counts', () => {
  const suspended = {
    AEOS: [aStatus('AEOC'), aStatus('AEOS', 'suspended')],
    AEOC: [aStatus('AEOC', 'suspended'), aStatus('AEOS')],
  };

  test.each([
    [['AEOS'], false, true],
    [['AEOS', 'AEOF'], false, true],
    // Listed as a whole, it counts through the component that its programme calls recognisable.
    [['AEOF'], false, true],
    [null, false, true],
    [['AEOC'], true, false],
    [['AEOC', 'AEOS'], true, true],
  ])('where %j count: with AEOS suspended %j, with AEOC suspended %j', (types, withoutAeos, withoutAeoc) => {
    expect(statusActive(context('AEOF', types, suspended.AEOS)).met).toBe(withoutAeos);
    expect(statusActive(context('AEOF', types, suspended.AEOC)).met).toBe(withoutAeoc);
  });

  test('the words tell each component that counts', () => {
    expect(statusActive(context('AEOF', ['AEOS'], suspended.AEOS)).detail).toBe('AEOS suspended since 2020-01-01');
    expect(statusActive(context('AEOF', ['AEOS'])).detail).toBe('not yet begun');
  });
});
