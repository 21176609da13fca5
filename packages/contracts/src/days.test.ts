import { describe, expect, test } from 'vitest';
import { Day, DayOrInstant, Instant, PartialDay } from './days.ts';

const fits = (schema: { safeParse(value: unknown): { success: boolean } }) => (text: unknown) =>
  schema.safeParse(text).success;

describe('an instant', () => {
  test.each([
    '2026-11-22T09:00:00Z',
    '2026-11-22T09:00:00.123456789+08:00',
    '1900-01-01T00:00:00Z',
    '9999-12-31T23:59:59Z',
  ])('%s', (text) => {
    expect(fits(Instant)(text)).toBe(true);
  });

  test.each([
    '2026-11-22',
    '2026-11-22T09:00Z',
    '2026-11-22T09:00:00',
    '2026-11-22t09:00:00z',
    '2026-02-30T09:00:00Z',
    '2026-11-22T09:00:60Z',
    '2026-01-01T00:00:00 08:00',
    '0026-11-22T09:00:00Z',
    '9999-12-31T23:59:59-01:00',
    1764000000,
  ])('not %s', (text) => {
    expect(fits(Instant)(text)).toBe(false);
  });
});

test('a day is a day of the calendar', () => {
  expect(['2026-11-22', '2024-02-29', '9999-12-31'].filter(fits(Day))).toHaveLength(3);
  expect(
    ['2026-02-29', '2026-13-01', '2026-1-1', '20261122', '0026-11-22', '2026-11-22T00:00:00Z'].filter(fits(Day)),
  ).toEqual([]);
});

test('a day or an instant is either, and the error says so', () => {
  expect(['2026-11-22', '2026-11-22T09:00:00+01:00'].filter(fits(DayOrInstant))).toHaveLength(2);
  expect(['2026-11', '22.11.2026', 'tomorrow', '2026-02-30', ''].filter(fits(DayOrInstant))).toEqual([]);
  expect(DayOrInstant.safeParse('tomorrow').error?.issues[0]?.message).toMatch(/a day, .* or an RFC 3339 instant/);
});

test('a partial day is a year, a month or a day that exists', () => {
  expect(['2018', '2018-01', '2018-01-15', '2024-02-29'].filter(fits(PartialDay))).toHaveLength(4);
  expect(
    ['18', '2018-1', '2018-13', '2018-00', '2023-02-29', '0018', '2018-01-15T00:00:00Z', ''].filter(fits(PartialDay)),
  ).toEqual([]);
});

describe('what is told of a wrong instant', () => {
  const told =
    (schema: { safeParse(value: unknown): { error?: { issues: readonly { message: string }[] } } }) =>
    (text: unknown) =>
      schema.safeParse(text).error?.issues[0]?.message ?? null;

  test.each([
    ['2026-11-22', 'must have a time and a zone beside the day, for example 2026-11-22T09:00:00Z'],
    ['2026-11-22T09:00:00', 'must end with its zone, Z or an offset such as +01:00, for example 2026-11-22T09:00:00Z'],
    ['2026-11-22 09:00', 'must end with its zone, Z or an offset such as +01:00, for example 2026-11-22T09:00:00Z'],
    ['2026-02-30T09:00:00Z', 'must lie on a day that exists'],
    ['2026-02-30', 'must lie on a day that exists'],
    ['2026-11-22T17:00:00.5 08:00', 'must have + where it has a space: in an address + is written as %2B'],
    ['0026-11-22T09:00:00Z', 'must lie between the years 1900 and 9999'],
    ['22.11.2026', 'must be an RFC 3339 instant, for example 2026-11-22T09:00:00Z'],
    ['2026-11-22T25:00:00Z', 'must be an RFC 3339 instant, for example 2026-11-22T09:00:00Z'],
    [20261122, 'must be an RFC 3339 instant, for example 2026-11-22T09:00:00Z'],
  ])('%s', (text, detail) => {
    expect(told(Instant)(text)).toBe(detail);
  });

  test('where a day will do too', () => {
    expect(told(DayOrInstant)('2026-02-30')).toBe('must lie on a day that exists');
    expect(told(DayOrInstant)('2026-11-22T09:00:00')).toMatch(/^must end with its zone/);
    expect(told(DayOrInstant)('2026-11-22T17:00:00 08:00')).toMatch(/^must have \+ where it has a space/);
    expect(told(DayOrInstant)('22.11.2026')).toMatch(/^must be a day, for example 2026-11-22, or an RFC 3339 instant/);
  });
});
