import type { z } from 'zod';
import type { FieldError } from './common.ts';
import { MAX_FIELD_ERRORS } from './problems.ts';

/**
 * The issues of a failed parse as `{pointer, detail}`, one for every bad field: the first
 * thing wrong with it.
 * Unknown fields are pointed at one by one. Values are never repeated: they may be names or identifiers.
 * @returns at most {@link MAX_FIELD_ERRORS}, in the order in which zod found them
 */
export function fieldErrors(error: z.ZodError): FieldError[] {
  const first = new Map<string, FieldError>();
  for (const found of error.issues.flatMap(fromIssue)) {
    if (!first.has(found.pointer)) first.set(found.pointer, found);
  }
  return [...first.values()].slice(0, MAX_FIELD_ERRORS);
}

/** A JSON Pointer (RFC 6901) from the steps of a path. */
export function pointerTo(path: readonly PropertyKey[]): string {
  return path
    .map((step) => `/${String(step).replaceAll('~', '~0').replaceAll('/', '~1')}`)
    .join('')
    .slice(0, 1000);
}

function fromIssue(issue: z.core.$ZodIssue): FieldError[] {
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => ({ pointer: pointerTo([...issue.path, key]), detail: 'is not a known field' }));
  }
  return [{ pointer: pointerTo(issue.path), detail: printable(detailOf(issue)) }];
}

function detailOf(issue: z.core.$ZodIssue): string {
  if (isMissing(issue)) return 'is required';
  if (issue.code === 'invalid_type') return `must be ${withArticle(issue.expected)}`;
  if (issue.code === 'invalid_value') return `must be one of ${issue.values.join(', ')}`;
  return issue.message;
}

/** zod tells a missing field from a wrong one only in the message of a type error, also inside a union. */
function isMissing(issue: z.core.$ZodIssue): boolean {
  if (issue.code === 'invalid_union') {
    return (
      issue.errors.length > 0 &&
      issue.errors.every((branch) => branch.every((it) => it.path.length === 0 && isMissing(it)))
    );
  }
  return issue.code === 'invalid_type' && issue.message.endsWith('received undefined');
}

function withArticle(type: string): string {
  if (type === 'int') return 'a whole number';
  return /^[aeiou]/.test(type) ? `an ${type}` : `a ${type}`;
}

const printable = (text: string): string => text.replace(/\p{Cc}/gu, ' ').slice(0, 2000);
