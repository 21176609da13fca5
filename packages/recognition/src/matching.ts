import { isPlausibleIdentifier, normaliseIdentifier } from './identifiers/normalise.ts';
import { compilePattern } from './identifiers/pattern.ts';
import { isLive, issuerOf, issuingCountryShown } from './membership.ts';
import type { IdentifierFact, MembershipFacts } from './membership-types.ts';
import { recognisingTerritories } from './network.ts';
import type { Network } from './network-types.ts';
import type { Audience, Question } from './question.ts';
import { consentCovers } from './rules/consent-given.ts';
import { contains } from './time.ts';

export type Match =
  | { readonly kind: 'invalid' | 'unknown' | 'ambiguous' }
  /** The memberships to evaluate, ordered by programme and number. */
  | { readonly kind: 'found'; readonly memberships: readonly MembershipFacts[] };

/**
 * Who the identifier names at the instant asked about.
 * A trader who has not consented to be known to the recogniser is not known, except to its own issuer (api.md section 2). Two live
 * members of one programme that share the identifier make it ambiguous, also when they did not consent but another live member that
 * it names did: withdrawing a consent must never turn an answer into recognised. Live memberships come before ended ones.
 */
export function match(
  question: Question,
  network: Network,
  memberships: readonly MembershipFacts[],
  audience: Audience,
): Match {
  const { at } = question;
  const normalised = normaliseIdentifier(question.identifier);
  const territories = recognisingTerritories(network, question.recogniser, at);
  const matched: MembershipFacts[] = [];
  for (const membership of memberships) {
    if (isIssuedBy(network, membership, question) && isNamed(membership, normalised, question, territories, network))
      matched.push(membership);
  }
  if (matched.length > 1) matched.sort((a, b) => compare(a.programme, b.programme) || compare(a.number, b.number));
  const isVisible = (membership: MembershipFacts): boolean =>
    audience.administration === issuerOf(network, membership, at) ||
    consentCovers(network, membership, territories, at);

  const visible = matched.filter(isVisible);
  if (visible.length === 0) return { kind: isWellFormed(normalised, question, network) ? 'unknown' : 'invalid' };
  const live = matched.filter((membership) => isLive(network, membership, at));
  const visibleLive = visible.filter((membership) => live.includes(membership));
  if (visibleLive.length === 0) return { kind: 'found', memberships: visible };
  return twoOfOneProgramme(live) ? { kind: 'ambiguous' } : { kind: 'found', memberships: visibleLive };
}

function twoOfOneProgramme(ordered: readonly MembershipFacts[]): boolean {
  return ordered.some(({ programme }, index) => programme === ordered[index + 1]?.programme);
}

function isNamed(
  { identifiers }: MembershipFacts,
  normalised: string,
  question: Question,
  territories: readonly string[],
  network: Network,
): boolean {
  for (const fact of identifiers) if (identifies(fact, normalised, question, territories, network)) return true;
  return false;
}

function identifies(
  fact: IdentifierFact,
  normalised: string,
  question: Question,
  territories: readonly string[],
  network: Network,
): boolean {
  if (fact.normalised !== normalised || !contains(fact.valid, question.at)) return false;
  if (fact.origin !== 'presented') return question.scheme === undefined || fact.scheme === question.scheme;
  // A code made for one recogniser means nothing at another.
  if (fact.recogniser === null || !territories.includes(fact.recogniser)) return false;
  return question.scheme === undefined || network.schemes.get(question.scheme)?.administration === fact.recogniser;
}

function isIssuedBy(network: Network, membership: MembershipFacts, { issuer, at }: Question): boolean {
  return (
    issuer === undefined ||
    issuer === issuerOf(network, membership, at) ||
    issuer === issuingCountryShown(network, membership, at)
  );
}

/** Whether a text that names nobody could name somebody: plausible characters, and of the form of its scheme where one was given. */
function isWellFormed(normalised: string, question: Question, network: Network): boolean {
  if (!isPlausibleIdentifier(normalised)) return false;
  const scheme = question.scheme === undefined ? undefined : network.schemes.get(question.scheme);
  return scheme === undefined || (compilePattern(scheme.regex)?.matches(normalised) ?? false);
}

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
