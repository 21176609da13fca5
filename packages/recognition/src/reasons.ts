import { type ConditionCode, REASONS, type Reason } from './closed-sets.ts';
import type { Condition, RuleDecision } from './decision.ts';

/** The reason that a false condition gives, and the one it gives when it cannot be known. */
const REASON_OF: Record<ConditionCode, { readonly notMet: Reason; readonly unknown: Reason }> = {
  AGREEMENT_IN_FORCE: { notMet: 'AGREEMENT_NOT_IN_FORCE', unknown: 'AGREEMENT_START_UNCERTAIN' },
  TYPE_COVERED: { notMet: 'TYPE_NOT_COVERED', unknown: 'TYPE_NOT_COVERED' },
  ROLE_COVERED: { notMet: 'ROLE_NOT_COVERED', unknown: 'ROLE_NOT_COVERED' },
  FLOW_COVERED: { notMet: 'FLOW_NOT_COVERED', unknown: 'FLOW_NOT_COVERED' },
  STATUS_ACTIVE: { notMet: 'NOT_ACTIVE', unknown: 'NOT_ACTIVE' },
  NOT_LOCALLY_SUSPENDED: { notMet: 'LOCALLY_SUSPENDED', unknown: 'LOCALLY_SUSPENDED' },
  CONSENT_GIVEN: { notMet: 'NO_CONSENT', unknown: 'NO_CONSENT' },
  DATA_FRESH: { notMet: 'DATA_STALE', unknown: 'DATA_STALE' },
};

/** Kleene's conjunction: false if one is false, else unknown if one is unknown, else true. */
export function conjunction(conditions: readonly Condition[]): boolean | null {
  if (conditions.some((condition) => condition.met === false)) return false;
  return conditions.some((condition) => condition.met === null) ? null : true;
}

/**
 * The reason of an answer that is not recognised: of each rule the first condition (in the order of {@link REASONS}) that is false,
 * or unknown where none is false; of these the latest, which is the rule that came closest.
 */
export function closestReason(rules: readonly RuleDecision[]): Reason {
  const met = rules.some((rule) => rule.met === null) ? null : false;
  const ranks = rules
    .filter((rule) => rule.met === met)
    .map((rule) => Math.min(...rule.conditions.filter((condition) => condition.met === met).map(rankOf)));
  return REASONS[Math.max(...ranks)] ?? 'NO_AGREEMENT';
}

function rankOf({ code, met }: Condition): number {
  return REASONS.indexOf(met === false ? REASON_OF[code].notMet : REASON_OF[code].unknown);
}
