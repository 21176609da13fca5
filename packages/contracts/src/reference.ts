import type { AdministrationBody } from './administrations.ts';
import type { RuleBody } from './agreement-rules.ts';
import type { AgreementBody } from './agreements.ts';
import type { MutualAssistance } from './network.ts';
import type { ProgrammeBody } from './programmes.ts';

/** A row of the reference data (db/seeds/reference) as a PUT: what goes into the path, and the body. Validate the body with its schema. */
export interface ReferencePut<Body> {
  readonly id: string;
  readonly body: Body;
}

/** Rows repeat in `datePrecision` what the length of a partial day says; it is left out. */
interface Precision {
  readonly datePrecision: unknown;
}

export type ReferenceAdministration = AdministrationBody & { readonly code: string };

export type ReferenceProgramme = Omit<ProgrammeBody, 'effectiveFrom'> & { readonly id: string };

export type ReferenceMutualAssistance = MutualAssistance & Precision;

export interface ReferenceAgreement
  extends Precision,
    Omit<AgreementBody, 'lifeCycle' | 'rules' | 'state' | 'reviewedOn' | 'legalBasis' | 'effectiveFrom'> {
  readonly id: string;
  readonly status: AgreementBody['lifeCycle'];
  readonly rules: readonly (Omit<RuleBody, 'pilotMembers'> & Precision)[];
}

export interface ReferenceWorkPlan extends Precision {
  readonly id: string;
  readonly parties: string[];
  readonly lifeCycle: 'joint_work_plan' | 'exploratory';
  readonly state: NonNullable<AgreementBody['state']>;
  readonly signedOn: string | null;
  readonly sources: string[];
  readonly confidence: NonNullable<AgreementBody['confidence']>;
  readonly notes: string | null;
}

export interface ReviewContext {
  /** The day on which the reference data were last reviewed: 2026-01-01. */
  readonly reviewedOn: string;
  readonly mutualAssistance: readonly Pick<MutualAssistance, 'id' | 'parties'>[];
}

/** A row of administrations.json. */
export function fromReferenceAdministration({
  code,
  ...body
}: ReferenceAdministration): ReferencePut<AdministrationBody> {
  return { id: code, body };
}

/** A row of programmes.json. */
export function fromReferenceProgramme({ id, ...body }: ReferenceProgramme): ReferencePut<ProgrammeBody> {
  return { id, body };
}

/** A row of mutual-assistance.json; it has no PUT, so the row itself is the wire form. */
export function fromReferenceMutualAssistance(row: ReferenceMutualAssistance): MutualAssistance {
  const { datePrecision: _, ...assistance } = row;
  return assistance;
}

/**
 * A row of agreements.json. `status` is the life cycle. The data list no pilot members, so a pilot admits nobody.
 */
export function fromReferenceAgreement(row: ReferenceAgreement, context: ReviewContext): ReferencePut<AgreementBody> {
  const { id, status, datePrecision: _, rules, ...terms } = row;
  const body: AgreementBody = {
    ...terms,
    lifeCycle: status,
    state: null,
    reviewedOn: context.reviewedOn,
    legalBasis: legalBasis(row.parties, context.mutualAssistance),
    rules: rules.map(({ datePrecision: _, ...rule }) => ({ ...rule, pilotMembers: status === 'pilot' ? [] : null })),
  };
  return { id, body };
}

/** A row of work-plans.json: an agreement to be, without rules. It has no title of its own. */
export function fromReferenceWorkPlan(row: ReferenceWorkPlan, context: ReviewContext): ReferencePut<AgreementBody> {
  const { id, parties, lifeCycle, state, signedOn, sources, confidence, notes } = row;
  const body: AgreementBody = {
    title: `${lifeCycle === 'exploratory' ? 'Exploration' : 'Joint work plan'} ${parties.join(' – ')}`,
    form: parties.length === 2 ? 'bilateral' : 'plurilateral',
    parties,
    lifeCycle,
    state,
    signedOn,
    reviewedOn: context.reviewedOn,
    legalBasis: legalBasis(parties, context.mutualAssistance),
    rules: [],
    sources,
    confidence,
    notes,
  };
  return { id, body };
}

/** The rows do not name their legal basis: it is every mutual-assistance agreement that all the parties have with each other. */
function legalBasis(parties: readonly string[], mutualAssistance: ReviewContext['mutualAssistance']): string[] {
  return mutualAssistance
    .filter((assistance) => parties.every((party) => assistance.parties.includes(party)))
    .map(({ id }) => id);
}
