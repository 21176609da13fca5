import fc from 'fast-check';
import { expect, test } from 'vitest';
import { heartbeatDueAt, isStale, maxAgeSeconds, staleFrom } from './freshness.ts';
import { NOW } from './test-support.ts';

test('a partner is stale after 1.5 times its cadence of silence, not before', () => {
  expect(maxAgeSeconds(60)).toBe(90);
  expect(isStale('2026-11-22T08:58:30.000Z', 60, NOW)).toBe(false);
  expect(isStale('2026-11-22T08:58:29.999Z', 60, NOW)).toBe(true);
});

test('one never heard of is stale', () => expect(isStale(null, 86_400, NOW)).toBe(true));

test('one heard of later than now, by another clock, is fresh', () => {
  expect(isStale('2026-11-22T09:00:01.000Z', 1, NOW)).toBe(false);
});

test('heartbeats come so often that one may be lost', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 86_400 }), (cadence) => {
      const second = heartbeatDueAt(heartbeatDueAt(NOW, cadence), cadence);
      expect(second <= staleFrom(NOW, cadence)).toBe(true);
    }),
  );
});
