import type { AuthorisationType, ConsentRegime, Instant, NumberPattern, Role } from '@mra/recognition';
import { type Selectable, sql } from 'kysely';
import type { DB } from './database.ts';
import type { Executor } from './network.ts';
import { rangeText } from './period.ts';
import type { Recording } from './recording.ts';
import { supersede } from './temporal.ts';
import { appendTerms, type Confidence, currentAt, currentColumns, type Recorded, toRecorded } from './terms.ts';

export interface Review {
  readonly intervalMonths: number | null;
  /** Whether an authorisation ends when it is not renewed; null: not known. */
  readonly expires: boolean | null;
  readonly note: string | null;
}

export interface ProgrammeDocument {
  readonly id: string;
  readonly administration: string;
  readonly name: string;
  readonly shortName: string;
  readonly launchYear: number | null;
  readonly types: readonly AuthorisationType[];
  /** Empty: unknown, not none. */
  readonly roles: readonly Role[];
  readonly numberPatterns: readonly NumberPattern[];
  readonly review: Review;
  readonly consent: ConsentRegime;
  readonly sources: readonly string[];
  readonly confidence: Confidence;
  readonly notes: string | null;
}

const TERMS = { table: 'programme', key: 'id' } as const;

export interface ProgrammeFilter {
  readonly id?: string;
  /** Ids after this one, for paging. */
  readonly after?: string;
  readonly limit?: number;
}

/** Programmes with the terms that hold at an instant (of one that begins later: will hold), as known now, by id. */
export async function readProgrammes(
  db: Executor,
  { at, ...filter }: ProgrammeFilter & { readonly at: Instant },
): Promise<readonly Recorded<ProgrammeDocument>[]> {
  let query = db
    .selectFrom('programme as t')
    .selectAll('t')
    .select(currentColumns(TERMS))
    .where(currentAt(TERMS, at))
    .orderBy('id');
  if (filter.id !== undefined) query = query.where('id', '=', filter.id);
  if (filter.after !== undefined) query = query.where('id', '>', filter.after);
  if (filter.limit !== undefined) query = query.limit(filter.limit);
  return (await query.execute()).map((row) => ({ ...toRecorded(row), ...toDocument(row) }));
}

/** The terms of a programme in every period, as known now, in order of time; none: it is not known. */
export async function readProgrammeTerms(db: Executor, id: string): Promise<readonly Recorded<ProgrammeDocument>[]> {
  const rows = await db
    .selectFrom('programme as t')
    .selectAll('t')
    .select(currentColumns(TERMS))
    .where('id', '=', id)
    .where(sql<boolean>`upper_inf(t.known)`)
    .orderBy(sql`lower(t.valid) nulls first`)
    .execute();
  return rows.map((row) => ({ ...toRecorded(row), ...toDocument(row) }));
}

function toDocument(row: Selectable<DB['programme']>): ProgrammeDocument {
  return {
    id: row.id,
    administration: row.administration,
    name: row.name,
    shortName: row.short_name,
    launchYear: row.launch_year,
    types: row.types as unknown as AuthorisationType[],
    roles: row.roles as Role[],
    numberPatterns: row.number_patterns as unknown as NumberPattern[],
    review: row.review as unknown as Review,
    consent: row.consent as ConsentRegime,
    sources: row.sources,
    confidence: row.confidence as Confidence,
    notes: row.notes,
  };
}

/** Records the terms of programmes, for all time or from an instant on. */
export async function putProgrammes(
  recording: Recording,
  documents: readonly ProgrammeDocument[],
  effectiveFrom: Instant | null,
): Promise<void> {
  const valid = rangeText({ from: effectiveFrom, to: null });
  await supersede(
    recording,
    'programme',
    documents.map(({ id }) => ({ id, valid })),
    documents.map(({ shortName: short_name, launchYear: launch_year, numberPatterns: number_patterns, ...same }) => ({
      ...same,
      short_name,
      launch_year,
      number_patterns,
      valid,
      recorded_by: recording.actor.client,
    })),
  );
  await appendTerms(
    recording,
    'programme',
    documents.map((document) => ({ id: document.id, document })),
    effectiveFrom,
  );
}
