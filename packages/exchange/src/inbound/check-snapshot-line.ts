import { type FieldError, fieldErrors } from '@mra/contracts';
import { CanonicalRecord, memberKey, recordHash, SnapshotLine } from '@mra/exchange-protocol';
import { normaliseIdentifier } from '@mra/recognition';

/** A line of a snapshot as it is put aside until all of them are there. */
export interface StagedLine {
  readonly agreement: string;
  readonly programme: string;
  readonly number: string;
  readonly normalised: string;
  readonly communicated: unknown;
  readonly record: unknown;
  /** `recordHash`: of a line that cannot be applied, of what it says all the same, so that the digest of all can be compared. */
  readonly hash: string;
  /** Why it cannot be applied; null: as far as its schema goes, it can. */
  readonly code: 'SCHEMA_INVALID' | null;
  readonly errors: readonly FieldError[] | null;
}

/**
 * Reads a line. One that says whom it is about but does not fit its schema is staged with what is wrong with it.
 * @returns null for one that cannot be read at all, which no digest can agree with
 */
export function checkSnapshotLine(text: string): StagedLine | null {
  const value = parsed(text);
  if (value === null) return null;
  const read = SnapshotLine.safeParse(value);
  if (!read.success) return badLine(value, fieldErrors(read.error));
  const { agreement, record, communicated } = read.data;
  const { programme, number } = record;
  const normalised = normaliseIdentifier(number);
  const hash = recordHash(record);
  return { agreement, programme, number, normalised, communicated, record, hash, code: null, errors: null };
}

export const keyOf = ({ programme, number }: Pick<StagedLine, 'programme' | 'number'>): string =>
  memberKey({ programme, number });

function badLine(value: Record<string, unknown>, errors: readonly FieldError[]): StagedLine | null {
  const { agreement, record, communicated } = value;
  if (!isObject(record)) return null;
  const { programme, number } = record;
  if (!isStorable(programme) || !isStorable(number)) return null;
  const hash = hashAsTold(record);
  if (hash === null) return null;
  return {
    agreement: isStorable(agreement) ? agreement : '',
    programme,
    number,
    normalised: normaliseIdentifier(number),
    communicated: storable(communicated ?? null),
    record: storable(record),
    hash,
    code: 'SCHEMA_INVALID',
    errors,
  };
}

/** The hash that its sender has of a record that does not fit the schema here: of the fields that a record has. */
export function hashAsTold(record: Readonly<Record<string, unknown>>): string | null {
  try {
    const told = Object.keys(CanonicalRecord.shape).map((name) => [name, record[name] ?? null]);
    return recordHash(Object.fromEntries(told) as CanonicalRecord);
  } catch {
    // A list that is none, or something so deep that nobody wrote it.
    return null;
  }
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** PostgreSQL holds neither NUL nor half a surrogate pair, both of which JSON can spell. */
const isStorable = (text: unknown): text is string =>
  typeof text === 'string' && !text.includes('\0') && text.isWellFormed();

/** Known fields are no deeper than 4; what is deeper is not read, and a megabyte of brackets would exhaust a stack. */
const DEEPEST = 32;

/** Which no field may have: what is wrong stays wrong. */
const SUBSTITUTE = '\u0001';

/** The same without what the database does not hold, and no deeper than anybody reads. */
function storable(value: unknown, depth = 0): unknown {
  if (typeof value === 'string') return value.replace(/[\0\p{Cs}]/gu, SUBSTITUTE);
  if (typeof value !== 'object' || value === null) return value;
  if (depth > DEEPEST) return SUBSTITUTE;
  if (Array.isArray(value)) return value.map((item) => storable(item, depth + 1));
  return Object.fromEntries(Object.entries(value).map(([name, part]) => [storable(name), storable(part, depth + 1)]));
}

function parsed(text: string): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(text);
    return isObject(value) ? value : null;
  } catch {
    return null;
  }
}
