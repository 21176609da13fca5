import { isDeepStrictEqual } from 'node:util';
import { type FieldError, problem } from '@mra/contracts';
import type { Instant } from '@mra/recognition';
import type { Recorded } from '@mra/registry';
import type { FastifyRequest } from 'fastify';
import { checkIfMatch, type WriteAnswer } from '../../write.ts';

/** Terms as sent, beside what is known of the same document. */
export interface SentTerms<T> {
  readonly document: T;
  /** When they begin to hold; null: always. */
  readonly from: Instant | null;
  /** The terms of every period, in order of time; none: the document is new. */
  readonly known: readonly Recorded<T>[];
}

/**
 * Replaces terms within a recording, unless what is known already says the same.
 * @param put records them
 * @param read the terms that hold when those sent begin to
 * @returns 201 for a new document, else 200, with the terms as they are now. Throws PRECONDITION_FAILED.
 */
export async function putTerms<T extends object>(
  request: FastifyRequest,
  { document, from, known }: SentTerms<T>,
  put: () => Promise<void>,
  read: () => Promise<readonly Recorded<T>[]>,
  toBody: (terms: Recorded<T>) => object,
): Promise<WriteAnswer> {
  checkIfMatch(request, known[0]?.version ?? null);
  const isNew = known.length === 0;
  const changes = !isKnown({ document, from, known });
  if (changes) await put();
  const [written] = await read();
  if (written === undefined) throw new Error('terms were written and cannot be read');
  request.outcome = isNew ? 'created' : changes ? 'replaced' : 'unchanged';
  return { status: isNew ? 201 : 200, version: written.version, body: toBody(written) };
}

/** Whether what is known already says the same for the whole time in question. */
export function isKnown<T extends object>({ document, from, known }: SentTerms<T>): boolean {
  const affected = known.filter(({ valid }) => valid.to === null || from === null || from < valid.to);
  const start = affected[0]?.valid.from;
  if (start === undefined || (start !== null && (from === null || from < start))) return false;
  const fields = Object.entries(document);
  return affected.every((terms) => fields.every(([field, value]) => isDeepStrictEqual(terms[field as keyof T], value)));
}

/** Throws VALIDATION_FAILED when there is anything wrong. */
export function refuseErrors(errors: readonly FieldError[]): void {
  if (errors.length === 0) return;
  const detail = errors.length === 1 ? 'One field is wrong.' : `${errors.length} fields are wrong.`;
  throw problem('VALIDATION_FAILED', { detail, errors });
}

/** A list whose order says nothing, in the one order in which it is compared. */
export function inOrder<T>(list: readonly T[], keyOf: (item: T) => string): T[] {
  return list.toSorted((a, b) => (keyOf(a) < keyOf(b) ? -1 : keyOf(a) > keyOf(b) ? 1 : 0));
}
