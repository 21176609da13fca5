import { normaliseIdentifier } from './identifiers/normalise.ts';
import type { MembershipFacts } from './membership-types.ts';
import type {
  AgreementTerms,
  AuthorisationType,
  IdentifierScheme,
  Network,
  Presentation,
  ProgrammeTerms,
  RuleUnderAgreement,
  UnionMember,
} from './network-types.ts';
import { contains, type Instant } from './time.ts';

/**
 * Arranges the rows of the network for deciding: programmes by id, rules by `programme>recogniser`.
 * Rules are ordered by id, so that the order of the rows does not show in answers.
 */
export function indexNetwork(rows: {
  readonly version: number;
  readonly administrations: readonly string[];
  /** Those that are unions; whatever has members is one, too. */
  readonly unions?: readonly string[];
  readonly unionMembers: readonly UnionMember[];
  readonly programmes: readonly ProgrammeTerms[];
  readonly agreements: readonly AgreementTerms[];
  readonly presentations: readonly Presentation[];
  readonly schemes: readonly IdentifierScheme[];
}): Network {
  const rules = rows.agreements
    .flatMap((agreement) => agreement.rules.map((rule) => ({ agreement, rule })))
    .toSorted(
      (a, b) => compare(a.rule.id, b.rule.id) || compare(a.agreement.valid.from ?? '', b.agreement.valid.from ?? ''),
    );
  return {
    version: rows.version,
    administrations: new Set(rows.administrations),
    unions: new Set([...(rows.unions ?? []), ...rows.unionMembers.map(({ union }) => union)]),
    unionMembers: rows.unionMembers,
    programmes: Map.groupBy(rows.programmes, (programme) => programme.id),
    rules: Map.groupBy(rules, ({ rule }) => `${rule.programme}>${rule.recogniser}`),
    presentations: new Map(rows.presentations.map((presentation) => [presentation.id, presentation])),
    schemes: new Map(rows.schemes.map((scheme) => [scheme.scheme, scheme])),
  };
}

/** The terms of a programme at an instant; null when none hold then. */
export function programmeAt(network: Network, id: string, at: Instant): ProgrammeTerms | null {
  for (const terms of network.programmes.get(id) ?? NO_TERMS) if (contains(terms.valid, at)) return terms;
  return null;
}

const NO_TERMS: readonly ProgrammeTerms[] = [];

/**
 * The types of a programme for a membership that begins at an instant: as its terms describe them then, and those that only other terms
 * describe as these do, the latest first. null: there is no such programme.
 */
export function typesFrom(network: Network, id: string, at: Instant): readonly AuthorisationType[] | null {
  const all = network.programmes.get(id);
  if (all === undefined) return null;
  if (all.length === 1) return all[0]?.types ?? [];
  const own = all.find((terms) => contains(terms.valid, at)) ?? all[0];
  const types = new Map<string, AuthorisationType>();
  for (const terms of [own, ...all.toReversed()])
    for (const type of terms?.types ?? []) if (!types.has(type.code)) types.set(type.code, type);
  return [...types.values()];
}

/**
 * The territories whose rules decide at a recogniser: itself and every union it belongs to at that instant. A union is one customs
 * territory: what it recognises, its members recognise (UCC art. 38(4); domain.md A.2).
 */
export function recognisingTerritories(network: Network, recogniser: string, at: Instant): readonly string[] {
  const rows = membershipsInUnions(network, recogniser);
  const territories = [recogniser];
  for (const { union, valid } of rows) {
    if (contains(valid, at) && !territories.includes(union)) territories.push(union);
  }
  return territories;
}

type Rules = readonly RuleUnderAgreement[];
const NO_RULES: Rules = [];
const rulesByProgramme = new WeakMap<Network['rules'], Map<string, Map<string, Rules>>>();

/** The rules under which a recogniser recognises members of a programme, at any time, its unions apart. */
export function rulesUnder({ rules }: Network, programme: string, recogniser: string): Rules {
  let arranged = rulesByProgramme.get(rules);
  if (arranged === undefined) {
    arranged = new Map();
    for (const [key, ofKey] of rules) {
      const [of = '', by = ''] = key.split('>');
      arranged.set(of, (arranged.get(of) ?? new Map<string, Rules>()).set(by, ofKey));
    }
    rulesByProgramme.set(rules, arranged);
  }
  return arranged.get(programme)?.get(recogniser) ?? NO_RULES;
}

/** Of which unions an administration is, was or will be a member. */
export function membershipsInUnions(network: Network, member: string): readonly UnionMember[] {
  return unionsOf(network).byMember.get(member) ?? NONE;
}

/** Who is, was or will be a member of a union; nobody of what is no union. */
export function membersOfUnion(network: Network, union: string): readonly UnionMember[] {
  return unionsOf(network).byUnion.get(union) ?? NONE;
}

const NONE: readonly UnionMember[] = [];

interface Unions {
  readonly byMember: ReadonlyMap<string, readonly UnionMember[]>;
  readonly byUnion: ReadonlyMap<string, readonly UnionMember[]>;
}

/** Every question asks some ten times who belongs to which union. */
const arranged = new WeakMap<readonly UnionMember[], Unions>();

function unionsOf({ unionMembers }: Network): Unions {
  const known = arranged.get(unionMembers);
  if (known !== undefined) return known;
  const unions = {
    byMember: Map.groupBy(unionMembers, (row) => row.member),
    byUnion: Map.groupBy(unionMembers, (row) => row.union),
  };
  arranged.set(unionMembers, unions);
  return unions;
}

/** The country that issued the authorisation: as recorded, else the first two letters of the number (reference README). */
export function issuingCountry(membership: MembershipFacts): string {
  return membership.issuingCountry ?? normaliseIdentifier(membership.number).slice(0, 2);
}

/** Of a union programme: whether the country that issued the authorisation is a member of the union at that instant; nobody is of one without members. */
export function issuedWithinUnion(network: Network, union: string, membership: MembershipFacts, at: Instant): boolean {
  if (!network.unions.has(union)) return true;
  for (const row of membershipsInUnions(network, issuingCountry(membership))) {
    if (row.union === union && contains(row.valid, at)) return true;
  }
  return false;
}

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
