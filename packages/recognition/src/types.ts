import type { Day, Instant, PartialDay, Period } from './time.ts';

/** The closed sets of the contract. The order of {@link REASONS} ranks how close a rule came to recognising. */
export const OUTCOMES = ['recognised', 'not_recognised', 'indeterminate'] as const;
export type Outcome = (typeof OUTCOMES)[number];

export const REASONS = [
  'IDENTIFIER_INVALID',
  'UNKNOWN_TRADER',
  'NO_CONSENT',
  'AMBIGUOUS_IDENTIFIER',
  'NO_AGREEMENT',
  'AGREEMENT_NOT_IN_FORCE',
  'TYPE_NOT_COVERED',
  'ROLE_NOT_COVERED',
  'FLOW_NOT_COVERED',
  'NOT_ACTIVE',
  'LOCALLY_SUSPENDED',
  'AGREEMENT_START_UNCERTAIN',
  'DATA_STALE',
  'RECOGNISED',
] as const;
export type Reason = (typeof REASONS)[number];

export const CONDITION_CODES = [
  'AGREEMENT_IN_FORCE',
  'TYPE_COVERED',
  'ROLE_COVERED',
  'FLOW_COVERED',
  'STATUS_ACTIVE',
  'NOT_LOCALLY_SUSPENDED',
  'CONSENT_GIVEN',
  'DATA_FRESH',
] as const;
export type ConditionCode = (typeof CONDITION_CODES)[number];

export const ROLES = [
  'importer',
  'exporter',
  'manufacturer',
  'customs_broker',
  'carrier',
  'freight_forwarder',
  'consolidator',
  'warehouse_operator',
  'terminal_operator',
  'third_party_logistics',
] as const;
export type Role = (typeof ROLES)[number];

export const FLOWS = ['import', 'export'] as const;
export type Flow = (typeof FLOWS)[number];

export const LIFE_CYCLE = [
  'exploratory',
  'joint_work_plan',
  'comparison',
  'joint_validation',
  'negotiating',
  'signed',
  'pilot',
  'in_force',
  'suspended',
  'terminated',
] as const;
export type LifeCycle = (typeof LIFE_CYCLE)[number];

/** Status of one component of an authorisation. `active` and `suspended` are live, the others end it (domain.md C.5). */
export const STATUSES = ['active', 'suspended', 'revoked', 'annulled', 'withdrawn', 'expired'] as const;
export type Status = (typeof STATUSES)[number];

export const CONSENT_REGIMES = ['none', 'all_partners', 'per_partner', 'unknown'] as const;
export type ConsentRegime = (typeof CONSENT_REGIMES)[number];

export const STRATEGIES = [
  'PARTNER_CODE',
  'TRANSFORMED_CODE',
  'RECOGNISER_CODE',
  'IMPORTER_DERIVED',
  'NAME_ADDRESS',
  'UNKNOWN',
] as const;
export type Strategy = (typeof STRATEGIES)[number];

// ── The network: who recognises whom ────────────────────────────────────────────────────────────────────────────────

export interface UnionMember {
  readonly union: string;
  readonly member: string;
  readonly valid: Period;
}

export interface AuthorisationType {
  readonly code: string;
  readonly name: string;
  /** Codes of the parts of a combined type; a simple type names itself. */
  readonly components: readonly string[];
  readonly securityComponent: boolean | null;
  readonly validatedOnSite: boolean | null;
  readonly recognisable: 'yes' | 'no' | 'unknown';
  readonly basis: string;
}

export interface NumberPattern {
  readonly scheme: string;
  readonly regex: string;
  readonly example: string;
  readonly verified: boolean;
}

/** The terms of a programme over one period of validity. */
export interface ProgrammeTerms {
  readonly id: string;
  readonly administration: string;
  readonly types: readonly AuthorisationType[];
  readonly consent: ConsentRegime;
  readonly numberPatterns: readonly NumberPattern[];
  readonly valid: Period;
}

/** One direction of an agreement: members of `programme` are recognised by `recogniser`. */
export interface RecognitionRule {
  readonly id: string;
  readonly programme: string;
  readonly recogniser: string;
  /** Types that count; null: the types of the programme with `recognisable: yes`. */
  readonly types: readonly string[] | null;
  /** null: any role. */
  readonly roles: readonly Role[] | null;
  /** Seen from the recogniser; null: both. */
  readonly flows: readonly Flow[] | null;
  readonly effectiveFrom: PartialDay | null;
  readonly presentation: string | null;
  readonly benefits: readonly string[];
  /** Authorisation numbers admitted to a pilot, normalised; null when the rule is not a pilot. */
  readonly pilotMembers: readonly string[] | null;
}

