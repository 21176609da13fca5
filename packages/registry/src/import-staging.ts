import { finished } from 'node:stream/promises';
import type { Instant } from '@mra/recognition';
import { sql, type Transaction } from 'kysely';
import { from as copyFrom } from 'pg-copy-streams';
import { SERVICE_ROLE } from './connection-proof.ts';
import type { DB } from './database.ts';
import type { MembershipRecord } from './membership-record.ts';
import type { Executor } from './network.ts';
import { type Database, withClient } from './pool.ts';
import { first } from './recording.ts';

/** A list that is being received: its lines wait in a table of their own until they are applied. */
export interface Upload {
  readonly id: string;
  /** When it began to arrive, by the clock of the database: what it says is not newer. */
  readonly startedAt: Instant;
  /** Of the network by which its lines are checked. */
  readonly networkVersion: number;
}

export interface StagedLine {
  /** Line of the file, from 1. */
  readonly line: number;
  readonly number: string;
  readonly normalised: string;
  /** null: the line was rejected; its member is listed all the same, so that a full list does not end it. */
  readonly record: MembershipRecord | null;
  /** What is to be known of its member if nothing is known yet (`factsIfNew`). */
  readonly facts: string | null;
}

/** Twice the hour for which a request may arrive: an older upload belongs to a process that is gone. */
const ABANDONED_AFTER_HOURS = 2;

/** Opens an upload, and removes what crashed processes have left of theirs. */
export async function openUpload(db: Database, client: string, networkVersion: number): Promise<Upload> {
  await sql`delete from import_upload
             where started_at < clock_timestamp() - make_interval(hours => ${ABANDONED_AFTER_HOURS})`.execute(db);
  const row = await db
    .insertInto('import_upload')
    .values({ client })
    .returning(['id', 'started_at'])
    .executeTakeFirstOrThrow();
  return { id: row.id, startedAt: row.started_at, networkVersion };
}

const COLUMNS = ['upload_id', 'number_normalised', 'accepted', 'line', 'number', 'record', 'facts'] as const;

/**
 * Adds lines to an upload. Of several lines with one number all are kept: which of them count is for {@link rejectRepeated}.
 */
export async function stageLines(db: Database, { id }: Upload, lines: readonly StagedLine[]): Promise<void> {
  if (lines.length === 0) return;
  const rows = lines.map(({ line, number, normalised, record, facts }) => {
    const written = record === null ? null : JSON.stringify(record);
    const values = [id, normalised, record !== null, line, number, written, facts];
    return values.map(copyText).join('\t');
  });
  await withClient(db, async (client) => {
    await client.query('begin');
    await client.query("select set_config('role', $1, true)", [SERVICE_ROLE]); // as actAs() does, behind a pooler
    const copy = client.query(copyFrom(`copy import_line_arrived (${COLUMNS.join(', ')}) from stdin`));
    copy.end(`${rows.join('\n')}\n`);
    await finished(copy);
    await client.query('commit');
  });
}

const ESCAPES: Readonly<Record<string, string>> = { '\\': '\\\\', '\t': '\\t', '\n': '\\n', '\r': '\\r' };

/** A value in the text format of COPY. */
function copyText(value: string | number | boolean | null): string {
  if (typeof value !== 'string') return value === null ? '\\N' : String(value);
  return value.replace(/[\\\t\n\r]/g, (character) => ESCAPES[character] as string);
}

export interface RepeatedLines {
  readonly count: number;
  /** The first ones, in the order of the list. */
  readonly first: readonly Pick<StagedLine, 'line' | 'number'>[];
}

/**
 * Takes those lines out of an upload whose number an earlier line has, of those with a record. A rejected line does not stand in the
 * way of a good one, but where two good ones say different things the member has a rejected line too.
 * @param told how many of them are told one by one
 */
export async function rejectRepeated(db: Database, upload: Upload, told: number): Promise<RepeatedLines> {
  return db.transaction().execute(async (tx) => {
    await workOn(tx, upload);
    const { rows } = await sql<RepeatedLines>`
      with numbers as (
        -- Few lists have any: records are compared, and for that sorted, of these alone.
        select number_normalised from import_line where upload_id = ${upload.id} group by number_normalised having count(*) > 1
      ), repeated as (
        select line, record <> applied as contradicts
          from (select line, record, row_number() over same as place, first_value(record) over same as applied
                  from import_line where upload_id = ${upload.id} and accepted
                                     and number_normalised in (select number_normalised from numbers)
                window same as (partition by number_normalised order by line)) l
         where place > 1
      ), removed as (
        delete from import_line l using repeated r where l.upload_id = ${upload.id} and l.line = r.line
        returning l.upload_id, l.number_normalised, l.line, l.number, r.contradicts
      ), contradicting as (
        insert into import_line (upload_id, number_normalised, accepted, line, number)
        select upload_id, number_normalised, false, line, number from removed where contradicts
            on conflict do nothing
      )
      select count(*) as count,
             coalesce((select json_agg(f) from (select line, number from removed order by line limit ${told}) f), '[]') as first
        from removed`.execute(tx);
    return first(rows);
  });
}

/** Removes an upload with its lines, if it is there. */
export async function closeUpload(db: Executor, { id }: Upload): Promise<void> {
  await db.deleteFrom('import_upload').where('id', '=', id).execute();
}

/** Lets a transaction read and write the lines of an upload (row-level security hides them from all others). */
export async function workOn(tx: Transaction<DB>, { id }: Pick<Upload, 'id'>): Promise<void> {
  first((await sql`select set_config('mra.upload', ${id}, true)`.execute(tx)).rows);
}
