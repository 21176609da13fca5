import { sql } from 'kysely';
import { rangeText } from './period.ts';
import type { Recording } from './recording.ts';

type NetworkTable =
  | 'administration'
  | 'union_member'
  | 'programme'
  | 'agreement'
  | 'recognition_rule'
  | 'presentation'
  | 'identifier_scheme'
  | 'benefit'
  | 'mutual_assistance'
  | 'local_suspension';

/** A key whose knowledge gives way within a period (range text). Every entry of one call names the same columns. */
export type Replaced = Readonly<Record<string, string | number>> & { readonly valid: string };

/**
 * Takes the place of what is known of some keys within a period of validity: closes the knowledge of the rows that overlap it, keeps
 * their parts outside it as newly known rows, and inserts `rows`. Nothing is overwritten (rows of this very recording excepted,
 * which nobody has seen). Two statements, whatever the number of keys.
 * @param rows new rows with their `valid` within the period of their key; none: the fact ends there
 */
export async function supersede(
  { tx, recordedAt }: Recording,
  table: NetworkTable,
  replaced: readonly Replaced[],
  rows: readonly Readonly<Record<string, unknown>>[],
): Promise<void> {
  const target = sql.table(table);
  const keys = Object.keys(replaced[0] ?? {}).filter((column) => column !== 'valid');
  const matches = sql.join(
    [
      ...keys.map((column) => sql`t.${sql.ref(column)} = n.${sql.ref(column)}`),
      sql`t.valid && n.valid`,
      sql`upper_inf(t.known)`,
    ],
    sql` and `,
  );
  const known = rangeText({ from: recordedAt, to: null });
  await sql`
    with n as materialized (
      select * from jsonb_populate_recordset(null::${target}, ${JSON.stringify(replaced)}::jsonb)
    ), unseen as (
      delete from ${target} t using n where ${matches} and lower(t.known) = ${recordedAt} returning t.*, n.valid as within
    ), closed as (
      update ${target} t set known = tstzrange(lower(t.known), ${recordedAt})
        from n where ${matches} and lower(t.known) < ${recordedAt} returning t.*, n.valid as within
    ), outside as (
      select to_jsonb(o) || jsonb_build_object('valid', part, 'known', ${known}::text) as content
        from (select * from unseen union all select * from closed) o,
             unnest(o.valid::tstzrange::tstzmultirange - o.within::tstzrange::tstzmultirange) as part
    )
    insert into ${target} select (jsonb_populate_record(null::${target}, content)).* from outside`.execute(tx);
  if (rows.length === 0) return;
  const content = JSON.stringify(rows.map((row) => ({ ...row, known })));
  await sql`insert into ${target} select * from jsonb_populate_recordset(null::${target}, ${content}::jsonb)`.execute(
    tx,
  );
}
