import type { Instant } from '@mra/recognition';
import { sql, type Transaction } from 'kysely';
import type { DB } from './database.ts';
import type { MembershipRecord } from './membership-record.ts';
import type { Executor } from './network.ts';
import type { Database } from './pool.ts';
import { first } from './recording.ts';

/** A list that is being received: its lines wait in a table of their own until they are applied. */
export interface Upload {
  readonly id: string;
  /** When it began to arrive, by the clock of the database: what it says is not newer. */
  readonly startedAt: Instant;
}

export interface StagedLine {
  /** Line of the file, from 1. */
  readonly line: number;
  readonly number: string;
  readonly normalised: string;
  /** null: the line was rejected; its member is listed all the same, so that a full list does not end it. */
  readonly record: MembershipRecord | null;
}

/** Twice the hour for which a request may arrive: an older upload belongs to a process that is gone. */
const ABANDONED_AFTER_HOURS = 2;

/** Opens an upload, and removes what crashed processes have left of theirs. */
export async function openUpload(db: Database, client: string): Promise<Upload> {
  await sql`delete from import_upload
             where started_at < clock_timestamp() - make_interval(hours => ${ABANDONED_AFTER_HOURS})`.execute(db);
  const row = await db
    .insertInto('import_upload')
    .values({ client })
    .returning(['id', 'started_at'])
    .executeTakeFirstOrThrow();
  return { id: row.id, startedAt: row.started_at };
}

/**
 * Adds lines to an upload.
 * @returns the lines (of those with a record) whose number another line has had before; they are not added
 */
export async function stageLines(
  db: Database,
  upload: Upload,
  lines: readonly StagedLine[],
): Promise<readonly StagedLine[]> {
  if (lines.length === 0) return [];
  const content = lines.map(({ line, number, normalised, record }) => ({
    upload_id: upload.id,
    line,
    number,
    number_normalised: normalised,
    accepted: record !== null,
    record,
  }));
  const added = await db.transaction().execute(async (tx) => {
    await workOn(tx, upload);
    const { rows } = await sql<{ line: number }>`
      insert into import_line
      select * from jsonb_populate_recordset(null::import_line, ${JSON.stringify(content)}::jsonb)
      on conflict do nothing
      returning line`.execute(tx);
    return new Set(rows.map(({ line }) => line));
  });
  return lines.filter(({ line, record }) => record !== null && !added.has(line));
}

/** Removes an upload with its lines, if it is there. */
export async function closeUpload(db: Executor, { id }: Upload): Promise<void> {
  await db.deleteFrom('import_upload').where('id', '=', id).execute();
}

/** Lets a transaction read and write the lines of an upload (row-level security hides them from all others). */
export async function workOn(tx: Transaction<DB>, { id }: Pick<Upload, 'id'>): Promise<void> {
  first((await sql`select set_config('mra.upload', ${id}, true)`.execute(tx)).rows);
}
