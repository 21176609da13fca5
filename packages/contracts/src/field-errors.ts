import type { z } from 'zod';
import type { FieldError } from './common.ts';
import { isNullForAbsent } from './null-for-absent.ts';
import { MAX_FIELD_ERRORS } from './problems.ts';

/** What was parsed, and with which schema. */
interface Parsed {
  readonly schema: z.ZodType;
  readonly value: unknown;
}

/**
 * The issues of a failed parse as `{pointer, detail}`, one for every bad field: the first
 * thing wrong with it.
 * Unknown fields are pointed at one by one. Values are never repeated: they may be names or identifiers.
 * @param parsed where the sender may leave fields out but sends null: who is given it says so
 * @returns at most {@link MAX_FIELD_ERRORS}, in the order in which zod found them
 */
export function fieldErrors(error: z.ZodError, parsed?: Parsed): FieldError[] {
  const first = new Map<string, FieldError>();
  for (const issue of error.issues) {
    // A body may hold half a million issues, and their texts take longer than finding them.
    if (first.size >= MAX_FIELD_ERRORS) break;
    for (const found of fromIssue(issue, parsed)) if (!first.has(found.pointer)) first.set(found.pointer, found);
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

function fromIssue(issue: z.core.$ZodIssue, parsed: Parsed | undefined): FieldError[] {
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => ({ pointer: pointerTo([...issue.path, key]), detail: 'is not a known field' }));
  }
  const detail =
    parsed !== undefined && isNullForAbsent(parsed.schema, parsed.value, issue.path)
      ? 'must not be null: leave it out when it is not known'
      : detailOf(issue);
  return [{ pointer: pointerTo(issue.path), detail: printable(detail) }];
}

function detailOf(issue: z.core.$ZodIssue): string {
  if (isMissing(issue)) return 'is required';
  if (isOwn(issue.message)) return issue.message;
  switch (issue.code) {
    case 'invalid_type':
      return `must be ${withArticle(issue.expected)}`;
    case 'invalid_value':
      return `must be one of ${issue.values.join(', ')}`;
    case 'too_big':
      return outOfBounds(issue.origin, issue.exact ? 'exactly' : 'at most', issue.maximum);
    case 'too_small':
      return outOfBounds(issue.origin, issue.exact ? 'exactly' : 'at least', issue.minimum);
    case 'invalid_format':
      return issue.pattern === undefined ? `must be ${withArticle(issue.format)}` : `must match ${issue.pattern}`;
    case 'invalid_union':
      return 'options' in issue
        ? `must be one of ${issue.options?.map(String).join(', ')}`
        : 'must have one of its forms';
    default:
      return issue.message;
  }
}

/** The texts of the schemas go on where a field is named; those of zod are sentences. */
const isOwn = (message: string): boolean => /^[a-z]/.test(message);

/** Bounds of schemas here are inclusive. */
function outOfBounds(origin: string, bound: 'at least' | 'at most' | 'exactly', limit: number | bigint): string {
  const counted = COUNTED[origin];
  const number = limit.toLocaleString('en');
  if (counted === undefined) return `must be ${bound} ${number}`;
  if (bound === 'at least' && Number(limit) === 1) return 'must not be empty';
  return `must have ${bound} ${number} ${Number(limit) === 1 ? counted.one : counted.many}`;
}

/** What the bounds of a value count; those of all others are of the value itself. */
const COUNTED: Readonly<Record<string, { readonly one: string; readonly many: string }>> = {
  string: { one: 'character', many: 'characters' },
  array: { one: 'entry', many: 'entries' },
};

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
