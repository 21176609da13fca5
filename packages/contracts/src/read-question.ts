import { type OpenQuestion, parseInstant } from '@mra/recognition';
import type { FieldError } from './common.ts';
import { fieldErrors } from './field-errors.ts';
import { MAX_FIELD_ERRORS } from './problems.ts';
import { type InvalidAnswer, MAX_ITEM_ERRORS, Question } from './question.ts';
import { unknownAdministration } from './unknown-administration.ts';
import { type WellFormed, wellFormed } from './well-formed.ts';

export type QuestionReading =
  | { readonly ok: true; readonly question: OpenQuestion }
  | { readonly ok: false; readonly errors: FieldError[] };

/** What a question may name, and when it is read. */
export interface Vocabulary {
  readonly isAdministration: (code: string) => boolean;
  readonly isScheme: (scheme: string) => boolean;
  /**
   * The present, by which a `knownAt` in the future is told beside other wrong fields. A question that is else right is judged by the
   * clock of who answers it.
   */
  readonly now: () => string;
}

/** What a `knownAt` later than the service's clock is answered: nothing is known then yet, and an answer could change later. */
export const NOT_YET_KNOWN: FieldError = { pointer: '/knownAt', detail: 'must not lie in the future' };

/**
 * A question as received (body, query string, batch item, NDJSON line), checked.
 * @param vocabulary a misspelt administration or scheme must not become an answer about nobody
 * @returns the question with canonical instants, null where none was given; or every bad field
 */
export function readQuestion(item: unknown, vocabulary: Vocabulary): QuestionReading {
  const { success, data, error } = Question.safeParse(item);
  const parts = success ? data : wellFormed(Question, item);
  const unknown = unknownNames(parts, vocabulary);
  if (!success || unknown.length > 0) {
    const errors = [
      ...(success ? [] : fieldErrors(error, { schema: Question, value: item })),
      ...unknown,
      ...notYetKnown(parts, vocabulary),
    ];
    return { ok: false, errors: errors.slice(0, MAX_FIELD_ERRORS) };
  }
  const { recogniser, identifier, scheme, issuer, role, flow, name } = data;
  const question: OpenQuestion = {
    recogniser,
    identifier,
    ...(scheme !== undefined && { scheme }),
    ...(issuer !== undefined && { issuer }),
    ...(role !== undefined && { role }),
    ...(flow !== undefined && { flow }),
    at: canonical(data.at),
    knownAt: canonical(data.knownAt),
    ...(name !== undefined && { name }),
  };
  return { ok: true, question };
}

/** The answer of a batch to an item that is not a question. Of many bad fields the first are told, and how many more there are. */
export function invalidAnswer(item: unknown, errors: FieldError[]): InvalidAnswer {
  const more = errors.length - MAX_ITEM_ERRORS;
  // Fewer than all have been looked at where there are as many as a problem lists.
  const count = errors.length < MAX_FIELD_ERRORS ? `${more}` : `at least ${more}`;
  const told =
    more > 0
      ? [
          ...errors.slice(0, MAX_ITEM_ERRORS),
          { pointer: '', detail: `has ${count} more bad field${more === 1 ? '' : 's'}` },
        ]
      : errors;
  return { outcome: 'invalid', question: item ?? null, errors: told };
}

function unknownNames({ recogniser, issuer, scheme }: WellFormed<Question>, vocabulary: Vocabulary): FieldError[] {
  return [
    ...unknownName('/recogniser', recogniser, vocabulary.isAdministration, unknownAdministration),
    ...unknownName('/issuer', issuer, vocabulary.isAdministration, unknownAdministration),
    ...unknownName('/scheme', scheme, vocabulary.isScheme, () => 'is not a known identifier scheme'),
  ];
}

function notYetKnown({ knownAt }: WellFormed<Question>, { now }: Vocabulary): FieldError[] {
  return knownAt !== undefined && (canonical(knownAt) ?? '') > now() ? [NOT_YET_KNOWN] : [];
}

function unknownName(
  pointer: string,
  value: string | undefined,
  isKnown: (value: string) => boolean,
  says: (value: string) => string,
): FieldError[] {
  return value === undefined || isKnown(value) ? [] : [{ pointer, detail: says(value) }];
}

function canonical(instant: string | undefined): string | null {
  if (instant === undefined) return null;
  const parsed = parseInstant(instant);
  if (parsed === null) throw new Error('the schema let through what is not an instant');
  return parsed;
}
