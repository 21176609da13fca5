import type { Strategy, Template } from '@mra/recognition';
import { sql } from 'kysely';
import type { Executor } from './network.ts';
import type {
  BenefitDocument,
  IdentifierSchemeDocument,
  MutualAssistanceDocument,
  PresentationDocument,
} from './reference.ts';
import type { Confidence } from './terms.ts';

/** A part of a list in order of its key. */
interface Paging {
  /** Keys after this one. */
  readonly after?: string;
  readonly limit: number;
}

const knownNow = sql<boolean>`upper_inf(known)`;

/** Mutual-assistance agreements known now, by id. */
export async function readMutualAssistance(
  db: Executor,
  { after = '', limit }: Paging,
): Promise<readonly MutualAssistanceDocument[]> {
  const query = db.selectFrom('mutual_assistance').selectAll().where(knownNow).where('id', '>', after);
  const rows = await query.orderBy('id').limit(limit).execute();
  return rows.map((row) => ({
    id: row.id,
    parties: row.parties,
    signedOn: row.signed_on,
    inForceOn: row.in_force_on,
    sources: row.sources,
    confidence: row.confidence as Confidence,
    notes: row.notes,
  }));
}

/** How members are named on declarations, as known now, by id (`programme>recogniser`). */
export async function readPresentations(
  db: Executor,
  { after = '', limit, programme, recogniser }: Paging & { readonly programme?: string; readonly recogniser?: string },
): Promise<readonly PresentationDocument[]> {
  let query = db.selectFrom('presentation').selectAll().where(knownNow).where('id', '>', after);
  if (programme !== undefined) query = query.where('programme', '=', programme);
  if (recogniser !== undefined) query = query.where('recogniser', '=', recogniser);
  const rows = await query.orderBy('id').limit(limit).execute();
  return rows.map((row) => ({
    id: row.id,
    programme: row.programme,
    recogniser: row.recogniser,
    strategy: row.strategy as Strategy,
    from: row.scheme,
    words: row.words,
    template: row.template as Template | null,
    where: row.where_declared,
    lossy: row.lossy,
    example: row.example as PresentationDocument['example'],
    source: row.source,
    confidence: row.confidence as Confidence,
  }));
}

/** Benefits known now, by code. */
export async function readBenefits(db: Executor, { after = '', limit }: Paging): Promise<readonly BenefitDocument[]> {
  const query = db.selectFrom('benefit').selectAll().where(knownNow).where('code', '>', after);
  const rows = await query.orderBy('code').limit(limit).execute();
  return rows.map(({ code, wording, sources, confidence }) => ({
    code,
    wording,
    sources,
    confidence: confidence as Confidence,
  }));
}

/** Identifier schemes known now, by code. */
export async function readIdentifierSchemes(
  db: Executor,
  { after = '', limit }: Paging,
): Promise<readonly IdentifierSchemeDocument[]> {
  const query = db.selectFrom('identifier_scheme').selectAll().where(knownNow).where('scheme', '>', after);
  const rows = await query.orderBy('scheme').limit(limit).execute();
  return rows.map((row) => ({
    scheme: row.scheme,
    administration: row.administration,
    name: row.name,
    kind: row.kind,
    regex: row.regex,
    checkDigit: row.check_digit,
    examples: row.examples as unknown as IdentifierSchemeDocument['examples'],
    verified: row.verified,
    sources: row.sources,
    notes: row.notes,
  }));
}
