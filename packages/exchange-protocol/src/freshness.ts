import { addSeconds, type Instant } from '@mra/recognition';

/** Silence that is still fresh, in cadences (exchange contract, section 3). */
const STALE_AFTER_CADENCES = 1.5;

/** Oldest age, in whole seconds, at which a partner's data still answer questions: 1.5 × its cadence. */
export function maxAgeSeconds(cadenceSeconds: number): number {
  return Math.floor(cadenceSeconds * STALE_AFTER_CADENCES);
}

/**
 * Whether a partner has been silent for longer than 1.5 × its cadence.
 * @param lastHeardAt when its last event, verification event or applied snapshot was received; null: never, which is stale
 */
export function isStale(lastHeardAt: Instant | null, cadenceSeconds: number, now: Instant): boolean {
  return lastHeardAt === null || now > staleFrom(lastHeardAt, cadenceSeconds);
}

/** The last instant at which data heard then are fresh. */
export function staleFrom(lastHeardAt: Instant, cadenceSeconds: number): Instant {
  return addSeconds(lastHeardAt, maxAgeSeconds(cadenceSeconds));
}

/**
 * When a transmitter that has nothing else to send must send a verification event, so that its partner does not take silence for
 * failure: half a cadence after the last event, so that one may be lost.
 */
export function heartbeatDueAt(lastSentAt: Instant, cadenceSeconds: number): Instant {
  return addSeconds(lastSentAt, Math.floor(cadenceSeconds / 2));
}
