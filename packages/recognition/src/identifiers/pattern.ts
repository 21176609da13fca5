import { MAX_IDENTIFIER_LENGTH } from './normalise.ts';
import { shapeOf } from './shape-of.ts';

// At 100,000 ways through and 64 characters a match stays within some milliseconds; the largest expression of the reference data has 812.
const MAX_PATHS = 100_000;

/** An expression that is safe to run, and how much it leaves open. */
export interface Pattern {
  /** False for a text longer than an identifier may be. */
  matches(text: string): boolean;
  /** How many texts of this length it admits: the fewer, the more a match says. */
  admits(length: number): number;
  /** How many lengths it admits. */
  readonly lengths: number;
  /** False: no text of this length matches, so that none need be tried. */
  canMatch(length: number): boolean;
}

/**
 * Makes an expression written by an administration safe to run: it must compile (without flags, as the reference data is written), be
 * understood by {@link shapeOf}, and be unable to backtrack without bound (`(a+)+$` would take 2^64 steps on 64 characters).
 * @returns null when it is not usable; who stores expressions refuses those, who matches treats them as not matching.
 */
export function compilePattern(source: string): Pattern | null {
  const known = patterns.get(source);
  if (known !== undefined) return known;
  const pattern = makePattern(source);
  if (patterns.size >= MOST_KEPT) patterns.clear();
  patterns.set(source, pattern);
  return pattern;
}

// Judging an expression takes about 350 µs, and the same few hundred come with every identifier.
const patterns = new Map<string, Pattern | null>();
const MOST_KEPT = 10_000;

function makePattern(source: string): Pattern | null {
  const shape = shapeOf(source);
  // An expression that is not tied to the start is tried at every character.
  if (shape === null || shape.paths * (source.startsWith('^') ? 1 : MAX_IDENTIFIER_LENGTH) > MAX_PATHS) return null;
  const expression = compiled(source);
  if (expression === null) return null;
  const isWhole = matchesWholeTexts(source);
  return {
    matches: (text) => text.length <= MAX_IDENTIFIER_LENGTH && expression.test(text),
    admits: (length) => shape.sizes[length] ?? 0,
    lengths: shape.sizes.filter((texts) => texts > 0).length,
    canMatch: (length) => length <= MAX_IDENTIFIER_LENGTH && !(isWhole && shape.sizes[length] === 0),
  };
}

/** Whether it is tied to both ends of a text, without alternatives outside groups. An expression with a backslash is not looked into. */
function matchesWholeTexts(source: string): boolean {
  if (!/^\^[^\\]*\$$/.test(source)) return false;
  let depth = 0;
  for (const character of source.replace(/\[[^\]]*\]/g, '')) {
    if (character === '(') depth += 1;
    if (character === ')') depth -= 1;
    if (character === '|' && depth === 0) return false;
  }
  return true;
}

function compiled(source: string): RegExp | null {
  try {
    const expression = new RegExp(source);
    expression.test(''); // Some expressions are found to be too large only when they run.
    return expression;
  } catch {
    return null;
  }
}
