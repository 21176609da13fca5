import { describe, expect, test } from 'vitest';
import { aMembership, aNetwork, anEvent } from '../../../tests/support/builders.ts';
import { foldConsent } from './consent.ts';
import type { MembershipBase } from './life-cycle.ts';
import { consentCovers } from './rules/consent-given.ts';
import { startOfDay } from './time.ts';

const given = (partners: readonly string[] | null): MembershipBase['consent'] => ({
  given: true,
  partners,
  from: startOfDay('2020-01-01'),
});
const give = (day: string, partners: readonly string[] | null = null) =>
  anEvent({ type: 'consent_given', effectiveFrom: startOfDay(day), partners });
const withdraw = (day: string, partners: readonly string[] | null = null) =>
  anEvent({ type: 'consent_withdrawn', effectiveFrom: startOfDay(day), partners });

/** The periods, `2020-01-01..2021-01-01 all but JP`. */
function periods(consent: MembershipBase['consent'], ...events: readonly ReturnType<typeof give>[]): readonly string[] {
  const base = { type: 'AEOF', validFrom: startOfDay('2020-01-01'), validTo: null, consent };
  return foldConsent(base, events).map(({ scope, partners, except, valid }) => {
    const also = partners.length > 0 ? ` and ${partners}` : '';
    const but = except.length > 0 ? ` but ${except}` : '';
    return `${valid.from?.slice(0, 10) ?? ''}..${valid.to?.slice(0, 10) ?? ''} ${scope}${also}${but}`;
  });
}

describe('periods of consent', () => {
  test('none where nothing is recorded', () => {
    expect(periods(null)).toEqual([]);
  });

  test('a consent of the record holds from its day; before it there is none', () => {
    expect(periods(given(null))).toEqual(['..2020-01-01 none', '2020-01-01.. all']);
    expect(periods(given(['CA']))).toEqual(['..2020-01-01 none', '2020-01-01.. none and CA']);
    expect(periods({ given: false, partners: null, from: startOfDay('2020-01-01') })).toEqual(['.. none']);
  });

  test('withdrawing one partner from a consent for all leaves the others, and giving it again restores it', () => {
    expect(periods(given(null), withdraw('2021-01-01', ['JP']), give('2022-01-01', ['JP']))).toEqual([
      '..2020-01-01 none',
      '2020-01-01..2021-01-01 all',
      '2021-01-01..2022-01-01 all but JP',
      '2022-01-01.. all',
    ]);
  });

  test('partners are added and taken one by one', () => {
    expect(periods(given(['CA']), give('2021-01-01', ['KR', 'AU']), withdraw('2022-01-01', ['CA'])).at(-1)).toBe(
      '2022-01-01.. none and AU,KR but CA',
    );
  });

  test('withdrawing all leaves none, whatever was given before', () => {
    expect(periods(given(['CA']), give('2021-01-01'), withdraw('2022-01-01')).at(-1)).toBe('2022-01-01.. none');
  });

  test('events without a consent in the record change what the programme assumes', () => {
    expect(periods(null, withdraw('2021-01-01', ['JP']))).toEqual(['2021-01-01.. unrecorded but JP']);
    expect(periods(null, give('2021-01-01', ['JP']))).toEqual(['2021-01-01.. unrecorded and JP']);
  });

  test('events take effect in the order of effectiveFrom, those of one instant as they were recorded', () => {
    expect(periods(given(null), give('2023-01-01'), withdraw('2022-01-01')).slice(-2)).toEqual([
      '2022-01-01..2023-01-01 none',
      '2023-01-01.. all',
    ]);
    expect(periods(given(null), give('2022-01-01'), withdraw('2022-01-01')).at(-1)).toBe('2022-01-01.. none');
  });
});

