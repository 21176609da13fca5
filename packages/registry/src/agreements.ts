import type { Day, Flow, Instant, LifeCycle, PartialDay, PartyStart, Role } from '@mra/recognition';
import { rangeText } from './period.ts';
import type { Recording } from './recording.ts';
import { supersede } from './temporal.ts';
import { appendTerms, type Confidence } from './terms.ts';

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
