import { type Instant, type Period, parseInstant } from '@mra/recognition';

/**
 * A period from the text of a `tstzrange` in UTC, such as `["2025-08-01 00:00:00+00",)`. The only place where ranges are parsed.
 * Throws on `empty` and on infinite bounds, which the tables forbid.
 */
export function parsePeriod(text: string): Period {
  const found = /^[[(]("?)([^",]*)\1,("?)([^",]*)\3[)\]]$/.exec(text);
  if (found === null) throw new Error(`not a period: ${text}`);
  return { from: bound(found[2] ?? ''), to: bound(found[4] ?? '') };
}

function bound(text: string): Instant | null {
  if (text === '') return null;
  const instant = parseInstant(text.replace(' ', 'T').replace(/([+-]\d{2})$/, '$1:00'));
  if (instant === null) throw new Error(`not an instant: ${text}`);
  return instant;
}

/** The text of a `tstzrange` for a half-open period. */
export function rangeText({ from, to }: Period): string {
  return `[${from ?? ''},${to ?? ''})`;
}
