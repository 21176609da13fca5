import type { Question as AskedQuestion } from '@mra/recognition';
import { parseInstant } from '@mra/recognition';
import type { FieldError } from './common.ts';
import { fieldErrors } from './field-errors.ts';
import { type InvalidAnswer, Question } from './question.ts';

export type QuestionReading =
  | { readonly ok: true; readonly question: AskedQuestion }
  | { readonly ok: false; readonly errors: FieldError[] };

/**
 * A question as received (body, query string, batch item, NDJSON line), checked and made complete.
 * @param now canonical instant: the default of `at` and `knownAt`, and the latest `knownAt`. What will be recorded by a later
 *   instant is not known yet, so an answer about it could not stay the same for ever (api.md section 2).
 * @returns the question with canonical instants, or every bad field
 */
export function readQuestion(item: unknown, now: string): QuestionReading {
  const { success, data, error } = Question.safeParse(item);
  if (!success) return { ok: false, errors: fieldErrors(error) };
  const { recogniser, identifier, scheme, issuer, role, flow, name } = data;
  const at = canonical(data.at, now);
  const knownAt = canonical(data.knownAt, now);
  if (knownAt > now) return { ok: false, errors: [{ pointer: '/knownAt', detail: 'must not lie in the future' }] };
  const question: AskedQuestion = {
    recogniser,
    identifier,
    ...(scheme !== undefined && { scheme }),
    ...(issuer !== undefined && { issuer }),
    ...(role !== undefined && { role }),
    ...(flow !== undefined && { flow }),
    at,
    knownAt,
    ...(name !== undefined && { name }),
  };
  return { ok: true, question };
}

/** The answer of a batch to an item that is not a question. */
export function invalidAnswer(item: unknown, errors: FieldError[]): InvalidAnswer {
  return { outcome: 'invalid', question: item ?? null, errors };
}

function canonical(instant: string | undefined, now: string): string {
  if (instant === undefined) return now;
  const parsed = parseInstant(instant);
  if (parsed === null) throw new Error('the schema let through what is not an instant');
  return parsed;
}
