import type { AuthorisationType, ConsentRegime, Instant, NumberPattern, Role } from '@mra/recognition';
import { sql } from 'kysely';
import type { Executor } from './network.ts';
import { rangeText } from './period.ts';
import type { Recording } from './recording.ts';
import { supersede } from './temporal.ts';
import { appendTerms, type Recorded, recordedColumns, toRecorded } from './terms.ts';

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
  readonly review: unknown;
  readonly consent: ConsentRegime;
  readonly sources: readonly string[];
  readonly confidence: string | null;
  readonly notes: string | null;
}

/** Programmes whose terms hold at an instant, as known at an instant, by id. */
export async function readProgrammes(
  db: Executor,
  filter: { readonly at: Instant; readonly knownAt: Instant; readonly id?: string; readonly administration?: string },
): Promise<readonly Recorded<ProgrammeDocument>[]> {
  let query = db
    .selectFrom('programme as t')
    .select([
      'id', 'administration', 'name', 'short_name', 'launch_year', 'types', 'roles', 'number_patterns', 'review',
      'consent', 'sources', 'confidence', 'notes', ...recordedColumns,
    ])
    .where(sql<boolean>`t.valid @> ${filter.at}::timestamptz and t.known @> ${filter.knownAt}::timestamptz`)
    .orderBy('id');
  if (filter.id !== undefined) query = query.where('id', '=', filter.id);
  if (filter.administration !== undefined) query = query.where('administration', '=', filter.administration);
  const rows = await query.execute();
  return rows.map((row) => ({
    ...toRecorded(row),
    id: row.id,
    administration: row.administration,
    name: row.name,
    shortName: row.short_name,
    launchYear: row.launch_year,
    types: row.types as unknown as AuthorisationType[],
    roles: row.roles as Role[],
    numberPatterns: row.number_patterns as unknown as NumberPattern[],
    review: row.review,
    consent: row.consent as ConsentRegime,
    sources: row.sources,
    confidence: row.confidence,
    notes: row.notes,
  }));
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
      ...same, short_name, launch_year, number_patterns, valid, recorded_by: recording.actor.client,
    })),
  );
  await appendTerms(recording, 'programme', documents.map((document) => ({ id: document.id, document })), effectiveFrom);
}