export interface PartyStart {
  readonly party: string;
  readonly from: PartialDay | null;
  /** False: the party has signed but not begun. */
  readonly effective: boolean;
}

/** The terms of an agreement over one period of validity. */
export interface AgreementTerms {
  readonly id: string;
  readonly title: string;
  readonly citation: string | null;
  readonly lifeCycle: LifeCycle;
  readonly signedOn: PartialDay | null;
  readonly inForceOn: PartialDay | null;
  readonly partyEffective: readonly PartyStart[];
  /** The day these data were last reviewed: from then on an agreement in force with no known start is certain. */
  readonly reviewedOn: Day;
  readonly rules: readonly RecognitionRule[];
  readonly valid: Period;
}

/** How a code is made from a member's identifier: strip a prefix, take pieces, add a prefix and a suffix. Never inverted. */
export interface Template {
  readonly source?: string;
  readonly strip?: string;
  readonly take?: readonly { readonly from: number; readonly length: number }[];
  readonly prefix?: string;
  readonly suffix?: string;
  readonly pattern?: string;
  readonly builder?: 'mid';
}

/** What the trader's partner writes on the recogniser's declaration. */
export interface Presentation {
  readonly id: string;
  readonly programme: string;
  readonly recogniser: string;
  readonly strategy: Strategy;
  readonly from: string | null;
  readonly words: string | null;
  readonly template: Template | null;
  readonly where: string | null;
  readonly lossy: boolean;
}

export interface IdentifierScheme {
  readonly scheme: string;
  readonly administration: string | null;
  readonly name: string;
  readonly kind: string;
  readonly regex: string;
  /** Words of the rule, or null when the scheme has no check digit. */
  readonly checkDigit: string | null;
}

/** All of the network as it was known at one instant; every change makes a new version. Build it with `indexNetwork`. */
export interface Network {
  readonly version: number;
  /** Codes of all administrations. */
  readonly administrations: ReadonlySet<string>;
  readonly unionMembers: readonly UnionMember[];
  readonly programmes: ReadonlyMap<string, readonly ProgrammeTerms[]>;
  /** Rules by `programme>recogniser`, each with the agreement terms it belongs to. */
  readonly rules: ReadonlyMap<
    string,
    readonly { readonly agreement: AgreementTerms; readonly rule: RecognitionRule }[]
  >;
  readonly presentations: ReadonlyMap<string, Presentation>;
  readonly schemes: ReadonlyMap<string, IdentifierScheme>;
}

// ── Facts about one trader ──────────────────────────────────────────────────────────────────────────────────────────

export interface StatusPeriod {
  /** The authorisation type held in this period, for example AEOF. */
  readonly type: string;
  /** The part of the type this status is about, for example AEOS. */
  readonly component: string;
  readonly status: Status;
  readonly valid: Period;
}

/** `unrecorded`: what the programme assumes where nothing is recorded. Partners and exceptions are named beside it. */
export const CONSENT_SCOPES = ['all', 'none', 'unrecorded'] as const;
export type ConsentScope = (typeof CONSENT_SCOPES)[number];

export interface ConsentPeriod {
  readonly scope: ConsentScope;
  /** Partners to whom consent was given beside the scope. */
  readonly partners: readonly string[];
  /** Partners from whom it was withdrawn. */
  readonly except: readonly string[];
  readonly valid: Period;
}

/** `number`: the authorisation number; `given`: an identifier of the member; `presented`: a code made for a recogniser. */
export type IdentifierOrigin = 'number' | 'given' | 'presented';

export interface IdentifierFact {
  readonly origin: IdentifierOrigin;
  /** Identifier scheme; null for an authorisation number whose scheme is not known. */
  readonly scheme: string | null;
  /** As written. */
  readonly value: string;
  readonly normalised: string;
  /** Of a presented code: the administration that reads it. */
  readonly recogniser: string | null;
  readonly valid: Period;
}

