import type { IdentifierScheme, Presentation } from '@mra/recognition';
import { rangeText } from './period.ts';
import type { Recording } from './recording.ts';
import { supersede } from './temporal.ts';
import { appendTerms, type Confidence } from './terms.ts';

/** Where a row of reference data comes from, and how sure it is. */
interface Sourced {
  readonly sources: readonly string[];
  readonly confidence: Confidence;
  readonly notes: string | null;
}

export interface MutualAssistanceDocument extends Sourced {
  readonly id: string;
  readonly parties: readonly string[];
  readonly signedOn: string | null;
  readonly inForceOn: string | null;
}

export interface PresentationDocument extends Presentation {
  /** An identifier and the code that is made of it. */
  readonly example: { readonly input: string; readonly output: string } | null;
  readonly source: string;
  readonly confidence: Confidence;
}

export interface IdentifierSchemeDocument extends IdentifierScheme {
  readonly examples: { readonly valid: readonly string[]; readonly invalid: readonly string[] };
  readonly verified: boolean;
  readonly sources: readonly string[];
  readonly notes: string | null;
}

export interface BenefitDocument {
  readonly code: string;
  readonly wording: string;
  readonly sources: readonly string[];
  readonly confidence: Confidence;
}

/** Reference data that only seeds write: how codes are declared, identifier schemes, benefits, mutual assistance. */
export interface ReferenceDocuments {
  readonly presentations: readonly PresentationDocument[];
  readonly schemes: readonly IdentifierSchemeDocument[];
  readonly benefits: readonly BenefitDocument[];
  readonly mutualAssistance: readonly MutualAssistanceDocument[];
}

/** Records reference data for all time; what is known of the same keys gives way. */
export async function putReference(recording: Recording, documents: ReferenceDocuments): Promise<void> {
  const common = { valid: rangeText({ from: null, to: null }), recorded_by: recording.actor.client };
  const { valid } = common;
  const { presentations, schemes, benefits, mutualAssistance } = documents;
  await supersede(
    recording,
    'presentation',
    presentations.map(({ id }) => ({ id, valid })),
    presentations.map(({ from: scheme, where: where_declared, ...row }) => ({
      ...row,
      scheme,
      where_declared,
      ...common,
    })),
  );
  await supersede(
    recording,
    'identifier_scheme',
    schemes.map(({ scheme }) => ({ scheme, valid })),
    schemes.map(({ checkDigit: check_digit, ...row }) => ({ ...row, check_digit, ...common })),
  );
  await supersede(
    recording,
    'benefit',
    benefits.map(({ code }) => ({ code, valid })),
    benefits.map((row) => ({ ...row, ...common })),
  );
  await supersede(
    recording,
    'mutual_assistance',
    mutualAssistance.map(({ id }) => ({ id, valid })),
    mutualAssistance.map(({ signedOn: signed_on, inForceOn: in_force_on, ...row }) => ({
      ...row,
      signed_on,
      in_force_on,
      ...common,
    })),
  );
  const entries = [
    ...presentations.map((document) => ({ id: `presentation/${document.id}`, document })),
    ...schemes.map((document) => ({ id: `identifier-scheme/${document.scheme}`, document })),
    ...benefits.map((document) => ({ id: `benefit/${document.code}`, document })),
    ...mutualAssistance.map((document) => ({ id: `mutual-assistance/${document.id}`, document })),
  ];
  await appendTerms(recording, 'reference', entries, null);
}
