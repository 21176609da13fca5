import type { Decision } from './decision.ts';
import { evaluate } from './evaluate.ts';
import type { Audience, Facts, Question } from './question.ts';
import { validUntil } from './valid-until.ts';

/**
 * Decides whether a trader is recognised, and says why (README.md beside this package; api.md section 2).
 * @param question instants `at` (validity) and `knownAt` (knowledge) in UTC
 * @param facts the network and the memberships as known at `question.knownAt`, with all their periods of validity
 * @param audience for whom the answer is made; decides only whether a missing consent may be told
 * @returns the decision; deterministic: the same question, facts and audience give the same decision. Throws nothing.
 */
export function decide(question: Question, facts: Facts, audience: Audience = { administration: null }): Decision {
  const answer = evaluate(question, facts, audience);
  // Of somebody unknown nothing is told, not even when that will change: a trader who did not consent must look like nobody.
  const isUnknown = answer.reason === 'UNKNOWN_TRADER' || answer.reason === 'IDENTIFIER_INVALID';
  return { ...answer, validUntil: isUnknown ? null : validUntil(question, facts, audience, answer) };
}
