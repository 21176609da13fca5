import type { FieldError } from './common.ts';

/** Columns of a CSV import (api.md section 3). */
export const CSV_COLUMNS = [
  'number',
  'type',
  'validFrom',
  'validTo',
  'validatedOn',
  'issuingCountry',
  'name',
  'street',
  'city',
  'postalCode',
  'country',
  'identifiers',
  'roles',
  'consent',
] as const;
export type CsvColumn = (typeof CSV_COLUMNS)[number];

const REQUIRED_COLUMNS: readonly CsvColumn[] = ['number', 'type', 'validFrom', 'name'];

/**
 * What is wrong with the header of a CSV file: unknown, repeated and missing columns. Optional columns may be left out, in any order.
 * An unknown column is refused as an unknown field is: a misspelt `validTo` must not become an open end. Unknown names are counted,
 * not repeated: a file without a header has a member's data there.
 */
export function csvHeaderErrors(header: readonly string[]): FieldError[] {
  const error = (detail: string): FieldError => ({ pointer: '', detail });
  if (header.length === 1 && /[;\t]/.test(header[0] ?? ''))
    return [error('the header is one column: separate columns with commas')];
  const known: readonly string[] = CSV_COLUMNS;
  const unknown = header.filter((column) => !known.includes(column));
  const repeated = new Set(
    header.filter((column, index) => known.includes(column) && header.indexOf(column) !== index),
  );
  const missing = REQUIRED_COLUMNS.filter((column) => !header.includes(column));
  return [
    ...(unknown.length > 0 ? [error(`${counted(unknown.length)} not known; known are ${CSV_COLUMNS.join(', ')}`)] : []),
    ...[...repeated].map((column) => error(`column ${column} is there more than once`)),
    ...missing.map((column) => error(`column ${column} is missing`)),
  ];
}

/**
 * A CSV record in the shape of an `ImportLine`, not yet validated: what is wrong is left for the schema to find and point at.
 * Cells are trimmed and an empty cell is a field left out. The name is the legal one and the address the registered one; there is no
 * name where its cell is empty, and no address where its four cells are.
 * `identifiers`: `scheme:value` separated by `;` (a value may contain `:`). `roles`: separated by `;`.
 * `consent`: `true` (all partners) or `false` in any case, or partner codes separated by `;` (`JP;US`); empty: nothing recorded.
 */
export function fromCsvRecord(record: Readonly<Partial<Record<CsvColumn, string>>>): Record<string, unknown> {
  const cell = (column: CsvColumn): string | undefined => record[column]?.trim() || undefined;
  const list = (column: CsvColumn): string[] =>
    (cell(column) ?? '')
      .split(';')
      .map((part) => part.trim())
      .filter(Boolean);
  const name = cell('name');
  return withoutAbsent({
    number: cell('number'),
    type: cell('type'),
    validFrom: cell('validFrom'),
    validTo: cell('validTo'),
    validatedOn: cell('validatedOn'),
    issuingCountry: cell('issuingCountry'),
    names: name === undefined ? [] : [{ name, kind: 'legal' }],
    addresses: registeredAddress(cell),
    identifiers: list('identifiers').map(toIdentifier),
    roles: list('roles'),
    consent: toConsent(cell('consent'), list('consent')),
  });
}

function registeredAddress(cell: (column: CsvColumn) => string | undefined): object[] {
  const parts = {
    street: cell('street'),
    city: cell('city'),
    postalCode: cell('postalCode'),
    country: cell('country'),
  };
  if (Object.values(parts).every((part) => part === undefined)) return [];
  return [withoutAbsent({ kind: 'registered', ...parts })];
}

function toIdentifier(text: string): object {
  const colon = text.indexOf(':');
  if (colon === -1) return { value: text };
  return { scheme: text.slice(0, colon).trim(), value: text.slice(colon + 1).trim() };
}

function toConsent(text: string | undefined, partners: readonly string[]): object | undefined {
  if (text === undefined) return undefined;
  if (/^(true|false)$/i.test(text)) return { given: text.toLowerCase() === 'true' };
  return { given: true, partners };
}

const counted = (columns: number): string => (columns === 1 ? '1 column is' : `${columns} columns are`);

function withoutAbsent(fields: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
}
