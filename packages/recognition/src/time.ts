/** An RFC 3339 instant in UTC in one canonical form of 24 characters, `2026-11-22T09:00:00.000Z`: strings compare as instants do. */
export type Instant = string;

/** A calendar day, `2026-11-22`. */
export type Day = string;

/** A day as precisely as it is known: `2026`, `2026-11` or `2026-11-22`. */
export type PartialDay = string;

/** Half-open `[from, to)`; null is unbounded. */
export interface Period {
  readonly from: Instant | null;
  readonly to: Instant | null;
}

export const ALWAYS: Period = { from: null, to: null };

/** The instant at which a day begins: 00:00 UTC (api.md section 3). The only place where a day becomes an instant. */
export function startOfDay(day: Day): Instant {
  return `${day}T00:00:00.000Z`;
}

/**
 * The canonical form of an RFC 3339 instant with any offset, cut to milliseconds.
 * @returns null when the text is not an instant (a day alone is not one, nor is 2026-02-30T00:00:00Z) or lies outside years 0 to 9999.
 */
export function parseInstant(text: string): Instant | null {
  const [, day, time, fraction = '', offset] = INSTANT.exec(text) ?? [];
  if (day === undefined || !isDay(day)) return null; // Date.parse takes 30 February for 2 March
  const instant = `${day}T${time}.${fraction.slice(1, 4).padEnd(3, '0')}`;
  if (offset === 'Z') return `${instant}Z`;
  const milliseconds = Date.parse(`${instant}${offset}`);
  if (Number.isNaN(milliseconds)) return null;
  const inUtc = new Date(milliseconds).toISOString();
  return inUtc.length === 24 ? inUtc : null;
}

const INSTANT = /^(\d{4}-\d{2}-\d{2})T((?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d)(\.\d+)?(Z|[+-]\d{2}:\d{2})$/;

/** A day or an instant, as an instant; null when the text is neither (2026-02-30 is not a day). */
export function parseDayOrInstant(text: string): Instant | null {
  return isDay(text) ? startOfDay(text) : parseInstant(text);
}

const DAY = /^(\d{4})-(\d{2})-(\d{2})$/;

export function isDay(text: string): text is Day {
  const [, year, month, day] = DAY.exec(text)?.map(Number) ?? [];
  return year !== undefined && day !== undefined && day > 0 && day <= daysIn(year, month ?? 0);
}

/** Days of a month of the Gregorian calendar, 1 to 12; 0 where there is no such month. */
function daysIn(year: number, month: number): number {
  if (month !== 2) return DAYS[month - 1] ?? 0;
  return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0) ? 29 : 28;
}

const DAYS = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

/** An instant as users read it: the day alone where it is 00:00 UTC. */
export function dayOrInstant(instant: Instant): Day | Instant {
  return instant.endsWith('T00:00:00.000Z') ? instant.slice(0, 10) : shortInstant(instant);
}

/** Without a fraction of zero: `2026-11-22T09:00:00Z`. */
export function shortInstant(instant: Instant): string {
  return instant.endsWith('.000Z') ? `${instant.slice(0, 19)}Z` : instant;
}

export function contains(period: Period, instant: Instant): boolean {
  return (period.from === null || period.from <= instant) && (period.to === null || instant < period.to);
}

export function overlaps(a: Period, b: Period): boolean {
  return (a.to === null || b.from === null || b.from < a.to) && (b.to === null || a.from === null || a.from < b.to);
}

/** Whole seconds from one instant to a later one; negative when it is earlier. */
export function secondsBetween(from: Instant, to: Instant): number {
  return Math.floor((Date.parse(to) - Date.parse(from)) / 1000);
}

export function addSeconds(instant: Instant, seconds: number): Instant {
  return new Date(Date.parse(instant) + seconds * 1000).toISOString();
}

/**
 * The period within which a partly known day begins: `2018` is some instant in [2018-01-01, 2019-01-01]. It has certainly begun from
 * the end of the period, a day known exactly from its own start (reference README, common fields).
 */
export function startWindow(day: PartialDay): { readonly earliest: Instant; readonly certain: Instant } {
  if (day.length === 10) return { earliest: startOfDay(day), certain: startOfDay(day) };
  const year = Number(day.slice(0, 4));
  const month = day.length === 7 ? Number(day.slice(5, 7)) : 12;
  const next = month === 12 ? `${pad(year + 1, 4)}-01-01` : `${pad(year, 4)}-${pad(month + 1, 2)}-01`;
  return { earliest: startOfDay(`${day}${'-01-01'.slice(0, 10 - day.length)}`), certain: startOfDay(next) };
}

const pad = (value: number, length: number): string => String(value).padStart(length, '0');
