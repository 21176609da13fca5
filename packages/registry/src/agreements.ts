import type { Day, Flow, Instant, LifeCycle, PartialDay, PartyStart, Role } from '@mra/recognition';
import { type Selectable, sql } from 'kysely';
import type { Agreement, DB } from './database.ts';
import type { Executor } from './network.ts';
import { parsePeriod, rangeText } from './period.ts';
import type { Recording } from './recording.ts';
import { supersede } from './temporal.ts';
import {
  appendTerms,
  type Confidence,
  currentAt,
  currentColumns,
  type Recorded,
  recordedColumns,
  toRecorded,
} from './terms.ts';

export interface RuleDocument {
  readonly id: string;
  readonly programme: string;
  readonly recogniser: string;
  readonly types: readonly string[] | null;
  readonly roles: readonly Role[] | null;
  readonly flows: readonly Flow[] | null;
  readonly effectiveFrom: PartialDay | null;
  readonly presentation: string | null;
  readonly benefits: readonly string[];
  readonly pilotMembers: readonly string[] | null;
  readonly note: string | null;
  readonly sources: readonly string[];
  readonly confidence: Confidence;
}

export interface AgreementDocument {
  readonly id: string;
  readonly title: string;
  readonly form: 'bilateral' | 'plurilateral';
  readonly parties: readonly string[];
  readonly citation: string | null;
  readonly legalForm: string;
  /** Ids of the mutual-assistance agreements that carry the exchange. */
  readonly legalBasis: readonly string[];
  readonly lifeCycle: LifeCycle;
  /** Of a work plan. */
  readonly state: string | null;
  readonly statusBasis: string | null;
  readonly signedOn: PartialDay | null;
  readonly inForceOn: PartialDay | null;
  readonly partyEffective: readonly PartyStart[];
  readonly reviewedOn: Day;
  readonly rules: readonly RuleDocument[];
  readonly dataElements: readonly string[] | null;
  readonly exchange: unknown;
  readonly benefits: readonly string[];
  readonly sources: readonly string[];
  readonly contradictingSources: readonly string[];
  readonly confidence: Confidence;
  readonly inferredDates: readonly string[];
  readonly unverifiedFields: readonly string[];
  readonly notes: string | null;
}

export interface AgreementFilter {
  readonly id?: string;
  readonly lifeCycle?: LifeCycle;
  readonly party?: string;
  readonly programme?: string;
  /** Ids after this one, for paging. */
  readonly after?: string;
  readonly limit?: number;
}

const TERMS = { table: 'agreement', key: 'id' } as const;

/** Agreements with the terms that hold at an instant (of one that begins later: will hold), as known now, by id. */
export async function readAgreements(
  db: Executor,
  { at, ...filter }: AgreementFilter & { readonly at: Instant },
): Promise<readonly Recorded<AgreementDocument>[]> {
  let query = db
    .selectFrom('agreement as t')
    .selectAll('t')
    .select(currentColumns(TERMS))
    .where(currentAt(TERMS, at))
    .orderBy('t.id');
  if (filter.id !== undefined) query = query.where('t.id', '=', filter.id);
  if (filter.lifeCycle !== undefined) query = query.where('t.life_cycle', '=', filter.lifeCycle);
  if (filter.party !== undefined) query = query.where(sql<boolean>`${filter.party} = any (t.parties)`);
  if (filter.after !== undefined) query = query.where('t.id', '>', filter.after);
  if (filter.programme !== undefined) {
    query = query.where(sql<boolean>`exists (select from recognition_rule r where r.agreement = t.id
      and r.programme = ${filter.programme} and upper_inf(r.known) and r.valid && t.valid)`);
  }
  if (filter.limit !== undefined) query = query.limit(filter.limit);
  return withRules(db, await query.execute(), { onlyKnownNow: true });
}

/** The terms of an agreement in every period, as known now, in order of time; none: it is not known. */
export async function readAgreementTerms(db: Executor, id: string): Promise<readonly Recorded<AgreementDocument>[]> {
  const rows = await db
    .selectFrom('agreement as t')
    .selectAll('t')
    .select(currentColumns(TERMS))
    .where('t.id', '=', id)
    .where(sql<boolean>`upper_inf(t.known)`)
    .orderBy(sql`lower(t.valid) nulls first`)
    .execute();
  return withRules(db, rows, { onlyKnownNow: true });
}

/**
 * Every version of an agreement's terms, in the order in which they became known. A change from a day on makes two: the new terms,
 * and the earlier ones with their new end.
 */
export async function readAgreementHistory(db: Executor, id: string): Promise<readonly Recorded<AgreementDocument>[]> {
  const rows = await db
    .selectFrom('agreement as t')
    .selectAll('t')
    .select(recordedColumns)
    .where('t.id', '=', id)
    .orderBy(sql`lower(t.known), lower(t.valid) nulls first`)
    .execute();
  return withRules(db, rows, { onlyKnownNow: false });
}

