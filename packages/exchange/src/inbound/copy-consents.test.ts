import type { Period } from '@mra/recognition';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type ConsentRow, consentsOf, coveredWith, endedFrom } from './copy-consents.ts';

const at = (year: number) => `${year}-01-01T00:00:00.000Z`;
const period = (from: number | null, to: number | null): Period => ({
  from: from === null ? null : at(from),
  to: to === null ? null : at(to),
});
const brief = (rows: readonly ConsentRow[]) =>
  rows.map(
    ({ partners, valid }) => `${valid.from?.slice(0, 4) ?? ''}-${valid.to?.slice(0, 4) ?? ''} ${partners.join()}`,
  );

describe('consentsOf', () => {
  test.each([
    ['for ever', [period(null, null)], ['- EU']],
    ['from a moment on', [period(2020, null)], ['-2020 ', '2020- EU']],
    ['for a time', [period(2020, 2022)], ['-2020 ', '2020-2022 EU', '2022- ']],
    ['until a moment', [period(null, 2022)], ['-2022 EU', '2022- ']],
    ['twice', [period(2024, null), period(2020, 2022)], ['-2020 ', '2020-2022 EU', '2022-2024 ', '2024- EU']],
    ['twice without a gap', [period(2020, 2022), period(2022, null)], ['-2020 ', '2020-2022 EU', '2022- EU']],
    ['never', [], ['- ']],
  ])('%s', (_, covered, rows) => {
    expect(brief(consentsOf('EU', covered))).toEqual(rows);
  });

  test('covers every moment once, so that no programme assumes anything', () => {
    const bounds = fc.uniqueArray(fc.integer({ min: 2000, max: 2040 }), { minLength: 0, maxLength: 8 });
    fc.assert(
      fc.property(bounds, fc.boolean(), (years, open) => {
        const sorted = years.toSorted((a, b) => a - b);
        const covered = sorted.flatMap((year, index) =>
          index % 2 === 0 ? [period(year, sorted[index + 1] ?? (open ? null : year + 1))] : [],
        );
        const rows = consentsOf('EU', covered);
        expect(rows[0]?.valid.from ?? null).toBeNull();
        expect(rows.at(-1)?.valid.to ?? null).toBeNull();
        for (const [index, { valid }] of rows.slice(1).entries()) expect(valid.from).toBe(rows[index]?.valid.to);
        for (let year = 1999; year <= 2042; year += 1) {
          const moment = `${year}-06-01T00:00:00.000Z`;
          const within = ({ from, to }: Period) => (from === null || from <= moment) && (to === null || moment < to);
          const row = rows.find(({ valid }) => within(valid));
          expect((row?.partners.length ?? 0) > 0).toBe(covered.some(within));
        }
      }),
    );
  });
});

describe('coveredWith', () => {
  const live = { consents: consentsOf('EU', [period(2020, null)]), present: period(2020, null) };

  test('the present period replaces the one that was present', () => {
    expect(coveredWith(period(2022, null), live)).toEqual([period(2022, null)]);
    expect(coveredWith(period(null, null), live)).toEqual([period(null, null)]);
  });

  test('earlier ones that had ended stay, up to its start', () => {
    const ended = { consents: endedFrom(live.consents, at(2023)), present: null };
    expect(coveredWith(period(2025, null), ended)).toEqual([period(2020, 2023), period(2025, null)]);
    expect(coveredWith(period(2021, null), ended)).toEqual([period(2020, 2021), period(2021, null)]);
    expect(coveredWith(period(2019, null), ended)).toEqual([period(2019, null)]);
  });
});

describe('endedFrom', () => {
  test.each([
    ['within the present period', 2023, ['-2020 ', '2020-2023 EU', '2023- ']],
    ['before it', 2018, ['- ']],
    ['at its start', 2020, ['- ']],
  ])('%s', (_, year, rows) => {
    expect(brief(endedFrom(consentsOf('EU', [period(2020, null)]), at(year)))).toEqual(rows);
  });

  test('of a member of a list: what it recorded holds until then, and nothing is assumed afterwards', () => {
    const listed: ConsentRow[] = [{ scope: 'all', partners: [], except_for: ['US'], valid: period(2019, null) }];
    expect(endedFrom(listed, at(2023))).toEqual([
      { ...listed[0], valid: period(2019, 2023) },
      { scope: 'none', partners: [], except_for: [], valid: period(2023, null) },
    ]);
    expect(endedFrom([], at(2023))).toEqual([
      { scope: 'none', partners: [], except_for: [], valid: period(2023, null) },
    ]);
  });
});
