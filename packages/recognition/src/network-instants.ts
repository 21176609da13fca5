import { issuerOf } from './membership.ts';
import { membershipsInUnions, membersOfUnion, rulesUnder } from './network.ts';
import type { Network } from './network-types.ts';
import { startOf } from './rules/agreement-in-force.ts';
import type { Instant, Period } from './time.ts';

/** By recogniser and programme, of each network. */
const worked = new WeakMap<Network, Map<string, Map<string, readonly Instant[]>>>();

/**
 * All instants at which something of the network itself can change for members of a programme at a recogniser, each once, in order:
 * who belongs to the unions concerned, the terms of the programme, the rules. Worked out once for each network.
 */
export function networkInstants(network: Network, programme: string, recogniser: string): readonly Instant[] {
  const known = worked.get(network)?.get(recogniser)?.get(programme);
  if (known !== undefined) return known;
  const instants = workOutInstants(network, programme, recogniser);
  // Of others there are any number.
  if (network.administrations.has(recogniser) && network.programmes.has(programme)) {
    const ofNetwork = worked.get(network) ?? new Map<string, Map<string, readonly Instant[]>>();
    const ofRecogniser = ofNetwork.get(recogniser) ?? new Map<string, readonly Instant[]>();
    worked.set(network, ofNetwork.set(recogniser, ofRecogniser.set(programme, instants)));
  }
  return instants;
}

function workOutInstants(network: Network, programme: string, recogniser: string): readonly Instant[] {
  const terms = network.programmes.get(programme) ?? [];
  const issuers = new Set(terms.map(({ administration }) => administration));
  if (issuers.size === 0) issuers.add(issuerOf(network, { programme }, ''));
  const unions = membershipsInUnions(network, recogniser);
  const territories = new Set([recogniser, ...unions.map(({ union }) => union)]);
  const rules = [...territories].flatMap((territory) => rulesUnder(network, programme, territory));
  const starts = rules.flatMap(({ agreement, rule }) => [...issuers].map((issuer) => startOf(agreement, rule, issuer)));
  const periods: readonly Period[] = [
    ...[unions, terms, ...[...issuers].map((issuer) => membersOfUnion(network, issuer))].flat(),
    ...rules.map(({ agreement }) => agreement),
  ].map(({ valid }) => valid);
  const instants = [
    ...periods.flatMap(({ from, to }) => [from, to]),
    ...starts.flatMap(({ earliest, certain }) => [earliest, certain]),
  ];
  return [...new Set(instants.filter((instant) => instant !== null))].toSorted();
}
