import type { Instant, LifeCycle } from '@mra/recognition';
import { sql } from 'kysely';
import type { AgreementDocument } from './agreements.ts';
import type { Agreement } from './database.ts';
import type { Executor } from './network.ts';
import { parsePeriod } from './period.ts';
import { type RuleRow, toRule } from './rule-rows.ts';
import { type Confidence, currentAt, currentColumns, type Recorded, recordedColumns, toRecorded } from './terms.ts';

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

function toDocument(row: Row, rules: readonly RuleRow[]): AgreementDocument {
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
      ...toRule(rule),
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
