import type { ConsentRegime, Flow, LifeCycle, Role, Strategy } from './closed-sets.ts';
import type { Day, PartialDay, Period } from './time.ts';

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

export interface RuleUnderAgreement {
  readonly agreement: AgreementTerms;
  readonly rule: RecognitionRule;
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
  /** Codes of those that are unions. */
  readonly unions: ReadonlySet<string>;
  readonly unionMembers: readonly UnionMember[];
  readonly programmes: ReadonlyMap<string, readonly ProgrammeTerms[]>;
  /** Rules by `programme>recogniser`, each with the agreement terms it belongs to. */
  readonly rules: ReadonlyMap<string, readonly RuleUnderAgreement[]>;
  readonly presentations: ReadonlyMap<string, Presentation>;
  readonly schemes: ReadonlyMap<string, IdentifierScheme>;
}