describe('a withdrawal that is dated before the consent of the record begins', () => {
  const announced: MembershipBase['consent'] = { given: true, partners: null, from: startOfDay('2025-01-01') };

  test('is lifted by a consent for all that takes effect in between', () => {
    expect(periods(announced, withdraw('2024-01-01'), give('2024-06-01')).at(-1)).toBe('2025-01-01.. all');
  });

  test('not by one that begins only later', () => {
    expect(periods(announced, withdraw('2024-01-01'), give('2030-01-01')).slice(-2)).toEqual([
      '2025-01-01..2030-01-01 none',
      '2030-01-01.. all',
    ]);
  });

  test('nor by one that it ends itself', () => {
    expect(periods(announced, withdraw('2024-06-01'), give('2024-01-01')).at(-1)).toBe('2025-01-01.. none');
  });
});

describe('whoever is not named, but covered through a union', () => {
  test('can be left out', () => {
    expect(periods(given(['UU']), withdraw('2021-01-01', ['YY'])).at(-1)).toBe('2021-01-01.. none and UU but YY');
  });

  test('also one that was named beside it', () => {
    expect(periods(given(['UU', 'YY']), withdraw('2021-01-01', ['YY'])).at(-1)).toBe('2021-01-01.. none and UU but YY');
  });

  test('and stays so when all is withdrawn and given to the union again, until named', () => {
    const events = [withdraw('2021-01-01', ['YY']), withdraw('2022-01-01'), give('2023-01-01', ['UU'])];
    expect(periods(given(['UU']), ...events).at(-1)).toBe('2023-01-01.. none and UU but YY');
    expect(periods(given(['UU']), ...events, give('2024-01-01', ['YY'])).at(-1)).toBe('2024-01-01.. none and UU,YY');
    expect(periods(given(['UU']), ...events, give('2024-01-01')).at(-1)).toBe('2024-01-01.. all');
  });
});

describe('whether a consent covers a recogniser and its unions', () => {
  const network = aNetwork();
  const at = startOfDay('2022-01-01');
  const covers = (
    scope: 'all' | 'none' | 'unrecorded',
    partners: readonly string[],
    except: readonly string[],
    territories: readonly string[],
  ) =>
    consentCovers(
      network,
      aMembership({ consents: [{ scope, partners, except, valid: { from: null, to: null } }] }),
      territories,
      at,
    );

  test.each([
    ['all', [], [], ['YY'], true],
    ['none', [], [], ['YY'], false],
    ['none', ['YY'], [], ['YY'], true],
    ['none', ['ZZ'], [], ['YY'], false],
    ['all', [], ['YY'], ['YY'], false],
    ['all', [], ['ZZ'], ['YY'], true],
    // A member of a union: given to either, and withdrawn from neither.
    ['none', ['UU'], [], ['YY', 'UU'], true],
    ['none', ['YY'], [], ['UU'], false],
    ['all', [], ['UU'], ['YY', 'UU'], false],
    ['all', [], ['YY'], ['YY', 'UU'], false],
    ['all', [], ['YY'], ['UU'], true],
  ] as const)('scope %s and %j but %j covers %j: %j', (scope, partners, except, territories, expected) => {
    expect(covers(scope, partners, except, territories)).toBe(expected);
  });

  test.each([
    ['none', true],
    ['unknown', true],
    ['all_partners', false],
    ['per_partner', false],
  ] as const)('where nothing is recorded, a programme with consent %s gives %j', (consent, expected) => {
    const programmes = new Map(
      [...network.programmes].map(([id, terms]) => [id, terms.map((term) => ({ ...term, consent }))]),
    );
    expect(consentCovers({ ...network, programmes }, aMembership(), ['YY'], at)).toBe(expected);
  });
});

test('a withdrawal dated before the consent of the record begins is not undone by that beginning', () => {
  const from = '2020-01-01T00:00:00.000Z';
  const base = { type: 'AEOF', validFrom: from, validTo: null, consent: { given: true, partners: null, from } };
  const withdrawn = anEvent({ type: 'consent_withdrawn', effectiveFrom: '2019-01-01T00:00:00.000Z' });
  expect(foldConsent(base, [withdrawn]).at(-1)).toMatchObject({ scope: 'none', valid: { to: null } });
});
