import type { Reason } from './closed-sets.ts';
import type { DataAge, Decision, Declare, DeclareNote, RuleDecision } from './decision.ts';
import { declareNoteUnder, declareUnder } from './declare.ts';
import { explain, type Unrecognised } from './explain.ts';
import { matchName } from './identifiers/name-match.ts';
import { match } from './matching.ts';
import { answeredMembership, describeType, issuerOf } from './membership.ts';
import type { MembershipFacts } from './membership-types.ts';
import { recognisingTerritories, rulesUnder } from './network.ts';
import type { Network, RecognitionRule } from './network-types.ts';
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
  const evaluated = evaluateRules(question, network, found.memberships);
  const rules = evaluated.map(({ decision }) => decision);
  const met = evaluated.filter(({ decision }) => decision.met === true);
  const failed =
    met.length > 0 ? null : (closest(rules) ?? withoutRules(question, network, found.memberships, audience));
  const reason = failed?.reason ?? 'RECOGNISED';
  const unknown = met.length === 0 && rules.some((rule) => rule.met === null);
  const decisive = met[0] ?? evaluated.find(({ decision }) => reasonOf(decision) === reason);
  const deciding = decisive?.membership ?? found.memberships[0];
  const declare = firstDeclaration(met);
  return {
    outcome: met.length > 0 ? 'recognised' : unknown ? 'indeterminate' : 'not_recognised',
    reason,
    detail: failed && explain(question, failed),
    membership: deciding ? answeredMembership(network, deciding, question.at, countingUnder(decisive)) : null,
    rules,
    benefits: benefitsOf(met),
    declare,
    declareNote: declare === null ? firstDeclareNote(met) : null,
    nameMatch: question.name === undefined || !deciding ? null : matchName(question.name, deciding.names),
    dataAge: deciding ? dataAge(deciding, question) : null,
  };
}

/** Somebody who acts for no administration. */
const NOBODY: Audience = { administration: null };

/** The components through which the membership counts under the rule that decides. */
function countingUnder(decisive: Evaluated | undefined): readonly string[] | null {
  const type = decisive?.context.type;
  return decisive && type ? countingComponents(decisive.context, type).components : null;
}

/** The rules that could apply to each of the memberships. */
function evaluateRules(question: Question, network: Network, memberships: readonly MembershipFacts[]): Evaluated[] {
  const { recogniser, at } = question;
  const territories = recognisingTerritories(network, recogniser, at);
  const evaluated: Evaluated[] = [];
  for (const membership of memberships) {
    const issuer = issuerOf(network, membership, at);
    const type = describeType(network, membership, at);
    for (const territory of territories) {
      if (territory === issuer) continue;
      for (const { agreement, rule } of rulesUnder(network, membership.programme, territory)) {
        if (!contains(agreement.valid, at)) continue;
        const context: RuleContext = { question, network, membership, issuer, agreement, rule, type };
        evaluated.push({ membership, context, decision: evaluateRule(context) });
      }
    }
  }
  return evaluated;
}

function evaluateRule(context: RuleContext): RuleDecision {
  const { agreement, rule } = context;
  const conditions = CONDITIONS.map((condition) => condition(context));
  return {
    agreement: agreement.id,
    rule: rule.id,
    title: agreement.title,
    citation: agreement.citation,
    met: conjunction(conditions),
    conditions,
  };
}

/** No rule could apply: told as missing consent where only that keeps the trader hidden from others. */
function withoutRules(
  question: Question,
  network: Network,
  memberships: readonly MembershipFacts[],
  audience: Audience,
): Unrecognised {
  const isHidden = audience.administration !== null && match(question, network, memberships, NOBODY).kind !== 'found';
  const [shown] = memberships;
  if (isHidden || shown === undefined) return { reason: 'NO_CONSENT' };
  const issuer = issuerOf(network, shown, question.at);
  const isOwn = recognisingTerritories(network, question.recogniser, question.at).includes(issuer);
  return { reason: 'NO_AGREEMENT', programme: shown.programme, issuer, isOwn };
}

function reasonOf(decision: RuleDecision): Reason {
  return decision.met === true ? 'RECOGNISED' : closestReason([decision]);
}

const NO_BENEFITS: readonly string[] = [];
const benefitsByRule = new WeakMap<RecognitionRule, readonly string[]>();

/** The union of the benefits of the rules that are met, in order. */
function benefitsOf(met: readonly Evaluated[]): readonly string[] {
  const [first] = met;
  if (first === undefined) return NO_BENEFITS;
  if (met.length > 1) return inOrder(met.flatMap(({ context }) => context.rule.benefits));
  const { rule } = first.context;
  const known = benefitsByRule.get(rule) ?? inOrder(rule.benefits);
  benefitsByRule.set(rule, known);
  return known;
}

const inOrder = (benefits: readonly string[]): readonly string[] => [...new Set(benefits)].toSorted();

function firstDeclaration(met: readonly Evaluated[]): Declare | null {
  for (const { context, membership } of met) {
    const declare = declareUnder(context.rule, context.network, membership, context.question);
    if (declare !== null) return declare;
  }
  return null;
}

function firstDeclareNote(met: readonly Evaluated[]): DeclareNote | null {
  for (const { context } of met) {
    const declareNote = declareNoteUnder(context.rule, context.network);
    if (declareNote !== null) return declareNote;
  }
  return null;
}

const LOCAL: DataAge = Object.freeze({
  source: 'local',
  lastSynchronisedAt: null,
  ageSeconds: 0,
  maxAgeSeconds: null,
});

function dataAge({ source, synchronisation }: MembershipFacts, { knownAt }: Question): DataAge {
  if (source === null) return LOCAL;
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
