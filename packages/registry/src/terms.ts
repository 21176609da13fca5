import type { Instant, Period } from '@mra/recognition';
import { type RawBuilder, sql } from 'kysely';
import { parsePeriod } from './period.ts';
import type { Recording } from './recording.ts';

/** How well a document is supported by its sources; null: nobody said. */
export type Confidence = 'high' | 'medium' | 'low' | null;

/** A document of the network with when it holds and when it became known. */
export type Recorded<T> = T & {
  /** The network version that brought it: its ETag. */
  readonly version: number;
  /** When that version became known. */
  readonly recordedAt: Instant;
  readonly recordedBy: string;
  readonly valid: Period;
  readonly known: Period;
};

/** Columns that every table of terms (alias `t`) is read with. */
const columns = (recordedAt: RawBuilder<unknown>) =>
  [
    sql<string>`t.valid`.as('valid'),
    sql<string>`t.known`.as('known'),
    sql<string>`t.recorded_by`.as('recorded_by'),
    sql<Instant>`${recordedAt}`.as('recorded_at'),
    sql<number>`coalesce((select v.version from network_version v where v.recorded_at = ${recordedAt}), 0)`.as(
      'version',
    ),
  ] as const;

/** Of one version of the terms. */
export const recordedColumns = columns(sql`lower(t.known)`);

interface TermsTable {
  readonly table: 'administration' | 'programme' | 'agreement';
  readonly key: 'code' | 'id';
}

/**
 * With the version of the whole document: terms recorded for a later period change it too, or whoever prepared a change before them
 * would overwrite them unseen.
 */
export const currentColumns = ({ table, key }: TermsTable) =>
  columns(sql`(select max(lower(k.known)) from ${sql.table(table)} k
                where k.${sql.ref(key)} = t.${sql.ref(key)} and upper_inf(k.known))`);

/** Of a document, what is known now of the terms (alias `t`) that hold at an instant; of one that begins later, its first terms. */
export function currentAt({ table, key }: TermsTable, at: Instant) {
  return sql<boolean>`upper_inf(t.known) and (upper_inf(t.valid) or upper(t.valid) > ${at}::timestamptz) and not exists (
    select from ${sql.table(table)} o
     where o.${sql.ref(key)} = t.${sql.ref(key)} and upper_inf(o.known) and o.valid << t.valid and upper(o.valid) > ${at}::timestamptz)`;
}

interface RecordedRow {
  readonly valid: string;
  readonly known: string;
  readonly recorded_by: string;
  readonly recorded_at: Instant;
  readonly version: number;
}

export function toRecorded(row: RecordedRow): Recorded<object> {
  return {
    version: row.version,
    recordedAt: row.recorded_at,
    recordedBy: row.recorded_by,
    valid: parsePeriod(row.valid),
    known: parsePeriod(row.known),
  };
}

/** Appends one entry a document to the change log; together they make one new version of the network. */
export async function appendTerms(
  { tx, recordedAt, actor }: Recording,
  subject: 'administration' | 'programme' | 'agreement' | 'reference',
  entries: readonly { readonly id: string; readonly document: object }[],
  effectiveFrom: Instant | null,
): Promise<void> {
  const content = entries.map(({ id, document }) => ({ id, payload: { document, effectiveFrom } }));
  await sql`
    select append_change(${recordedAt}, ${actor.client}, null, ${subject}, e.id, true, e.payload)
      from jsonb_to_recordset(${JSON.stringify(content)}::jsonb) as e (id text, payload jsonb)`.execute(tx);
}
