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
  let met: boolean | null = true;
  for (const condition of conditions) {
    if (condition.met === false) return false;
    if (condition.met === null) met = null;
  }
  return met;
}

/** Where the rule that came closest fails. */
export interface Closest {
  readonly reason: Reason;
  readonly rule: RuleDecision;
  readonly condition: Condition;
}

/**
 * The reason of an answer that is not recognised: of each rule the first condition (in the order of {@link REASONS}) that is false,
 * or unknown where none is false; of these the latest, which is the rule that came closest. Of equals the first rule.
 * @returns null where there is no rule that is not met
 */
export function closest(rules: readonly RuleDecision[]): Closest | null {
  const met = rules.some((rule) => rule.met === null) ? null : false;
  let best: Closest | null = null;
  for (const rule of rules) {
    if (rule.met !== met) continue;
    const condition = firstFailing(rule, met);
    if (condition !== null && (best === null || rankOf(condition) > rankOf(best.condition))) {
      best = { reason: reasonOf(condition), rule, condition };
    }
  }
  return best;
}

/** The reason alone, of rules of which one at least is not met. */
export function closestReason(rules: readonly RuleDecision[]): Reason {
  return closest(rules)?.reason ?? 'NO_AGREEMENT';
}

function firstFailing({ conditions }: RuleDecision, met: false | null): Condition | null {
  let first: Condition | null = null;
  for (const condition of conditions) {
    if (condition.met === met && (first === null || rankOf(condition) < rankOf(first))) first = condition;
  }
  return first;
}

const rankOf = (condition: Condition): number => REASONS.indexOf(reasonOf(condition));

function reasonOf({ code, met }: Condition): Reason {
  return met === false ? REASON_OF[code].notMet : REASON_OF[code].unknown;
}
