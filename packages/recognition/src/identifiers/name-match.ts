import type { NameMatch } from '../decision.ts';
import type { PartyName } from '../membership-types.ts';
import { type ComparableName, comparableName, registeredName } from './comparable-name.ts';

/** From this similarity on, a person should look at the two names: `Ozrock` and `Ozrok` reach 0.77, `Acme Trading` and `Acme Shipping` 0.59. */
export const REVIEW_FROM = 0.75;

const RANK: Readonly<Record<NameMatch['result'], number>> = { exact: 3, normalised: 2, review: 1, different: 0 };

/**
 * Compares the name on a document with the registered names and reports the best match. Never a reason to recognise anyone
 * (api.md section 2; domain.md H.10).
 *
 * `exact`: as written. `normalised`: alike without case, punctuation, diacritics and the spelling of the legal form (Ltd, Limited); a
 * missing form is alike, a contradicting one (Inc. and GmbH are two companies) is not. `review`: similarity at least
 * {@link REVIEW_FROM}, or alike but for the legal form, or alike as far as two overlong names are compared (600 characters after
 * normalisation). Else `different`. The score is 1 for the first two, else at most 0.99.
 * @returns null when no name is registered.
 */
export function matchName(asked: string, registered: readonly PartyName[]): NameMatch | null {
  const known = latest.get(registered);
  if (known?.asked === asked) return known.match;
  const match = bestMatch(asked, registered);
  latest.set(registered, { asked, match });
  return match;
}

/** One decision compares the same names at each instant at which the answer might change. */
const latest = new WeakMap<readonly PartyName[], { readonly asked: string; readonly match: NameMatch | null }>();

function bestMatch(asked: string, registered: readonly PartyName[]): NameMatch | null {
  if (registered.length === 0) return null;
  const comparable = comparableName(asked);
  let best: NameMatch | null = null;
  for (const { name } of registered) {
    const match = compare(comparable, name, best);
    if (match !== null && (best === null || isBetter(match, best))) best = match;
    if (best?.result === 'exact') break;
  }
  return best;
}

/** @returns null where the lengths alone tell that the name is not alike enough to be better than the best so far */
function compare(asked: ComparableName, name: string, best: NameMatch | null): NameMatch | null {
  const registered = registeredName(name);
  if (asked.written === registered.written) return { result: 'exact', score: 1, comparedWith: name };
  const isWhole = !asked.isCut && !registered.isCut;
  if (isWhole && asked.core !== '' && asked.core === registered.core && agree(asked.forms, registered.forms))
    return { result: 'normalised', score: 1, comparedWith: name };
  const [a, b] = [asked.pairs, registered.pairs];
  if (best !== null && score(Math.min(a.length, b.length), a, b) <= best.score) return null;
  const similarity = score(inCommon(a, b), a, b);
  return { result: similarity >= REVIEW_FROM ? 'review' : 'different', score: similarity, comparedWith: name };
}

function isBetter(match: NameMatch, best: NameMatch): boolean {
  return RANK[match.result] > RANK[best.result] || (match.result === best.result && match.score > best.score);
}

/** "Co., Ltd." and "Ltd." agree, and a form with none; "Inc." and "GmbH" do not. */
function agree(a: ReadonlySet<string>, b: ReadonlySet<string>): boolean {
  const [few, many] = a.size <= b.size ? [a, b] : [b, a];
  return [...few].every((form) => many.has(form));
}

/** Dice coefficient of two lists of which so many are in common: 0 to 0.99 in hundredths, the same both ways. */
function score(common: number, { length: left }: Float64Array, { length: right }: Float64Array): number {
  const total = left + right;
  return total === 0 ? 0 : Math.min(0.99, Math.round(((2 * common) / total) * 100) / 100);
}

/** How many numbers two ascending lists have in common, each as often as it is in both: one pass through both. */
function inCommon(a: Float64Array, b: Float64Array): number {
  let common = 0;
  for (let i = 0, j = 0; i < a.length && j < b.length; ) {
    const [left, right] = [a[i] as number, b[j] as number];
    if (left === right) common += 1;
    if (left <= right) i += 1;
    if (right <= left) j += 1;
  }
  return common;
}
