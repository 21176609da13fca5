import type { Reason } from './closed-sets.ts';
import type { DataAge, Decision, RuleDecision } from './decision.ts';
import { declareNoteUnder, declareUnder } from './declare.ts';
import { explain, type Unrecognised } from './explain.ts';
import { matchName } from './identifiers/name-match.ts';
import { match } from './matching.ts';
import { answeredMembership, describeType, issuerOf } from './membership.ts';
import type { MembershipFacts } from './membership-types.ts';
import { recognisingTerritories } from './network.ts';
import type { Network } from './network-types.ts';
import type { Audience, Facts, Question } from './question.ts';
import { closest, closestReason, conjunction } from './reasons.ts';
import { agreementInForce } from './rules/agreement-in-force.ts';
import { consentGiven } from './rules/consent-given.ts';
import type { RuleContext } from './rules/context.ts';
import { dataFresh } from './rules/data-fresh.ts';
import { flowCovered } from './rules/flow-covered.ts';
import { notLocallySuspended } from './rules/not-locally-suspended.ts';
import { roleCovered } from './rules/role-covered.ts';
import { statusActive } from './rules/status-active.ts';
import { countingComponents, typeCovered } from './rules/type-covered.ts';
import { contains, secondsBetween } from './time.ts';

export type Evaluation = Omit<Decision, 'validUntil'>;

const CONDITIONS = [
  agreementInForce,
  typeCovered,
  roleCovered,
  flowCovered,
  statusActive,
  notLocallySuspended,
  consentGiven,
  dataFresh,
] as const;

interface Evaluated {
  readonly membership: MembershipFacts;
  readonly context: RuleContext;
  readonly decision: RuleDecision;
}

/** The decision at one instant, without how long it holds. */
export function evaluate(question: Question, { network, memberships }: Facts, audience: Audience): Evaluation {
  const found = match(question, network, memberships, audience);
  switch (found.kind) {
    case 'invalid':
      return nothing(question, 'not_recognised', 'IDENTIFIER_INVALID');
    case 'unknown':
      return nothing(question, 'not_recognised', 'UNKNOWN_TRADER');
    case 'ambiguous':
      return nothing(question, 'indeterminate', 'AMBIGUOUS_IDENTIFIER');
  }
  const evaluated = found.memberships.flatMap((membership) => evaluateRules(question, network, membership));
  const rules = evaluated.map(({ decision }) => decision);
  const met = evaluated.filter(({ decision }) => decision.met === true);
  const failed = met.length > 0 ? null : (closest(rules) ?? withoutRules(question, network, found.memberships));
  const reason = failed?.reason ?? 'RECOGNISED';
  const unknown = met.length === 0 && rules.some((rule) => rule.met === null);
  const decisive = met[0] ?? evaluated.find(({ decision }) => reasonOf(decision) === reason);
  const deciding = decisive?.membership ?? found.memberships[0];
  return {
    outcome: met.length > 0 ? 'recognised' : unknown ? 'indeterminate' : 'not_recognised',
    reason,
    detail: failed && explain(question, failed),
    membership: deciding ? answeredMembership(network, deciding, question.at, countingUnder(decisive)) : null,
    rules,
    benefits: [...new Set(met.flatMap(({ context }) => context.rule.benefits))].toSorted(),
    ...firstDeclaration(met),
    nameMatch: question.name === undefined || !deciding ? null : matchName(question.name, deciding.names),
    dataAge: deciding ? dataAge(deciding, question) : null,
  };
}

/** The components through which the membership counts under the rule that decides. */
function countingUnder(decisive: Evaluated | undefined): readonly string[] | null {
  const type = decisive?.context.type;
  return decisive && type ? countingComponents({ ...decisive.context, type }).components : null;
}

function evaluateRules(question: Question, network: Network, membership: MembershipFacts): readonly Evaluated[] {
  const issuer = issuerOf(network, membership, question.at);
  const type = describeType(network, membership, question.at);
  return recognisingTerritories(network, question.recogniser, question.at)
    .filter((territory) => territory !== issuer)
    .flatMap((territory) => network.rules.get(`${membership.programme}>${territory}`) ?? [])
    .filter(({ agreement }) => contains(agreement.valid, question.at))
    .map(({ agreement, rule }) => {
      const context: RuleContext = { question, network, membership, issuer, agreement, rule, type };
      const conditions = CONDITIONS.map((condition) => condition(context));
      const decision: RuleDecision = {
        agreement: agreement.id,
        rule: rule.id,
        title: agreement.title,
        citation: agreement.citation,
        met: conjunction(conditions),
        conditions,
      };
      return { membership, context, decision };
    });
}

/** No rule could apply: told as missing consent where only that keeps the trader hidden from others. */
function withoutRules(question: Question, network: Network, memberships: readonly MembershipFacts[]): Unrecognised {
  const others = match(question, network, memberships, { administration: null });
  const [shown] = memberships;
  if (others.kind !== 'found' || shown === undefined) return { reason: 'NO_CONSENT' };
  const issuer = issuerOf(network, shown, question.at);
  const isOwn = recognisingTerritories(network, question.recogniser, question.at).includes(issuer);
  return { reason: 'NO_AGREEMENT', programme: shown.programme, issuer, isOwn };
}

function reasonOf(decision: RuleDecision): Reason {
  return decision.met === true ? 'RECOGNISED' : closestReason([decision]);
}

function firstDeclaration(met: readonly Evaluated[]): Pick<Decision, 'declare' | 'declareNote'> {
  for (const { context, membership } of met) {
    const declare = declareUnder(context.rule, context.network, membership, context.question);
    if (declare !== null) return { declare, declareNote: null };
  }
  for (const { context } of met) {
    const declareNote = declareNoteUnder(context.rule, context.network);
    if (declareNote !== null) return { declare: null, declareNote };
  }
  return { declare: null, declareNote: null };
}

function dataAge({ source, synchronisation }: MembershipFacts, { knownAt }: Question): DataAge {
  if (source === null) return { source: 'local', lastSynchronisedAt: null, ageSeconds: 0, maxAgeSeconds: null };
  const last = synchronisation?.lastSynchronisedAt ?? null;
  return {
    source,
    lastSynchronisedAt: last,
    ageSeconds: last === null ? null : Math.max(0, secondsBetween(last, knownAt)),
    maxAgeSeconds: synchronisation?.maxAgeSeconds ?? null,
  };
}

function nothing(
  question: Question,
  outcome: Evaluation['outcome'],
  reason: 'IDENTIFIER_INVALID' | 'UNKNOWN_TRADER' | 'AMBIGUOUS_IDENTIFIER',
): Evaluation {
  return {
    outcome,
    reason,
    detail: explain(question, { reason }),
    membership: null,
    rules: [],
    benefits: [],
    declare: null,
    declareNote: null,
    nameMatch: null,
    dataAge: null,
  };
}
