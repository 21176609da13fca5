import type { Instant, Period } from '@mra/recognition';
import { sql } from 'kysely';
import { parsePeriod } from './period.ts';
import type { Recording } from './recording.ts';

/** A document of the network with when it holds and when it became known. */
export type Recorded<T> = T & {
  /** The network version that brought it: its ETag. */
  readonly version: number;
  readonly recordedAt: Instant;
  readonly recordedBy: string;
  readonly valid: Period;
  readonly known: Period;
};

/** Columns that every table of terms (alias `t`) is read with. */
export const recordedColumns = [
  sql<string>`t.valid`.as('valid'),
  sql<string>`t.known`.as('known'),
  sql<string>`t.recorded_by`.as('recorded_by'),
  sql<number>`coalesce((select v.version from network_version v where v.recorded_at = lower(t.known)), 0)`.as('version'),
] as const;

export function toRecorded(row: { valid: string; known: string; recorded_by: string; version: number }): Recorded<object> {
  const known = parsePeriod(row.known);
  return {
    version: row.version,
    recordedAt: known.from ?? '',
    recordedBy: row.recorded_by,
    valid: parsePeriod(row.valid),
    known,
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
