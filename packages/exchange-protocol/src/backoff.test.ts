import fc from 'fast-check';
import { expect, test } from 'vitest';
import { retryAt } from './backoff.ts';
import { NOW } from './test-support.ts';

const wait = (attempt: number, random: number, retryAfter?: string) =>
  (Date.parse(retryAt({ attempt, random, now: NOW, retryAfter })) - Date.parse(NOW)) / 1000;

test('waits are random up to a bound that doubles from half a second to five minutes', () => {
  expect([1, 2, 3, 10, 11, 1000].map((attempt) => wait(attempt, 0.5))).toEqual([0.25, 0.5, 1, 128, 150, 150]);
  expect(wait(9, 0)).toBe(0);
});

test.each([
  ['5', 5],
  ['0', 0],
  ['Sun, 22 Nov 2026 09:00:07 GMT', 7],
  ['Sun, 22 Nov 2026 08:00:00 GMT', 0],
  ['86400', 300],
  ['soon', 0],
  ['-1', 0],
  ['1e9', 0],
  ['', 0],
])('Retry-After %j asks for %d seconds (RFC 9110 section 10.2.3)', (retryAfter, seconds) => {
  expect(wait(1, 0, retryAfter)).toBe(seconds);
});

test('no wait is shorter than asked for, longer than five minutes or negative', () => {
  const random = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 100_000 }),
      random,
      fc.integer({ min: 0, max: 300 }),
      (attempt, chance, asked) => {
        const seconds = wait(attempt, chance, String(asked));
        expect(seconds).toBeGreaterThanOrEqual(asked);
        expect(seconds).toBeLessThanOrEqual(300);
      },
    ),
  );
});
