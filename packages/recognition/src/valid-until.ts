import { type Evaluation, evaluate } from './evaluate.ts';
import { issuerOf } from './membership.ts';
import type { MembershipFacts } from './membership-types.ts';
import { recognisingTerritories } from './network.ts';
import type { Network } from './network-types.ts';
import type { Audience, Facts, Question } from './question.ts';
import { startOf } from './rules/agreement-in-force.ts';
import { staleFromInstant } from './rules/data-fresh.ts';
import type { Instant, Period } from './time.ts';

/**
 * The earliest later instant at which the same question, asked anew with nothing more recorded, gets another answer: outcome,
 * reason, membership, conditions, benefits or what to declare (not the wording of a detail). Null when none does.
 * Asked anew at an instant means that neither `at` nor `knownAt` lies before it.
 * Answers change only where some period of a fact begins or ends, so these instants are tried in order.
 */
export function validUntil(question: Question, facts: Facts, audience: Audience, answer: Evaluation): Instant | null {
  const now = essence(answer);
  for (const instant of boundaries(question, facts)) {
    const asked = { ...question, at: later(question.at, instant), knownAt: later(question.knownAt, instant) };
    if (essence(evaluate(asked, facts, audience)) !== now) return instant;
  }
  return null;
}

function essence({ outcome, reason, membership, rules, benefits, declare, nameMatch }: Evaluation): string {
  const conditions = rules.map((rule) => [rule.rule, rule.met, rule.conditions.map((condition) => condition.met)]);
  return JSON.stringify([outcome, reason, membership, conditions, benefits, declare, nameMatch]);
}

function boundaries(question: Question, { network, memberships }: Facts): readonly Instant[] {
  const instants = new Set<Instant>();
  const add = (instant: Instant | null): void => {
    if (instant !== null && instant > question.at) instants.add(instant);
  };
  const addPeriods = (rows: readonly { readonly valid: Period }[]): void => {
    for (const { valid } of rows) {
      add(valid.from);
      add(valid.to);
    }
  };
  const unions = new Set(memberships.flatMap((membership) => issuersOf(network, membership, question.at)));
  addPeriods(network.unionMembers.filter((row) => row.member === question.recogniser || unions.has(row.union)));
  for (const membership of memberships) {
    addPeriods(membership.statuses);
    addPeriods(membership.consents);
    addPeriods(membership.identifiers);
    addPeriods(membership.localSuspensions);
    addPeriods(network.programmes.get(membership.programme) ?? []);
    const stale = staleAfter(question, membership);
    if (stale !== null) instants.add(stale);
    for (const { agreement, rule } of possibleRules(question, network, membership)) {
      addPeriods([agreement]);
      for (const issuer of issuersOf(network, membership, question.at)) {
        const start = startOf(agreement, rule, issuer);
        add(start.earliest);
        add(start.certain);
      }
    }
  }
  return [...instants].toSorted();
}

/** The administrations that have, had or will have the programme of a membership. */
function issuersOf(network: Network, membership: MembershipFacts, at: Instant): readonly string[] {
  const terms = network.programmes.get(membership.programme) ?? [];
  return [...new Set([issuerOf(network, membership, at), ...terms.map(({ administration }) => administration)])];
}

/** Staleness counts from knowledge: data can be too old before an instant in the future that is asked about. */
function staleAfter(question: Question, membership: MembershipFacts): Instant | null {
  const stale = membership.source === null ? null : staleFromInstant(membership);
  return stale !== null && stale > question.knownAt ? stale : null;
}

/** Rules of the recogniser and of every union it is ever a member of. */
function possibleRules(question: Question, network: Network, membership: MembershipFacts) {
  const unions = network.unionMembers.filter((row) => row.member === question.recogniser).map((row) => row.union);
  const territories = new Set([...recognisingTerritories(network, question.recogniser, question.at), ...unions]);
  return [...territories].flatMap((territory) => network.rules.get(`${membership.programme}>${territory}`) ?? []);
}

const later = (a: Instant, b: Instant): Instant => (a > b ? a : b);
