import { describe, expect, test } from 'vitest';
import {
  contains,
  dayOrInstant,
  isDay,
  overlaps,
  parseDayOrInstant,
  parseInstant,
  secondsBetween,
  shortInstant,
  startWindow,
} from './time.ts';

describe('an RFC 3339 instant in its canonical form', () => {
  test.each([
    ['2026-11-22T09:00:00Z', '2026-11-22T09:00:00.000Z'],
    ['2026-11-22T09:00:00.1Z', '2026-11-22T09:00:00.100Z'],
    ['2026-11-22T09:00:00.123999Z', '2026-11-22T09:00:00.123Z'],
    ['2026-11-22T00:30:00+09:00', '2026-11-21T15:30:00.000Z'],
    ['2026-11-22T23:30:00-05:30', '2026-11-23T05:00:00.000Z'],
    ['2026-11-22', null],
    ['2026-11-22T09:00:00', null],
    ['2026-11-22 09:00:00Z', null],
    ['2026-13-01T00:00:00Z', null],
    ['2026-02-30T00:00:00Z', null],
    ['2026-11-22T24:00:00Z', null],
    ['9999-12-31T23:59:59-01:00', null],
    ['now', null],
  ])('%s is %s', (text, expected) => {
    expect(parseInstant(text)).toBe(expected);
  });

  test('a day means its first instant in UTC', () => {
    expect(parseDayOrInstant('2019-04-01')).toBe('2019-04-01T00:00:00.000Z');
  });

  test.each([
    ['2024-02-29', true],
    ['2026-02-29', false],
    ['2026-04-31', false],
    ['2026-4-1', false],
    ['2026-04', false],
  ])('%s is a day: %j', (text, expected) => {
    expect(isDay(text)).toBe(expected);
  });

  test('is shown without what is zero', () => {
    expect(dayOrInstant('2026-11-22T00:00:00.000Z')).toBe('2026-11-22');
    expect(dayOrInstant('2026-11-22T09:00:00.000Z')).toBe('2026-11-22T09:00:00Z');
    expect(shortInstant('2026-11-22T00:00:00.000Z')).toBe('2026-11-22T00:00:00Z');
    expect(shortInstant('2026-11-22T09:00:00.120Z')).toBe('2026-11-22T09:00:00.120Z');
  });
});

describe('periods are half-open [from, to)', () => {
  const [a, b, c] = ['2020-01-01T00:00:00.000Z', '2021-01-01T00:00:00.000Z', '2022-01-01T00:00:00.000Z'] as const;

  test.each([
    [{ from: a, to: b }, a, true],
    [{ from: a, to: b }, b, false],
    [{ from: null, to: b }, a, true],
    [{ from: b, to: null }, a, false],
    [{ from: null, to: null }, a, true],
  ])('%j contains %s: %j', (period, instant, expected) => {
    expect(contains(period, instant)).toBe(expected);
  });

  test.each([
    [{ from: a, to: b }, { from: b, to: c }, false],
    [{ from: a, to: c }, { from: b, to: null }, true],
    [{ from: null, to: b }, { from: null, to: a }, true],
    [{ from: null, to: null }, { from: c, to: null }, true],
  ])('%j and %j overlap: %j', (one, other, expected) => {
    expect(overlaps(one, other)).toBe(expected);
    expect(overlaps(other, one)).toBe(expected);
  });

  test('seconds between instants are whole, and negative backwards', () => {
    expect(secondsBetween('2026-01-01T00:00:00.000Z', '2026-01-01T00:00:01.999Z')).toBe(1);
    expect(secondsBetween('2026-01-01T00:00:01.000Z', '2026-01-01T00:00:00.000Z')).toBe(-1);
  });
});

describe('when a partly known day begins', () => {
  test.each([
    ['2018', '2018-01-01', '2019-01-01'],
    ['2022-01', '2022-01-01', '2022-02-01'],
    ['2022-12', '2022-12-01', '2023-01-01'],
    ['2011-05-24', '2011-05-24', '2011-05-24'],
  ])('%s: not before %s, certainly from %s', (day, earliest, certain) => {
    const { earliest: first, certain: last } = startWindow(day);
    expect([dayOrInstant(first), dayOrInstant(last)]).toEqual([earliest, certain]);
  });
});