export interface PartyName {
  readonly name: string;
  readonly kind: 'legal' | 'trading' | 'former' | 'local_script';
  readonly language?: string | null;
}

export interface Address {
  readonly kind: 'registered' | 'site' | 'postal';
  readonly street: string | null;
  readonly city: string | null;
  readonly postalCode: string | null;
  readonly region?: string | null;
  readonly country: string;
}

/** How old the copy of a partner's members may be, and how old it is. */
export interface Synchronisation {
  readonly lastSynchronisedAt: Instant | null;
  /** 1.5 times the partner's cadence (exchange.md section 3). */
  readonly maxAgeSeconds: number;
}

/** Everything recorded about one membership, as known at the instant of knowledge of the question; all periods of validity. */
export interface MembershipFacts {
  readonly programme: string;
  readonly number: string;
  readonly issuingCountry: string | null;
  readonly names: readonly PartyName[];
  readonly addresses: readonly Address[];
  readonly roles: readonly Role[];
  readonly statuses: readonly StatusPeriod[];
  readonly consents: readonly ConsentPeriod[];
  readonly identifiers: readonly IdentifierFact[];
  readonly localSuspensions: readonly { readonly recogniser: string; readonly valid: Period }[];
  /** null: this deployment is authoritative; else the administration whose copy this is. */
  readonly source: string | null;
  /** Of a copy; null when local. */
  readonly synchronisation: Synchronisation | null;
}

// ── Question and answer ─────────────────────────────────────────────────────────────────────────────────────────────

export interface Question {
  readonly recogniser: string;
  readonly identifier: string;
  readonly scheme?: string;
  readonly issuer?: string;
  readonly role?: Role;
  readonly flow?: Flow;
  readonly at: Instant;
  readonly knownAt: Instant;
  readonly name?: string;
}

/** A question as asked: without `at` and `knownAt` it is about now, as known now. */
export type OpenQuestion = Omit<Question, 'at' | 'knownAt'> & {
  readonly at: Instant | null;
  readonly knownAt: Instant | null;
};

export interface Facts {
  readonly network: Network;
  /** Memberships that have (or will have, or had) the identifier asked about, in any order. */
  readonly memberships: readonly MembershipFacts[];
}

/** For whom the answer is made: decides only whether NO_CONSENT may be told (api.md section 2). */
export interface Audience {
  readonly administration: string | null;
}

export interface Condition {
  readonly code: ConditionCode;
  /** true, false, or null: cannot be known. */
  readonly met: boolean | null;
  readonly detail?: string;
}

export interface RuleDecision {
  readonly agreement: string;
  readonly rule: string;
  readonly title: string;
  readonly citation: string | null;
  readonly met: boolean | null;
  readonly conditions: readonly Condition[];
}

export interface AnsweredMembership {
  readonly programme: string;
  readonly issuer: string;
  readonly issuingCountry: string | null;
  readonly authorisationNumber: string;
  readonly type: string | null;
  readonly status: Status | 'not_started';
  readonly statusSince: Day | Instant | null;
  readonly components: readonly {
    readonly code: string;
    readonly status: Status;
    readonly since: Day | Instant | null;
  }[];
  readonly name: string | null;
}

export interface Declare {
  readonly strategy: Strategy;
  readonly identifier: string | null;
  readonly where: string | null;
  readonly note: string | null;
  /** A code made from name and address (US MID): a hint to compare with, never proof of anything. */
  readonly hint: string | null;
}

export interface NameMatch {
  /** `exact` as written; `normalised` alike after normalisation; `review` alike enough to look at; `different`. */
  readonly result: 'exact' | 'normalised' | 'review' | 'different';
  /** 0 to 1. */
  readonly score: number;
  readonly comparedWith: string;
}

export interface DataAge {
  /** `local`, or the administration whose copy was used. */
  readonly source: string;
  readonly lastSynchronisedAt: Instant | null;
  readonly ageSeconds: number | null;
  readonly maxAgeSeconds: number | null;
}

export interface Decision {
  readonly outcome: Outcome;
  readonly reason: Reason;
  readonly membership: AnsweredMembership | null;
  readonly rules: readonly RuleDecision[];
  readonly benefits: readonly string[];
  readonly declare: Declare | null;
  readonly nameMatch: NameMatch | null;
  readonly validUntil: Instant | null;
  readonly dataAge: DataAge | null;
}
