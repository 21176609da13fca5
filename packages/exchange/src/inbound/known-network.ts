import { type Network, type Presentation, type ProgrammeTerms, presentationsOf } from '@mra/recognition';

/** What records of a programme may speak of: all that it has, had or will have, since a record tells the past too. */
export interface KnownProgramme {
  readonly administration: string;
  /** The first ones that are known. */
  readonly terms: ProgrammeTerms;
  /** The components of each type; a simple type is its own only component. */
  readonly components: ReadonlyMap<string, ReadonlySet<string>>;
  readonly presentations: readonly Presentation[];
}

interface Known {
  /** By agreement: the directions that it has, had or will have, as `programme>recogniser`. */
  readonly directions: ReadonlyMap<string, ReadonlySet<string>>;
  readonly programmes: Map<string, KnownProgramme | null>;
}

// A network never changes, and a first load asks a million times.
const remembered = new WeakMap<Network, Known>();

/**
 * Whether an agreement has, had or will have a rule by which a recogniser, or a union that it belongs to, recognises a programme: under
 * any other nobody may be communicated.
 */
export function isDirection(network: Network, agreement: string, programme: string, recogniser: string): boolean {
  const directions = knownOf(network).directions.get(agreement);
  if (directions === undefined) return false;
  const unions = network.unionMembers.flatMap(({ union, member }) => (member === recogniser ? [union] : []));
  return [recogniser, ...unions].some((territory) => directions.has(`${programme}>${territory}`));
}

export function knownProgramme(network: Network, id: string): KnownProgramme | null {
  const { programmes } = knownOf(network);
  const earlier = programmes.get(id);
  if (earlier !== undefined) return earlier;
  const known = describe(network, id);
  // Names come from partners: those that are not known are not remembered.
  if (known !== null) programmes.set(id, known);
  return known;
}

function knownOf(network: Network): Known {
  const earlier = remembered.get(network);
  if (earlier !== undefined) return earlier;
  const directions = new Map<string, Set<string>>();
  for (const [direction, rules] of network.rules) {
    for (const { agreement } of rules) {
      const all = directions.get(agreement.id) ?? new Set();
      directions.set(agreement.id, all.add(direction));
    }
  }
  const known: Known = { directions, programmes: new Map() };
  remembered.set(network, known);
  return known;
}

function describe(network: Network, id: string): KnownProgramme | null {
  const all = network.programmes.get(id) ?? [];
  const [terms] = all;
  if (terms === undefined) return null;
  const components = new Map<string, Set<string>>();
  for (const { code, components: parts } of all.flatMap(({ types }) => types)) {
    const set = components.get(code) ?? new Set();
    for (const part of parts.length === 0 ? [code] : parts) set.add(part);
    components.set(code, set);
  }
  return { administration: terms.administration, terms, components, presentations: presentationsOf(network, id) };
}
