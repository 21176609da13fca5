import type { CanonicalRecord } from '@mra/exchange-protocol';
import { describe, expect, test } from 'vitest';
import { judgeStatuses } from './judge-statuses.ts';

type Told = readonly [status: string, from: string, to: string | null, component?: string];

const recordOf = (told: readonly Told[], dates: { validFrom?: string; validTo?: string } = {}) =>
  ({
    validFrom: null,
    validTo: null,
    ...dates,
    statuses: told.map(([status, from, to, component = 'AEOS']) => ({ type: 'AEOF', component, status, from, to })),
  }) as unknown as CanonicalRecord;

const judged = (told: readonly Told[], dates = {}) => {
  const result = judgeStatuses(recordOf(told, dates));
  if (!result.ok) return [result.code, result.errors[0]?.pointer];
  return result.periods.map(({ component, status, from, to }) => [component, status, from, to].join(' '));
};

describe('periods', () => {
  test('each component’s in order, whatever the order they come in; repeats once', () => {
    const told: Told[] = [
      ['suspended', '2022', '2023'],
      ['active', '2019', null, 'AEOC'],
      ['active', '2019', '2022'],
      ['active', '2019', '2022'],
    ];
    expect(judged(told)).toEqual(['AEOC active 2019 ', 'AEOS active 2019 2022', 'AEOS suspended 2022 2023']);
  });

  test.each([
    [
      'one within the other',
      [
        ['active', '2019', null],
        ['suspended', '2020', '2021'],
      ],
      1,
    ],
    [
      'by their ends',
      [
        ['suspended', '2020', '2021'],
        ['active', '2019', '2020-06'],
      ],
      0,
    ],
    [
      'with one start',
      [
        ['active', '2019', null],
        ['suspended', '2019', '2020'],
      ],
      1,
    ],
  ] as const)('PERIODS_OVERLAP: %s', (_, told, place) => {
    expect(judged(told)).toEqual(['PERIODS_OVERLAP', `/record/statuses/${place}`]);
  });
});

describe('life cycle', () => {
  const pair = (before: string, after: string) =>
    judged([
      [before, '2019', '2020'],
      [after, '2020', null],
    ]);
  const ALL = ['active', 'suspended', 'revoked', 'annulled', 'withdrawn', 'expired'];
  const ALLOWED = ['suspended', 'revoked', 'withdrawn', 'expired'];

  test.each(ALL.flatMap((before) => ALL.map((after) => [before, after] as const)))('%s, then %s', (before, after) => {
    const follows =
      before === after ||
      (before === 'active' && ALLOWED.includes(after)) ||
      (before === 'suspended' && ['active', ...ALLOWED.slice(1)].includes(after));
    expect(pair(before, after)).toEqual(
      follows ? [`AEOS ${before} 2019 2020`, `AEOS ${after} 2020 `] : ['LIFE_CYCLE', '/record/statuses/1'],
    );
  });

  test('is of each component by itself', () => {
    expect(
      judged([
        ['revoked', '2019', null, 'AEOC'],
        ['active', '2020', null],
      ]),
    ).toHaveLength(2);
  });
});

describe('the validity of the record', () => {
  const dates = { validFrom: '2019', validTo: '2025' };

  test.each([
    ['ends what is active', [['active', '2019', null]], ['AEOS active 2019 2025', 'AEOS expired 2025 ']],
    ['ends what is suspended', [['suspended', '2020', '2026']], ['AEOS suspended 2020 2025', 'AEOS expired 2025 2026']],
    ['begins what began before', [['active', '2010', '2020']], ['AEOS active 2019 2020']],
    ['leaves out what was over before', [['active', '2010', '2019']], []],
    ['lets nobody begin after it', [['active', '2026', null]], ['AEOS expired 2026 ']],
    ['leaves other statuses alone', [['revoked', '2010', null]], ['AEOS revoked 2010 ']],
    [
      'changes nothing that says the same',
      [
        ['active', '2019', '2025'],
        ['expired', '2025', null],
      ],
      ['AEOS active 2019 2025', 'AEOS expired 2025 '],
    ],
  ] as [string, Told[], string[]][])('%s', (_, told, periods) => {
    expect(judged(told, dates)).toEqual(periods);
  });
});
