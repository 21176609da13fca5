import { type Evaluation, evaluate } from './evaluate.ts';
import { issuerOf } from './membership.ts';
import type { MembershipFacts } from './membership-types.ts';
import { membershipsInUnions, membersOfUnion } from './network.ts';
import type { Network } from './network-types.ts';
import type { Audience, Facts, Question } from './question.ts';
import { startOf } from './rules/agreement-in-force.ts';
import { staleFromInstant } from './rules/data-fresh.ts';
import type { Instant, Period } from './time.ts';

/**
 * The earliest later instant at which the same question, asked anew with nothing more recorded, gets another answer: outcome,
 * reason, membership, conditions, benefits or what to declare (not the wording of a detail or a note). Null when none does.
 * Asked anew at an instant means that neither `at` nor `knownAt` lies before it.
 * Answers change only where some period of a fact begins or ends, so these instants are tried in order.
 */
export function validUntil(question: Question, facts: Facts, audience: Audience, answer: Evaluation): Instant | null {
  const instants = boundaries(question, facts);
  if (instants.length === 0) return null;
  const now = essence(answer);
  for (const instant of instants) {
    const asked = { ...question, at: later(question.at, instant), knownAt: later(question.knownAt, instant) };
    if (essence(evaluate(asked, facts, audience)) !== now) return instant;
  }
  return null;
}

function essence({ outcome, reason, membership, rules, benefits, declare, nameMatch }: Evaluation): string {
  const conditions = rules.map((rule) => [rule.rule, rule.met, rule.conditions.map((condition) => condition.met)]);
  return JSON.stringify([outcome, reason, membership, conditions, benefits, declare, nameMatch]);
}

/** Later than the instant asked about (of staleness: than that of knowledge), each once, in order. */
function boundaries(question: Question, { network, memberships }: Facts): readonly Instant[] {
  const instants: Instant[] = [];
  const add = (instant: Instant | null): void => {
    if (instant !== null && instant > question.at) instants.push(instant);
  };
  const addPeriods = (rows: readonly { readonly valid: Period }[]): void => {
    for (const { valid } of rows) {
      add(valid.from);
      add(valid.to);
    }
  };
  addPeriods(membershipsInUnions(network, question.recogniser));
  for (const membership of memberships) {
    const issuers = issuersOf(network, membership, question.at);
    for (const issuer of issuers) addPeriods(membersOfUnion(network, issuer));
    addPeriods(membership.statuses);
    addPeriods(membership.consents);
    addPeriods(membership.identifiers);
    addPeriods(membership.localSuspensions);
    addPeriods(network.programmes.get(membership.programme) ?? []);
    const stale = staleAfter(question, membership);
    if (stale !== null) instants.push(stale);
    for (const { agreement, rule } of possibleRules(question, network, membership)) {
      add(agreement.valid.from);
      add(agreement.valid.to);
      for (const issuer of issuers) {
        const start = startOf(agreement, rule, issuer);
        add(start.earliest);
        add(start.certain);
      }
    }
  }
  return instants.length < 2 ? instants : [...new Set(instants)].toSorted();
}

/** The administrations that have, had or will have the programme of a membership. */
function issuersOf(network: Network, membership: MembershipFacts, at: Instant): readonly string[] {
  const now = issuerOf(network, membership, at);
  const others = (network.programmes.get(membership.programme) ?? [])
    .map(({ administration }) => administration)
    .filter((administration) => administration !== now);
  return others.length === 0 ? [now] : [now, ...new Set(others)];
}

/** Staleness counts from knowledge: data can be too old before an instant in the future that is asked about. */
function staleAfter(question: Question, membership: MembershipFacts): Instant | null {
  const stale = membership.source === null ? null : staleFromInstant(membership);
  return stale !== null && stale > question.knownAt ? stale : null;
}

/** Rules of the recogniser and of every union it is ever a member of. */
function possibleRules({ recogniser }: Question, network: Network, { programme }: MembershipFacts) {
  const own = network.rules.get(`${programme}>${recogniser}`) ?? [];
  const unions = new Set(membershipsInUnions(network, recogniser).map((row) => row.union));
  if (unions.size === 0) return own;
  return [...own, ...[...unions].flatMap((union) => network.rules.get(`${programme}>${union}`) ?? [])];
}

const later = (a: Instant, b: Instant): Instant => (a > b ? a : b);
