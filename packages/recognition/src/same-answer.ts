import type { AnsweredMembership, Declare, NameMatch, RuleDecision } from './decision.ts';
import type { Evaluation } from './evaluate.ts';

/**
 * Whether two answers to one question say the same: outcome, reason, membership, conditions, benefits, what to declare and the match of
 * the name. The wording of details and the age of the data, which grows by itself, are no part of it.
 */
export function saysTheSame(a: Evaluation, b: Evaluation): boolean {
  return (
    a.outcome === b.outcome &&
    a.reason === b.reason &&
    sameMembership(a.membership, b.membership) &&
    sameList(a.rules, b.rules, sameRule) &&
    sameList(a.benefits, b.benefits, Object.is) &&
    sameFields<Declare>(a.declare, b.declare, ['strategy', 'identifier', 'where', 'note', 'hint']) &&
    sameFields<NameMatch>(a.nameMatch, b.nameMatch, ['result', 'score', 'comparedWith'])
  );
}

function sameMembership(a: AnsweredMembership | null, b: AnsweredMembership | null): boolean {
  return (
    sameFields<AnsweredMembership>(a, b, MEMBERSHIP) &&
    sameList(a?.components ?? [], b?.components ?? [], (one, other) => sameFields(one, other, COMPONENT))
  );
}

const MEMBERSHIP = [
  ...['programme', 'issuer', 'issuingCountry', 'authorisationNumber', 'type', 'status', 'statusSince', 'name'],
] as (keyof AnsweredMembership)[];
const COMPONENT = ['code', 'status', 'since'] as const;

function sameRule(a: RuleDecision, b: RuleDecision): boolean {
  return (
    a.rule === b.rule && a.met === b.met && sameList(a.conditions, b.conditions, (one, other) => one.met === other.met)
  );
}

function sameFields<Part extends object>(a: Part | null, b: Part | null, fields: readonly (keyof Part)[]): boolean {
  return a === null || b === null ? a === b : fields.every((field) => a[field] === b[field]);
}

function sameList<Item>(a: readonly Item[], b: readonly Item[], same: (a: Item, b: Item) => boolean): boolean {
  return a.length === b.length && a.every((item, index) => same(item, b[index] as Item));
}
