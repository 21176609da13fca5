import { addSeconds, type Instant } from '@mra/recognition';

export interface BackoffLimits {
  /** Bound of the first wait. */
  readonly baseSeconds?: number;
  /** Bound of any wait, also of one that the partner asks for. */
  readonly maxSeconds?: number;
}

export interface Failure {
  /** Failures in a row, from 1. */
  readonly attempt: number;
  /** A number in [0, 1), from `Math.random` or a test. */
  readonly random: number;
  readonly now: Instant;
  /** The `Retry-After` header as it came: seconds, or an HTTP date. What is neither is ignored. */
  readonly retryAfter?: string | undefined;
}

/**
 * When to try again: exponential with full jitter, random in [0, base × 2^(attempt-1)], never before what `Retry-After` asks for. A row
 * in a table needs the instant; libraries for retries (p-retry, exponential-backoff) sleep in the process and know no `Retry-After`.
 */
export function retryAt(
  { attempt, random, now, retryAfter }: Failure,
  { baseSeconds = 0.5, maxSeconds = 300 }: BackoffLimits = {},
): Instant {
  const bound = Math.min(maxSeconds, baseSeconds * 2 ** Math.min(attempt - 1, 30));
  const asked = Math.min(maxSeconds, askedSeconds(retryAfter, now));
  return addSeconds(now, Math.max(random * bound, asked));
}

/** RFC 9110 section 10.2.3. */
function askedSeconds(retryAfter: string | undefined, now: Instant): number {
  const text = retryAfter?.trim() ?? '';
  if (/^\d{1,10}$/.test(text)) return Number(text);
  const date = /^[A-Z][a-z]{2}, .* GMT$/.test(text) ? Date.parse(text) : Number.NaN;
  return Number.isNaN(date) ? 0 : Math.max(0, Math.ceil((date - Date.parse(now)) / 1000));
}
