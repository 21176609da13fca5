import { type Evaluation, evaluate } from './evaluate.ts';
import type { MembershipFacts } from './membership-types.ts';
import { networkInstants } from './network-instants.ts';
import type { Audience, Facts, Question } from './question.ts';
import { staleFromInstant } from './rules/data-fresh.ts';
import { saysTheSame } from './same-answer.ts';
import type { Instant, Period } from './time.ts';

/**
 * The earliest later instant at which the same question, asked anew with nothing more recorded, gets another answer: outcome,
 * reason, membership, conditions, benefits or what to declare (not the wording of a detail or a note). Null when none does.
 * Asked anew at an instant means that neither `at` nor `knownAt` lies before it.
 * Answers change only where some period of a fact begins or ends, so these instants are tried in order.
 */
export function validUntil(question: Question, facts: Facts, audience: Audience, answer: Evaluation): Instant | null {
  const instants = boundaries(question, facts);
  for (const instant of instants) {
    const asked = { ...question, at: later(question.at, instant), knownAt: later(question.knownAt, instant) };
    if (!saysTheSame(evaluate(asked, facts, audience), answer)) return instant;
  }
  return null;
}

/** Later than the instant asked about (of staleness: than that of knowledge), each once, in order. */
function boundaries(question: Question, { network, memberships }: Facts): readonly Instant[] {
  const instants: Instant[] = [];
  for (const membership of memberships) {
    addLater(instants, networkInstants(network, membership.programme, question.recogniser), question.at);
    addBounds(instants, membership.statuses, question.at);
    addBounds(instants, membership.consents, question.at);
    addBounds(instants, membership.identifiers, question.at);
    addBounds(instants, membership.localSuspensions, question.at);
    const stale = staleAfter(question, membership);
    if (stale !== null) instants.push(stale);
  }
  return instants.length < 2 ? instants : [...new Set(instants)].toSorted();
}

/** @param ordered from the end of which those are taken that are later */
function addLater(instants: Instant[], ordered: readonly Instant[], at: Instant): void {
  for (let index = ordered.length - 1; index >= 0; index -= 1) {
    const instant = ordered[index] as Instant;
    if (instant <= at) return;
    instants.push(instant);
  }
}

function addBounds(instants: Instant[], facts: readonly { readonly valid: Period }[], at: Instant): void {
  for (const { valid } of facts) {
    if (valid.from !== null && valid.from > at) instants.push(valid.from);
    if (valid.to !== null && valid.to > at) instants.push(valid.to);
  }
}

/** Staleness counts from knowledge: data can be too old before an instant in the future that is asked about. */
function staleAfter(question: Question, membership: MembershipFacts): Instant | null {
  const stale = membership.source === null ? null : staleFromInstant(membership);
  return stale !== null && stale > question.knownAt ? stale : null;
}

const later = (a: Instant, b: Instant): Instant => (a > b ? a : b);
