import type { ConditionCode, Outcome, Reason, Status, Strategy } from './closed-sets.ts';
import type { Day, Instant } from './time.ts';

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

/** Something is declared so that the status is seen, but its form is not known: what is known of it. */
export interface DeclareNote {
  readonly where: string | null;
  readonly note: string | null;
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
  /** Why, in one sentence; null when recognised. */
  readonly detail: string | null;
  readonly membership: AnsweredMembership | null;
  readonly rules: readonly RuleDecision[];
  readonly benefits: readonly string[];
  readonly declare: Declare | null;
  /** Null where `declare` says what to write, or nothing is known. */
  readonly declareNote: DeclareNote | null;
  readonly nameMatch: NameMatch | null;
  readonly validUntil: Instant | null;
  readonly dataAge: DataAge | null;
}
