import { isDay } from '@mra/recognition';

const EXAMPLE = '2026-11-22T09:00:00Z';
const NOT_AN_INSTANT = `must be an RFC 3339 instant, for example ${EXAMPLE}`;
const NEITHER = 'must be a day, for example 2026-11-22, or an RFC 3339 instant between the years 1900 and 9999';

const ISO_DAY = /^\d{4}-\d{2}-\d{2}/;
const ISO_TIME = /[Tt ]\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?/.source;
const NO_ZONE = new RegExp(`${ISO_DAY.source}${ISO_TIME}$`);
/** In a query string `+` is a space (WHATWG URL, application/x-www-form-urlencoded). */
const SPACE_FOR_PLUS = new RegExp(`${ISO_DAY.source}${ISO_TIME} \\d{2}:\\d{2}$`);

/** What is wrong with what is no RFC 3339 instant: the mistakes that are made most have texts of their own. */
export function wrongInstant(input: unknown): string {
  if (typeof input !== 'string') return NOT_AN_INSTANT;
  if (isDay(input)) return `must have a time and a zone beside the day, for example ${EXAMPLE}`;
  return mistakeIn(input) ?? NOT_AN_INSTANT;
}

/** The same of what may also be a day. */
export function wrongDayOrInstant(input: unknown): string {
  return (typeof input === 'string' ? mistakeIn(input) : null) ?? NEITHER;
}

function mistakeIn(text: string): string | null {
  const [day] = ISO_DAY.exec(text) ?? [];
  if (day === undefined) return null;
  if (!isDay(day)) return 'must lie on a day that exists';
  if (SPACE_FOR_PLUS.test(text)) return 'must have + where it has a space: in an address + is written as %2B';
  if (NO_ZONE.test(text)) return `must end with its zone, Z or an offset such as +01:00, for example ${EXAMPLE}`;
  return null;
}
