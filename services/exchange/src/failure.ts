import { PartnerUnreachable, UnexpectedAnswer } from '@mra/exchange';
import { type BackoffLimits, retryAt } from '@mra/exchange-protocol';
import type { Instant } from '@mra/recognition';
import { UnusablePartner } from './make-stream.ts';
import { UnreadableEvents } from './poll-partner.ts';
import { UnusableAnswer } from './unusable-answer.ts';

const FORESEEN = [PartnerUnreachable, UnexpectedAnswer, UnreadableEvents, UnusableAnswer, UnusablePartner];

/** What operations are told of a failure, in words that hold nothing of an answer; null: it is ours, and in the log. */
export function reasonOf(error: unknown): string | null {
  return FORESEEN.some((kind) => error instanceof kind) ? (error as Error).message : null;
}

/** For operations, of failures that are ours. */
export const OURS = 'a failure here: see the log';

/**
 * When to call a partner again: with back-off, and whatever the bound of that is not before it asks for (`Retry-After`, at most five
 * minutes).
 * @param failures in a row, from 1
 */
export function nextAttempt(error: unknown, failures: number, now: Instant, limits: BackoffLimits): Instant {
  const isAnswer = error instanceof UnusableAnswer || error instanceof UnexpectedAnswer;
  const retryAfter = isAnswer ? error.retryAfter : undefined;
  const ours = retryAt({ attempt: failures, random: Math.random(), now }, limits);
  const asked = retryAt({ attempt: 1, random: 0, now, retryAfter });
  return ours > asked ? ours : asked;
}
