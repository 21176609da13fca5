import { issuerOf } from './membership.ts';
import type { Network } from './network-types.ts';
import { directionInForce } from './rules/agreement-in-force.ts';
import { contains, type Instant } from './time.ts';

/** Members of `programme`, validated by `issuer`, are recognised by `recogniser`. */
export interface RecognitionPair {
  readonly programme: string;
  readonly issuer: string;
  readonly recogniser: string;
  readonly agreements: readonly string[];
  readonly rules: readonly string[];
  /** Recognised are only the members on the list of the pilot, which may be empty. */
  readonly pilot: boolean;
  /** False: each start is known too vaguely to say that it has come. */
  readonly certain: boolean;
}

interface Direction {
  readonly agreement: string;
  readonly rule: string;
  readonly pilot: boolean;
  readonly certain: boolean;
}

/**
 * Who recognises whom at an instant, by programme and recogniser; a pilot beside an agreement in force is a pair of its own. A pair
 * that is certain names the rules that certainly hold, another those that may. Which members it covers (type, role, flow) is decided
 * for each of them; recognisers are those of the rules: what a union recognises, its members do
 * (`recognisingTerritories`).
 */
export function recognitionPairs(network: Network, at: Instant): readonly RecognitionPair[] {
  return [...network.rules.values()]
    .flatMap((entries) => pairsOf(network, entries, at))
    .toSorted((a, b) => compare(keyOf(a), keyOf(b)));
}

type Entries = Network['rules'] extends ReadonlyMap<string, infer Value> ? Value : never;

/** @param entries the rules of one programme and one recogniser */
function pairsOf(network: Network, entries: Entries, at: Instant): readonly RecognitionPair[] {
  const first = entries[0]?.rule;
  if (first === undefined) return [];
  const { programme, recogniser } = first;
  const issuer = issuerOf(network, { programme }, at);
  // No administration recognises its own members, whatever a rule says (as in a decision).
  if (issuer === recogniser) return [];
  const directions = entries
    .filter(({ agreement }) => contains(agreement.valid, at))
    .flatMap(({ agreement, rule }): readonly Direction[] => {
      const { met } = directionInForce(agreement, rule, issuer, at);
      const pilot = agreement.lifeCycle === 'pilot';
      if (met === false) return [];
      return [{ agreement: agreement.id, rule: rule.id, pilot, certain: met === true }];
    });
  return [...Map.groupBy(directions, ({ pilot }) => pilot)].map(([pilot, found]) => {
    const certain = found.some((direction) => direction.certain);
    const named = found.filter((direction) => direction.certain === certain);
    return {
      programme,
      issuer,
      recogniser,
      agreements: [...new Set(named.map(({ agreement }) => agreement))],
      rules: named.map(({ rule }) => rule),
      pilot,
      certain,
    };
  });
}

const keyOf = ({ programme, recogniser, pilot }: RecognitionPair): string => `${programme}>${recogniser}>${pilot}`;

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
