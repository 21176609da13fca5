import { retryAt } from '@mra/exchange-protocol';
import type { Instant } from '@mra/recognition';
import type { PartnerResponse } from '../context.ts';
import { UnexpectedAnswer } from './snapshot-reasons.ts';

/**
 * Waits in all while a partner puts one request off: ours answers four times that a digest of a million members is not ready, after ten
 * seconds of work each. Beyond that whoever runs the job waits, tells operations, and keeps nobody else from being served.
 */
const WAITS_MS = 10_000;

/**
 * How long to wait before the same request is made again.
 * @param what was asked, for the error
 * @returns milliseconds
 */
export type PutOff = (what: string, answer: Pick<PartnerResponse, 'status' | 'headers'>, now: Instant) => number;

/**
 * Where a partner answers 429 or 503: longer each time, as polls wait, and never less than its `Retry-After` asks for (RFC 9110 section
 * 10.2.3). For one request; the next begins with a new one. It throws UnexpectedAnswer for any other answer, and when waiting would take
 * more than ten seconds in all.
 */
export function newPutOff(): PutOff {
  let attempt = 0;
  let left = WAITS_MS;
  return (what, answer, now) => {
    attempt += 1;
    const retryAfter = answer.headers.get('retry-after') ?? undefined;
    const wait = Date.parse(retryAt({ attempt, random: Math.random(), now, retryAfter })) - Date.parse(now);
    left -= wait;
    if (![429, 503].includes(answer.status) || left < 0) throw new UnexpectedAnswer(what, answer);
    return wait;
  };
}
