import type { NameMatch } from '../decision.ts';
import type { PartyName } from '../membership-types.ts';
import { APOSTROPHES, joinInitials, withoutDiacritics } from './latin.ts';
import { type SplitName, spaceOut, splitLegalForms } from './legal-forms.ts';

/** From this similarity on, a person should look at the two names: `Ozrock` and `Ozrok` reach 0.77, `Acme Trading` and `Acme Shipping` 0.59. */
export const REVIEW_FROM = 0.75;

const RANK: Readonly<Record<NameMatch['result'], number>> = { exact: 3, normalised: 2, review: 1, different: 0 };

/**
 * Compares the name on a document with the registered names and reports the best match. Never a reason to recognise anyone
 * (api.md section 2; domain.md H.10).
 *
 * `exact`: as written. `normalised`: alike without case, punctuation, diacritics and the spelling of the legal form (Ltd, Limited); a
 * missing form is alike, a contradicting one (Inc. and GmbH are two companies) is not. `review`: similarity at least
 * {@link REVIEW_FROM}, or alike but for the legal form. Else `different`. The score is 1 for the first two, else at most 0.99.
 * @returns null when no name is registered.
 */
export function matchName(asked: string, registered: readonly PartyName[]): NameMatch | null {
  const matches = registered.map(({ name }) => compare(asked, name));
  return matches.reduce<NameMatch | null>(
    (best, match) => (best === null || isBetter(match, best) ? match : best),
    null,
  );
}

function compare(asked: string, name: string): NameMatch {
  if (asked.trim().normalize('NFC') === name.trim().normalize('NFC'))
    return { result: 'exact', score: 1, comparedWith: name };
  const [a, b] = [split(asked), split(name)];
  if (a.core !== '' && a.core === b.core && agree(a.forms, b.forms))
    return { result: 'normalised', score: 1, comparedWith: name };
  const score = Math.min(0.99, Math.round(similarity(a.core, b.core) * 100) / 100);
  return { result: score >= REVIEW_FROM ? 'review' : 'different', score, comparedWith: name };
}

function isBetter(match: NameMatch, best: NameMatch): boolean {
  return RANK[match.result] > RANK[best.result] || (match.result === best.result && match.score > best.score);
}

function split(name: string): SplitName {
  const plain = withoutDiacritics(spaceOut(name.replace(APOSTROPHES, '').normalize('NFKC'))).replaceAll('&', ' AND ');
  return splitLegalForms(joinInitials(plain.match(/[\p{L}\p{M}\p{N}]+/gu) ?? []));
}

/** "Co., Ltd." and "Ltd." agree, and a form with none; "Inc." and "GmbH" do not. */
function agree(a: ReadonlySet<string>, b: ReadonlySet<string>): boolean {
  const [few, many] = a.size <= b.size ? [a, b] : [b, a];
  return [...few].every((form) => many.has(form));
}

/** Dice coefficient of the pairs of neighbouring characters, each word with a space on both sides; 0 to 1, the same both ways. */
function similarity(a: string, b: string): number {
  const [left, right] = [pairs(a), pairs(b)];
  const total = left.length + right.length;
  if (total === 0) return 0;
  const remaining = new Map<string, number>();
  for (const pair of left) remaining.set(pair, (remaining.get(pair) ?? 0) + 1);
  let common = 0;
  for (const pair of right) {
    const count = remaining.get(pair) ?? 0;
    if (count === 0) continue;
    remaining.set(pair, count - 1);
    common += 1;
  }
  return (2 * common) / total;
}

function pairs(text: string): string[] {
  return text
    .split(' ')
    .filter((word) => word !== '')
    .flatMap((word) => {
      const characters = [' ', ...word, ' '];
      return characters.slice(1).map((character, index) => `${characters[index]}${character}`);
    });
}
