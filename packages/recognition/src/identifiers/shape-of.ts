import { MAX_IDENTIFIER_LENGTH } from './normalise.ts';
import { EMPTY, either, inSequence, oneOf, repeated, type Shape } from './shape.ts';

// Stands for "any character at all": more than the 36 letters and digits an identifier is mostly made of, and finite.
const ANY = 1000;
const CLASS_SIZES: Readonly<Record<string, number>> = { d: 10, w: 63, s: 25, D: ANY, W: ANY, S: ANY };
const MAX_SOURCE_LENGTH = 512;

class Unsupported extends Error {}

/**
 * Works out how many texts an expression admits and how far it can backtrack.
 * Understood: literals, classes, groups, alternatives, quantifiers up to 64, anchors, look-around, and the escapes `\d \w \s \b` and of
 * punctuation. @returns null for anything else (back references, `\p`, flags): such an expression is not used.
 */
export function shapeOf(source: string): Shape | null {
  if (source.length > MAX_SOURCE_LENGTH) return null;
  try {
    const reader: Reader = { source, at: 0 };
    const shape = alternatives(reader);
    return reader.at === source.length ? shape : null;
  } catch (error) {
    if (error instanceof Unsupported) return null;
    throw error;
  }
}

interface Reader {
  readonly source: string;
  at: number;
}

function alternatives(reader: Reader): Shape {
  let shape = sequence(reader);
  while (take(reader, '|')) shape = either(shape, sequence(reader));
  return shape;
}

function sequence(reader: Reader): Shape {
  let shape = EMPTY;
  while (reader.at < reader.source.length && !'|)'.includes(peek(reader))) {
    shape = inSequence(shape, quantified(reader, atom(reader)));
  }
  return shape;
}

function quantified(reader: Reader, shape: Shape): Shape {
  const found = /^(?:([*+?])|\{(\d{1,4})(,(\d{0,4}))?\})\??/.exec(reader.source.slice(reader.at));
  if (found === null) return shape;
  reader.at += found[0].length;
  const [, sign, from, comma, to] = found;
  const least = sign === undefined ? Number(from) : Number(sign === '+');
  const most = sign === undefined ? (comma === undefined ? least : to ? Number(to) : null) : sign === '?' ? 1 : null;
  if (least > MAX_IDENTIFIER_LENGTH || (most !== null && (most < least || most > MAX_IDENTIFIER_LENGTH)))
    throw new Unsupported();
  return repeated(shape, least, most ?? MAX_IDENTIFIER_LENGTH);
}

function atom(reader: Reader): Shape {
  const character = next(reader);
  if ('^$'.includes(character)) return EMPTY;
  if (character === '.') return oneOf(ANY);
  if (character === '[') return characterClass(reader);
  if (character === '(') return group(reader);
  if (character === '\\') {
    const escaped = next(reader);
    return 'bB'.includes(escaped) ? EMPTY : oneOf(escapeSize(escaped));
  }
  if ('*+?{}])'.includes(character)) throw new Unsupported();
  return oneOf(1);
}

function group(reader: Reader): Shape {
  const opening = /^\?(?::|([=!]|<[=!])|<[A-Za-z]\w*>)/.exec(reader.source.slice(reader.at));
  if (opening === null && peek(reader) === '?') throw new Unsupported();
  reader.at += opening?.[0].length ?? 0;
  const inner = alternatives(reader);
  if (!take(reader, ')')) throw new Unsupported();
  return opening?.[1] === undefined ? inner : { sizes: EMPTY.sizes, paths: inner.paths };
}

function characterClass(reader: Reader): Shape {
  const negated = take(reader, '^');
  let size = 0;
  while (!take(reader, ']')) {
    const first = next(reader);
    const low = first === '\\' ? next(reader) : first;
    if (first === '\\' && low in CLASS_SIZES) size += escapeSize(low);
    else if (peek(reader) === '-' && reader.source[reader.at + 1] !== ']') {
      reader.at += 1;
      const high = next(reader);
      if (high === '\\' || high < low) throw new Unsupported();
      size += high.charCodeAt(0) - low.charCodeAt(0) + 1;
    } else size += first === '\\' ? escapeSize(low) : 1;
  }
  return oneOf(negated ? Math.max(ANY - size, 1) : size);
}

function escapeSize(escaped: string): number {
  const size = Object.hasOwn(CLASS_SIZES, escaped) ? CLASS_SIZES[escaped] : undefined;
  if (size === undefined && /[\p{L}\p{N}]/u.test(escaped)) throw new Unsupported();
  return size ?? 1;
}

function peek(reader: Reader): string {
  return reader.source[reader.at] ?? '';
}

function take(reader: Reader, character: string): boolean {
  if (peek(reader) !== character) return false;
  reader.at += 1;
  return true;
}

function next(reader: Reader): string {
  const character = peek(reader);
  if (character === '') throw new Unsupported();
  reader.at += 1;
  return character;
}
