import { expect, test } from 'vitest';
import { newPutOff } from './put-off.ts';
import { UnexpectedAnswer } from './snapshot-reasons.ts';

const NOW = '2026-11-22T09:00:00.000Z';
const answer = (status: number, retryAfter?: string) => ({
  status,
  headers: new Headers(retryAfter === undefined ? {} : { 'retry-after': retryAfter }),
});

/** Waits until it is given up. */
function waitsOf(status: number, retryAfter?: string): number[] {
  const putOff = newPutOff();
  const waits: number[] = [];
  try {
    for (;;) waits.push(putOff('asking', answer(status, retryAfter), NOW));
  } catch (error) {
    expect(error).toBeInstanceOf(UnexpectedAnswer);
    expect(error).toMatchObject({ message: `asking: answered ${status}`, retryAfter });
  }
  return waits;
}

test.each([429, 503])('%i: each wait may be twice as long as the one before, ten seconds in all', (status) => {
  // Of a hundred ladders: what is random in one is not in all.
  const ladders = Array.from({ length: 100 }, () => waitsOf(status));
  for (const waits of ladders) {
    for (const [place, wait] of waits.entries()) expect(wait).toBeLessThanOrEqual(500 * 2 ** place);
    expect(waits.reduce((sum, wait) => sum + wait, 0)).toBeLessThanOrEqual(10_000);
  }
  const longest = (place: number) => Math.max(...ladders.map((waits) => waits[place] ?? 0));
  expect(longest(3)).toBeGreaterThan(2000);
  expect(longest(0)).toBeLessThanOrEqual(500);
});

test('Retry-After: never earlier', () => {
  const waits = waitsOf(503, '3');
  expect(waits.length).toBeGreaterThan(0);
  for (const wait of waits) expect(wait).toBeGreaterThanOrEqual(3000);
});

test('Retry-After of more than ten seconds: whoever asked waits, and knows how long', () => {
  expect(waitsOf(429, '11')).toEqual([]);
});

test.each([400, 401, 404, 500, 502])('%i is no putting off', (status) => {
  expect(waitsOf(status, '1')).toEqual([]);
});
