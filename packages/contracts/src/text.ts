import { z } from 'zod';

/** The largest integer a 32-bit reader can hold. */
const INT32_MAX = 2_147_483_647;

/** 15 digits: exact in every JSON reader, and below the bound that zod prints for any integer. */
export const COUNT_MAX = 999_999_999_999_999;

/**
 * One line of text without control characters (PostgreSQL refuses NUL, logs and CSV files break on the others) and without half
 * characters (lone surrogates, which JSON can spell and PostgreSQL refuses).
 */
export function line(max: number) {
  return z
    .string()
    .min(1)
    .max(max)
    .regex(/^[^\p{Cc}\p{Cs}]*$/u, { error: 'must not contain control characters' });
}

/** Text of several lines; of the control characters only tab and line ends. */
export function prose(max: number) {
  return z
    .string()
    .max(max)
    .regex(/^(?:[^\p{Cc}\p{Cs}]|[\t\r\n])*$/u, { error: 'must not contain control characters' });
}

/**
 * A text that must match a pattern; `says` completes the sentence "must be …" told to who gets it wrong. The length is told only of what
 * is else right: who writes a name for a code is not helped by its length.
 */
export function code(pattern: RegExp, max: number, says: string) {
  return z
    .string()
    .regex(pattern, { error: `must be ${says}` })
    .max(max);
}

/** A whole number within bounds, with the format that OpenAPI readers size their variables by. */
export function whole(min: number, max: number) {
  return z
    .int()
    .min(min)
    .max(max)
    .meta({ format: max <= INT32_MAX ? 'int32' : 'int64' });
}

/** A whole number in a query string: decimal digits only (`Number` would also read an empty text, `1e3` and `0x10`). */
export function queryWhole(min: number, max: number) {
  const digits = (value: unknown) => (typeof value === 'string' && /^\d{1,15}$/.test(value) ? Number(value) : value);
  return z.preprocess(digits, whole(min, max));
}

/** Whether an item of a list is there already before its place; what is not known repeats nothing. */
export function isRepeated<T>(list: readonly (T | undefined)[], item: T | undefined, index: number): boolean {
  return item !== undefined && list.indexOf(item) < index;
}

/**
 * For a check across fields that must also run where other fields are bad, so that every bad field is told at once.
 * Such a check may meet values of any type in the fields it reads.
 */
export const besideOtherErrors = {
  when: ({ value }: { readonly value: unknown }) => typeof value === 'object' && value !== null,
};
