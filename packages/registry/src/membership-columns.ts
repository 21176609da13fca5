import { type RawBuilder, sql } from 'kysely';
import type { MembershipRecord } from './membership-record.ts';
import { rangeText } from './period.ts';

/** A column of a table: its name and type, what its values are sent as, and its value in a row. */
interface Column<Row> {
  readonly name: string;
  readonly type: string;
  readonly sentAs: 'bigint' | 'text';
  readonly of: (row: Row) => string | number | null;
}

/** A table of facts about members that is written in sets; `known` and the recorder are the same for all of a set. */
export interface FactTable<Row> {
  readonly name: 'membership_record' | 'membership_status' | 'membership_consent' | 'membership_identifier';
  readonly columns: readonly Column<Row>[];
}

export interface RecordRow {
  readonly id: number;
  readonly version: number;
  readonly record: MembershipRecord;
}

export interface StatusRow {
  readonly id: number;
  readonly type: string;
  readonly component: string;
  readonly status: string;
  readonly valid: string;
}

export interface ConsentRow {
  readonly id: number;
  readonly scope: string;
  readonly partners: readonly string[];
  readonly except_for: readonly string[];
  readonly valid: string;
}

export interface IdentifierRow {
  readonly id: number;
  readonly origin: string;
  readonly scheme: string;
  readonly value: string;
  readonly normalised: string;
  readonly recogniser: string;
  readonly valid: string;
}

const whole = <Row>(name: string, of: (row: Row) => number): Column<Row> => ({
  name,
  type: 'bigint',
  sentAs: 'bigint',
  of,
});
const text = <Row>(name: string, of: (row: Row) => string | null, type = 'text'): Column<Row> => ({
  name,
  type,
  sentAs: 'text',
  of,
});
const list = <Row>(name: string, of: (row: Row) => readonly string[]): Column<Row> =>
  text(name, (row) => textArray(of(row)), 'text[]');
const json = <Row>(name: string, of: (row: Row) => unknown): Column<Row> =>
  text(
    name,
    (row) => {
      const value = of(row);
      return value === null ? null : JSON.stringify(value);
    },
    'jsonb',
  );

export const RECORDS: FactTable<RecordRow> = {
  name: 'membership_record',
  columns: [
    whole('membership_id', ({ id }) => id),
    whole('version', ({ version }) => version),
    text('type', ({ record }) => record.type),
    text('issuing_country', ({ record }) => record.issuingCountry),
    text('issuing_office', ({ record }) => record.issuingOffice),
    text('validated_on', ({ record }) => record.validatedOn, 'date'),
    json('names', ({ record }) => record.names),
    json('addresses', ({ record }) => record.addresses),
    json('identifiers', ({ record }) => record.identifiers),
    list('roles', ({ record }) => record.roles),
    json('consent', ({ record }) => record.consent),
    text('valid', ({ record }) => rangeText({ from: record.validFrom, to: record.validTo }), 'period'),
  ],
};

export const STATUSES: FactTable<StatusRow> = {
  name: 'membership_status',
  columns: [
    whole('membership_id', ({ id }) => id),
    text('type', ({ type }) => type),
    text('component', ({ component }) => component),
    text('status', ({ status }) => status),
    text('valid', ({ valid }) => valid, 'period'),
  ],
};

export const CONSENTS: FactTable<ConsentRow> = {
  name: 'membership_consent',
  columns: [
    whole('membership_id', ({ id }) => id),
    text('scope', ({ scope }) => scope),
    list('partners', ({ partners }) => partners),
    list('except_for', ({ except_for }) => except_for),
    text('valid', ({ valid }) => valid, 'period'),
  ],
};

export const IDENTIFIERS: FactTable<IdentifierRow> = {
  name: 'membership_identifier',
  columns: [
    whole('membership_id', ({ id }) => id),
    text('origin', ({ origin }) => origin),
    text('scheme', ({ scheme }) => scheme),
    text('value', ({ value }) => value),
    text('normalised', ({ normalised }) => normalised),
    text('recogniser', ({ recogniser }) => recogniser),
    text('valid', ({ valid }) => valid, 'period'),
  ],
};

/** Rows as a query with the columns of their table: one parameter a column, which costs a third of JSON. */
export function rowsAsQuery<Row>({ columns }: FactTable<Row>, rows: readonly Row[]): RawBuilder<unknown> {
  const names = columns.map(({ name }) => sql.ref(name));
  const cast = columns.map(({ name, type, sentAs }) =>
    type === sentAs ? sql.ref(`r.${name}`) : sql`${sql.ref(`r.${name}`)}::${sql.raw(type)} as ${sql.ref(name)}`,
  );
  const arrays = columns.map(({ sentAs, of }) => sql`${rows.map(of)}::${sql.raw(sentAs)}[]`);
  return sql`select ${sql.join(cast)} from unnest(${sql.join(arrays)}) as r (${sql.join(names)})`;
}

export const columnNames = <Row>({ columns }: FactTable<Row>): RawBuilder<unknown> =>
  sql.join(columns.map(({ name }) => sql.ref(name)));

/** The text of a one-dimensional array. */
function textArray(values: readonly string[]): string {
  return `{${values.map((value) => `"${value.replace(/["\\]/g, '\\$&')}"`).join(',')}}`;
}
