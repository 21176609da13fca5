import { isDay, parseDayOrInstant } from '@mra/recognition';
import { z } from 'zod';
import { wrongDayOrInstant, wrongInstant } from './wrong-instant.ts';

/** Years 1900 to 9999 once read in UTC: earlier ones are typing errors, later ones leave the canonical 24 characters. */
function isInRange(text: string): boolean {
  const instant = parseDayOrInstant(text);
  return instant !== null && instant.length === 24 && instant >= '1900';
}

/** An error for what is there and wrong; zod's own for what is missing, by which `fieldErrors` knows it. */
const unlessMissing = (textFor: (input: unknown) => string) => (issue: { readonly input?: unknown }) =>
  issue.input === undefined ? undefined : textFor(issue.input);

const OUT_OF_RANGE = { error: 'must lie between the years 1900 and 9999' };

/** An RFC 3339 instant with any offset. Narrower than the RFC: capital `T` and `Z`, no second 60. */
export const Instant = z.iso
  .datetime({
    offset: true,
    error: unlessMissing(wrongInstant),
  })
  .max(35)
  .refine(isInRange, OUT_OF_RANGE);
export type Instant = z.infer<typeof Instant>;

/** A calendar day. */
export const Day = z.iso
  .date({ error: unlessMissing(() => 'must be a day that exists, for example 2026-11-22') })
  .max(10)
  .refine(isInRange, OUT_OF_RANGE);
export type Day = z.infer<typeof Day>;

/** A day or an instant. */
export const DayOrInstant = z.union([Instant, Day], { error: unlessMissing(wrongDayOrInstant) }).meta({
  id: 'DayOrInstant',
  description: 'A day, `2026-11-22`, which means 00:00 UTC of that day, or an instant, `2026-11-22T09:00:00Z`.',
});
export type DayOrInstant = z.infer<typeof DayOrInstant>;

/** A day as precisely as it is known: the missing parts are completed before the calendar is asked. */
function isPartialDay(text: string): boolean {
  const day = `${text}-01-01`.slice(0, 10);
  return isDay(day) && isInRange(day);
}

const PARTIAL_DAY = /^\d{4}(-\d{2}(-\d{2})?)?$/;

/** A day, month or year. */
export const PartialDay = z
  .string()
  .regex(PARTIAL_DAY, { error: 'must be a year, month or day: 2018, 2018-01 or 2018-01-15' })
  .max(10)
  .refine(isPartialDay, { error: 'must be a year, month or day that exists, between 1900 and 9999' })
  .meta({
    id: 'PartialDay',
    description: 'A day as precisely as it is known: `2018`, `2018-01` or `2018-01-15`. Never padded.',
  });
export type PartialDay = z.infer<typeof PartialDay>;

/**
 * Whether a half-open period does not end before or as it starts: an empty one would be valid never.
 * True where one end is open, or is not a day or instant (which its own schema tells).
 */
export function isPeriod(from: unknown, to: unknown): boolean {
  if (typeof from !== 'string' || typeof to !== 'string') return true;
  const [start, end] = [parseDayOrInstant(from), parseDayOrInstant(to)];
  return start === null || end === null || start < end;
}
