import { RecordingTooSlow } from '@mra/registry';
import { expect, test } from 'vitest';
import { aheadSeconds, PaceTooSlow, startPace } from './recording-pace.ts';

test('what takes a moment is not made ahead, everything else by what it will take', () => {
  expect(aheadSeconds({ changed: 100, lines: 1000 })).toBe(0);
  expect(aheadSeconds({ changed: 101, lines: 0 })).toBe(2);
  expect(aheadSeconds({ changed: 0, lines: 80_000 })).toBe(11);
  expect(aheadSeconds({ changed: 80_000, lines: 80_000 })).toBe(111);
});

test('a rate that will not do is told as soon as it is known, with the time that would', () => {
  let now = 0;
  const pace = startPace({ changed: 100_000, ahead: 100 }, () => now);
  now = 60_000;
  pace.done(1999);
  expect(() => pace.done(1)).toThrow(PaceTooSlow);
  expect(() => pace.done(0)).toThrow(RecordingTooSlow);
  const needed = (() => {
    try {
      pace.done(0);
    } catch (error) {
      return (error as PaceTooSlow).neededSeconds;
    }
    return 0;
  })();
  expect(needed).toBe(60 * 50 * 1.5);
});

test('a rate that will do passes, and so does whatever is not made ahead', () => {
  let now = 0;
  const pace = startPace({ changed: 100_000, ahead: 100 }, () => now);
  for (let second = 1; second <= 99; second += 1) {
    now = second * 1000;
    pace.done(1010);
  }
  now = 1_000_000;
  expect(() => startPace({ changed: 100, ahead: 0 }, () => now).done(5000)).not.toThrow();
});
