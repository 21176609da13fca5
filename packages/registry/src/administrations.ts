import { ALWAYS, dayOrInstant, type Instant, type Period, parseDayOrInstant } from '@mra/recognition';
import { sql } from 'kysely';
import type { Executor } from './network.ts';
import { parsePeriod, rangeText } from './period.ts';
import type { Recording } from './recording.ts';
import { supersede } from './temporal.ts';
import { appendTerms, type Confidence, currentAt, currentColumns, type Recorded, toRecorded } from './terms.ts';

export interface AdministrationDocument {
  readonly code: string;
  readonly name: string;
  readonly territory: string;
  readonly kind: 'country' | 'union' | 'territory';
  /** Of a union: who belongs to it, in half-open days. */
  readonly members: readonly { readonly code: string; readonly from: string | null; readonly to: string | null }[];
  readonly sources: readonly string[];
  readonly confidence: Confidence;
  readonly notes: string | null;
}

const TERMS = { table: 'administration', key: 'code' } as const;

export interface AdministrationFilter {
  readonly code?: string;
  /** Codes after this one, for paging. */
  readonly after?: string;
  readonly limit?: number;
}

/** Administrations as they are at an instant (of one that begins later: will be), as known now, by code. */
export async function readAdministrations(
  db: Executor,
  { at, ...filter }: AdministrationFilter & { readonly at: Instant },
): Promise<readonly Recorded<AdministrationDocument>[]> {
  let query = db
    .selectFrom('administration as t')
    .select(['code', 'name', 'territory', 'kind', 'sources', 'confidence', 'notes', ...currentColumns(TERMS)])
    .where(currentAt(TERMS, at))
    .orderBy('code');
  if (filter.code !== undefined) query = query.where('code', '=', filter.code);
  if (filter.after !== undefined) query = query.where('code', '>', filter.after);
  if (filter.limit !== undefined) query = query.limit(filter.limit);
  const rows = await query.execute();
  const unions = rows.filter((row) => row.kind === 'union').map((row) => row.code);
  const members = await db
    .selectFrom('union_member')
    .select(['union_code', 'member', 'valid'])
    .where(sql<boolean>`union_code = any (${unions}) and upper_inf(known)`)
    .orderBy('member')
    .orderBy(sql`lower(valid) nulls first`)
    .execute();
  return rows.map((row) => ({
    ...toRecorded(row),
    code: row.code,
    name: row.name,
    territory: row.territory,
    kind: row.kind as AdministrationDocument['kind'],
    members: members
      .filter((member) => member.union_code === row.code)
      .map(({ member, valid }) => ({ code: member, ...days(parsePeriod(valid)) })),
    sources: row.sources,
    confidence: row.confidence as Confidence,
    notes: row.notes,
  }));
}

function days({ from, to }: Period): { from: string | null; to: string | null } {
  return { from: from === null ? null : dayOrInstant(from), to: to === null ? null : dayOrInstant(to) };
}

/** Records what administrations are, for all time or from an instant on. Members of a union carry their own periods. */
export async function putAdministrations(
  recording: Recording,
  documents: readonly AdministrationDocument[],
  effectiveFrom: Instant | null,
): Promise<void> {
  const valid = rangeText({ from: effectiveFrom, to: null });
  const recorded_by = recording.actor.client;
  await supersede(
    recording,
    'administration',
    documents.map(({ code }) => ({ code, valid })),
    documents.map(({ members: _, ...terms }) => ({ ...terms, valid, recorded_by })),
  );
  await supersede(
    recording,
    'union_member',
    documents.map(({ code }) => ({ union_code: code, valid: rangeText(ALWAYS) })),
    documents.flatMap(({ code: union_code, members }) =>
      members.map(({ code, from, to }) => ({
        union_code,
        member: code,
        valid: rangeText({ from: instantOf(from), to: instantOf(to) }),
        recorded_by,
      })),
    ),
  );
  await appendTerms(
    recording,
    'administration',
    documents.map((document) => ({ id: document.code, document })),
    effectiveFrom,
  );
}

const instantOf = (day: string | null): Instant | null => (day === null ? null : parseDayOrInstant(day));
