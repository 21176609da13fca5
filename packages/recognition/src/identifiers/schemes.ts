import type { IdentifierScheme } from '../network-types.ts';
import { compilePattern, type Pattern } from './pattern.ts';

const compiled = new WeakMap<IdentifierScheme, Pattern | null>();

/**
 * The schemes whose expression a normalised identifier fits, the most distinctive first: the one that admits the fewest texts of the
 * length of this identifier; of equals, the one that admits fewer lengths, then by scheme id. So `AEOCN0123456789` is a Chinese AEO code (36^10) before a Hong Kong one (36^15),
 * and opaque codes (`^[0-9A-Z]{1,35}$`) come last. A fit is a possibility, never a proof: the schemes overlap.
 * An expression that does not compile or is not safe to run fits nothing (see {@link compilePattern}).
 */
export function matchingSchemes(normalised: string, schemes: Iterable<IdentifierScheme>): IdentifierScheme[] {
  const matching: { readonly scheme: IdentifierScheme; readonly admits: number; readonly lengths: number }[] = [];
  for (const scheme of schemes) {
    const pattern = patternOf(scheme);
    if (pattern?.matches(normalised)) {
      matching.push({ scheme, admits: pattern.admits(normalised.length), lengths: pattern.lengths });
    }
  }
  return matching
    .sort((a, b) => a.admits - b.admits || a.lengths - b.lengths || (a.scheme.scheme < b.scheme.scheme ? -1 : 1))
    .map(({ scheme }) => scheme);
}

function patternOf(scheme: IdentifierScheme): Pattern | null {
  const known = compiled.get(scheme);
  if (known !== undefined) return known;
  const pattern = compilePattern(scheme.regex);
  compiled.set(scheme, pattern);
  return pattern;
}