type Row = { [K in keyof Agreement]: unknown } & Parameters<typeof toRecorded>[0] & { readonly id: string };

async function withRules(
  db: Executor,
  rows: readonly Row[],
  { onlyKnownNow }: { readonly onlyKnownNow: boolean },
): Promise<readonly Recorded<AgreementDocument>[]> {
  if (rows.length === 0) return [];
  const ids = [...new Set(rows.map((row) => row.id))];
  let query = db.selectFrom('recognition_rule').selectAll().where(sql<boolean>`agreement = any (${ids})`);
  if (onlyKnownNow) query = query.where(sql<boolean>`upper_inf(known)`);
  const rules = Map.groupBy((await query.execute()).toSorted(byId), (rule) => rule.agreement);
  return rows.map((row) => ({
    ...toRecorded(row),
    ...toDocument(
      row,
      (rules.get(row.id) ?? []).filter((rule) => overlapsKnown(rule, row)),
    ),
  }));
}

/** In the order of the characters, whatever the collation of the database. */
const byId = (a: { readonly id: string }, b: { readonly id: string }): number =>
  a.id < b.id ? -1 : a.id > b.id ? 1 : 0;

/** A rule belongs to the terms with which it was valid and known. */
function overlapsKnown(rule: { valid: string; known: string }, row: Row): boolean {
  const [ruleKnown, rowKnown] = [parsePeriod(rule.known), parsePeriod(row.known)];
  return (
    parsePeriod(rule.valid).from === parsePeriod(row.valid).from &&
    (ruleKnown.to === null || rowKnown.from === null || rowKnown.from < ruleKnown.to) &&
    (rowKnown.to === null || ruleKnown.from === null || ruleKnown.from < rowKnown.to)
  );
}

function toDocument(row: Row, rules: readonly DBRule[]): AgreementDocument {
  return {
    id: row.id,
    title: row.title,
    form: row.form,
    parties: row.parties,
    citation: row.citation,
    legalForm: row.legal_form,
    legalBasis: row.legal_basis,
    lifeCycle: row.life_cycle,
    state: row.state,
    statusBasis: row.status_basis,
    signedOn: row.signed_on,
    inForceOn: row.in_force_on,
    partyEffective: row.party_effective,
    reviewedOn: row.reviewed_on,
    rules: rules.map((rule) => ({
      id: rule.id,
      programme: rule.programme,
      recogniser: rule.recogniser,
      types: rule.types,
      roles: rule.roles as Role[] | null,
      flows: rule.flows as Flow[] | null,
      effectiveFrom: rule.effective_from,
      presentation: rule.presentation,
      benefits: rule.benefits,
      pilotMembers: rule.pilot_members,
      note: rule.note,
      sources: rule.sources,
      confidence: rule.confidence as Confidence,
    })),
    dataElements: row.data_elements,
    exchange: row.exchange,
    benefits: row.benefits,
    sources: row.sources,
    contradictingSources: row.contradicting_sources,
    confidence: row.confidence,
    inferredDates: row.inferred_dates,
    unverifiedFields: row.unverified_fields,
    notes: row.notes,
  } as AgreementDocument;
}

type DBRule = Selectable<DB['recognition_rule']>;

/** Records the terms of agreements with all their rules, for all time or from an instant on. */
export async function putAgreements(
  recording: Recording,
  documents: readonly AgreementDocument[],
  effectiveFrom: Instant | null,
): Promise<void> {
  const valid = rangeText({ from: effectiveFrom, to: null });
  const common = { valid, recorded_by: recording.actor.client };
  await supersede(
    recording,
    'agreement',
    documents.map(({ id }) => ({ id, valid })),
    documents.map((d) => ({
      id: d.id,
      title: d.title,
      form: d.form,
      parties: d.parties,
      citation: d.citation,
      legal_form: d.legalForm,
      legal_basis: d.legalBasis,
      life_cycle: d.lifeCycle,
      state: d.state,
      status_basis: d.statusBasis,
      signed_on: d.signedOn,
      in_force_on: d.inForceOn,
      party_effective: d.partyEffective,
      reviewed_on: d.reviewedOn,
      data_elements: d.dataElements,
      exchange: d.exchange,
      benefits: d.benefits,
      sources: d.sources,
      contradicting_sources: d.contradictingSources,
      confidence: d.confidence,
      inferred_dates: d.inferredDates,
      unverified_fields: d.unverifiedFields,
      notes: d.notes,
      ...common,
    })),
  );
  await supersede(
    recording,
    'recognition_rule',
    documents.map(({ id }) => ({ agreement: id, valid })),
    documents.flatMap(({ id: agreement, rules }) =>
      rules.map(({ effectiveFrom: effective_from, pilotMembers: pilot_members, ...rule }) => ({
        ...rule,
        agreement,
        effective_from,
        pilot_members,
        ...common,
      })),
    ),
  );
  await appendTerms(
    recording,
    'agreement',
    documents.map((document) => ({ id: document.id, document })),
    effectiveFrom,
  );
}
