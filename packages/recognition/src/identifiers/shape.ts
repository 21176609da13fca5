import { MAX_IDENTIFIER_LENGTH } from './normalise.ts';

/** What a part of an expression admits, worked out without running it. */
export interface Shape {
  /** At index n: how many texts of n characters it admits; an upper bound where alternatives overlap. */
  readonly sizes: readonly number[];
  /** In how many ways a matcher that backtracks can go through it; an upper bound. */
  readonly paths: number;
}

const LENGTHS = Array.from({ length: MAX_IDENTIFIER_LENGTH + 1 }, (_, length) => length);

/** Matches without taking a character: an anchor, a look-ahead. */
export const EMPTY: Shape = { sizes: LENGTHS.map((length) => (length === 0 ? 1 : 0)), paths: 1 };

const NOTHING: Shape = { sizes: LENGTHS.map(() => 0), paths: 0 };

export function oneOf(characters: number): Shape {
  return { sizes: LENGTHS.map((length) => (length === 1 ? characters : 0)), paths: 1 };
}

export function inSequence(a: Shape, b: Shape): Shape {
  const sizes = LENGTHS.map(() => 0);
  for (const [left, ways] of a.sizes.entries()) {
    if (ways === 0) continue;
    for (let right = 0; left + right <= MAX_IDENTIFIER_LENGTH; right += 1) {
      sizes[left + right] = (sizes[left + right] ?? 0) + ways * (b.sizes[right] ?? 0);
    }
  }
  return { sizes, paths: a.paths * b.paths };
}

export function either(a: Shape, b: Shape): Shape {
  return { sizes: a.sizes.map((ways, length) => ways + (b.sizes[length] ?? 0)), paths: a.paths + b.paths };
}

/** `shape` from `least` to `most` times; `most` is at most the length of an identifier. */
export function repeated(shape: Shape, least: number, most: number): Shape {
  let result = NOTHING;
  let power = EMPTY;
  for (let times = 0; times <= most; times += 1) {
    if (times >= least) result = either(result, power);
    power = inSequence(power, shape);
  }
  return result;
}
