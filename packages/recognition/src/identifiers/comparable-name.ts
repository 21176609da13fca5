import { APOSTROPHES, joinInitials, withoutDiacritics } from './latin.ts';
import { spaceOut, splitLegalForms } from './legal-forms.ts';

/**
 * Characters of a name that are compared: twice what a name may have as written. NFKC can turn one character into eighteen (U+FDFA),
 * and the names of one question are compared with each of a member's fifty; no name of ordinary letters grows twofold.
 */
const LONGEST_COMPARED = 600;

/** A name made ready to be compared. */
export interface ComparableName {
  /** As written, but for spaces around it and the composition of characters. */
  readonly written: string;
  /** What tells the company apart: capitals without diacritics, punctuation and legal forms. */
  readonly core: string;
  /** Legal forms in canonical spelling. */
  readonly forms: ReadonlySet<string>;
  /** Pairs of neighbouring characters of the core, each word with a space on both sides, as numbers in ascending order. */
  readonly pairs: Float64Array;
  /** Longer than what is compared: what it is alike to may differ from it further on. */
  readonly isCut: boolean;
}

/** Makes a name ready to be compared; both sides of a comparison are cut at the same length. */
export function comparableName(name: string): ComparableName {
  const compatible = name.replace(APOSTROPHES, '').normalize('NFKC');
  const plain = withoutDiacritics(spaceOut(compatible.slice(0, LONGEST_COMPARED))).replaceAll('&', ' AND ');
  const words = plain.slice(0, LONGEST_COMPARED).match(/[\p{L}\p{M}\p{N}]+/gu) ?? [];
  const { core, forms } = splitLegalForms(joinInitials(words));
  return {
    written: name.trim().normalize('NFC'),
    core,
    forms,
    pairs: pairsOf(core),
    isCut: compatible.length > LONGEST_COMPARED || plain.length > LONGEST_COMPARED,
  };
}

/**
 * The registered name, prepared once however many questions compare it: a batch may ask a thousand times about one member, whose names
 * come anew with the facts of each question. What is kept follows from the text alone, so that no answer depends on it.
 */
export function registeredName(name: string): ComparableName {
  const known = prepared.get(name);
  if (known !== undefined) return known;
  const comparable = comparableName(name);
  if (prepared.size >= MOST_KEPT) prepared.clear();
  prepared.set(name, comparable);
  return comparable;
}

// At most 10 kB each (a pair for each character of 8 bytes, three texts): 20 MB; of ordinary names 1 kB.
const prepared = new Map<string, ComparableName>();
const MOST_KEPT = 2000;

/** One more than the largest code point. */
const CODE_POINTS = 0x110000;

function pairsOf(core: string): Float64Array {
  const pairs: number[] = [];
  for (const word of core.split(' ')) {
    if (word === '') continue;
    let before = SPACE;
    for (const character of word) {
      const codePoint = character.codePointAt(0) ?? SPACE;
      pairs.push(before * CODE_POINTS + codePoint);
      before = codePoint;
    }
    pairs.push(before * CODE_POINTS + SPACE);
  }
  return new Float64Array(pairs).sort();
}

const SPACE = 32;
