import type { IdentifierScheme } from '../network-types.ts';
import { MAX_IDENTIFIER_LENGTH } from './normalise.ts';
import { compilePattern, type Pattern } from './pattern.ts';

const compiled = new WeakMap<IdentifierScheme, Pattern | null>();

/**
 * The schemes whose expression a normalised identifier fits, the most distinctive first: the one that admits the fewest texts of the
 * length of this identifier; of equals, the one that admits fewer lengths, then by scheme id. So `AEOCN0123456789` is a Chinese AEO code (36^10) before a Hong Kong one (36^15),
 * and opaque codes (`^[0-9A-Z]{1,35}$`) come last. A fit is a possibility, never a proof: the schemes overlap.
 * An expression that does not compile or is not safe to run fits nothing (see {@link compilePattern}).
 */
export function matchingSchemes(normalised: string, schemes: Iterable<IdentifierScheme>): IdentifierScheme[] {
  const matching = [...schemes].filter((scheme) => patternOf(scheme)?.matches(normalised));
  return inOrder(matching, normalised.length).map(({ scheme }) => scheme);
}

/**
 * The first of {@link matchingSchemes} that are accepted: most identifiers fit a dozen schemes, of which few are looked at.
 * @param schemes the same object each time, whose order for each length is remembered
 * @param order.first the scheme that stands before all others if the identifier fits it
 * @param accepts told which of the matching ones it is, from 0
 */
export function firstMatchingSchemes<Accepted>(
  normalised: string,
  schemes: ReadonlyMap<string, IdentifierScheme>,
  { most, first }: { readonly most: number; readonly first?: string | undefined },
  accepts: (scheme: IdentifierScheme, index: number) => Accepted | null,
): Accepted[] {
  const accepted: Accepted[] = [];
  let index = 0;
  const ask = (scheme: IdentifierScheme): void => {
    const one = accepts(scheme, index);
    index += 1;
    if (one !== null) accepted.push(one);
  };
  const leading = first === undefined ? undefined : schemes.get(first);
  if (leading !== undefined && patternOf(leading)?.matches(normalised)) ask(leading);
  for (const { scheme, pattern } of orderedOnce(schemes, normalised.length)) {
    if (accepted.length === most) break;
    if (scheme !== leading && pattern.matches(normalised)) ask(scheme);
  }
  return accepted;
}

interface Usable {
  readonly scheme: IdentifierScheme;
  readonly pattern: Pattern;
}

const orders = new WeakMap<ReadonlyMap<string, IdentifierScheme>, Map<number, readonly Usable[]>>();

function orderedOnce(schemes: ReadonlyMap<string, IdentifierScheme>, length: number): readonly Usable[] {
  const byLength = orders.get(schemes) ?? new Map<number, readonly Usable[]>();
  orders.set(schemes, byLength);
  const known = byLength.get(length);
  if (known !== undefined) return known;
  const ordered = inOrder(schemes.values(), length).filter(({ pattern }) => pattern.canMatch(length));
  // Longer texts fit nothing; there are any number of lengths of them.
  if (length <= MAX_IDENTIFIER_LENGTH) byLength.set(length, ordered);
  return ordered;
}

/** The usable ones, the most distinctive for texts of this length first. */
function inOrder(schemes: Iterable<IdentifierScheme>, length: number): readonly Usable[] {
  const usable: Usable[] = [];
  for (const scheme of schemes) {
    const pattern = patternOf(scheme);
    if (pattern !== null) usable.push({ scheme, pattern });
  }
  return usable.sort(
    (a, b) =>
      a.pattern.admits(length) - b.pattern.admits(length) ||
      a.pattern.lengths - b.pattern.lengths ||
      (a.scheme.scheme < b.scheme.scheme ? -1 : 1),
  );
}

function patternOf(scheme: IdentifierScheme): Pattern | null {
  const known = compiled.get(scheme);
  if (known !== undefined) return known;
  const pattern = compilePattern(scheme.regex);
  compiled.set(scheme, pattern);
  return pattern;
}
