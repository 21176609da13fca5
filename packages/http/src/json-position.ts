/** Where a text stops being JSON; line and column count from 1. */
export interface JsonFault {
  readonly position: number;
  readonly line: number;
  readonly column: number;
  /** The text ends where more is needed. */
  readonly atEnd: boolean;
}

type Expected = 'value' | 'value or ]' | 'name' | 'name or }' | ':' | ', or end' | 'nothing';

const WHITE = /[ \t\n\r]*/y;
const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
/** What can still become a number: `-`, `1.`, `1e+`. */
const NUMBER_BEGUN = /-?(?:(?:0|[1-9]\d*)(?:\.\d*)?(?:(?<=\d)[eE][+-]?\d*)?)?/y;
const LITERALS = ['true', 'false', 'null'];

/**
 * Finds the first character that cannot continue a JSON text (RFC 8259), in a loop, so that depth costs no stack.
 * `JSON.parse` tells the position in only some of its messages, and repeats the text in the others.
 * @returns null when the text is JSON
 */
export function findJsonFault(text: string): JsonFault | null {
  const open: string[] = [];
  let expected: Expected = 'value';
  let at = endOf(WHITE, text, 0);
  while (at < text.length) {
    const character = text.charAt(at);
    const inside = open.at(-1);
    let end = at + 1;
    if (closes(character, expected, inside)) {
      open.pop();
      expected = open.length === 0 ? 'nothing' : ', or end';
    } else if (character === ',' && expected === ', or end') {
      expected = inside === '{' ? 'name' : 'value';
    } else if (character === ':' && expected === ':') {
      expected = 'value';
    } else if ((character === '[' || character === '{') && expected.startsWith('value')) {
      open.push(character);
      expected = character === '[' ? 'value or ]' : 'name or }';
    } else {
      const name = expected.startsWith('name');
      end = expected.startsWith('value') || (name && character === '"') ? endOfScalar(text, at) : ~at;
      if (end < 0) return fault(text, ~end);
      expected = name ? ':' : open.length === 0 ? 'nothing' : ', or end';
    }
    at = endOf(WHITE, text, end);
  }
  return expected === 'nothing' ? null : fault(text, text.length);
}

function closes(character: string, expected: Expected, inside: string | undefined): boolean {
  if (character === ']') return expected === 'value or ]' || (expected === ', or end' && inside === '[');
  if (character === '}') return expected === 'name or }' || (expected === ', or end' && inside === '{');
  return false;
}

/** The end of the string, number or literal at `at`; the complement of the position of its fault if it has one. */
function endOfScalar(text: string, at: number): number {
  const first = text.charAt(at);
  if (first === '"') return endOfString(text, at + 1);
  const literal = LITERALS.find((word) => word.startsWith(first));
  if (literal !== undefined) {
    let length = 1;
    while (length < literal.length && text[at + length] === literal[length]) length += 1;
    return length === literal.length ? at + length : ~(at + length);
  }
  const begun = endOf(NUMBER_BEGUN, text, at);
  return begun > at && begun === endOf(NUMBER, text, at) ? begun : ~begun;
}

function endOfString(text: string, start: number): number {
  for (let at = start; at < text.length; at += 1) {
    const character = text.charAt(at);
    if (character === '"') return at + 1;
    if (character < ' ') return ~at;
    if (character !== '\\') continue;
    at += 1;
    const escaped = text.charAt(at);
    if (escaped === 'u') {
      const digits = endOf(/[0-9a-fA-F]{0,4}/y, text, at + 1);
      if (digits < at + 5) return ~digits;
      at += 4;
    } else if (!'"\\/bfnrt'.includes(escaped) || escaped === '') return ~at;
  }
  return ~text.length;
}

function endOf(pattern: RegExp, text: string, at: number): number {
  pattern.lastIndex = at;
  return at + (pattern.exec(text)?.[0].length ?? 0);
}

function fault(text: string, position: number): JsonFault {
  const before = text.slice(0, position).split('\n');
  return { position, line: before.length, column: (before.at(-1)?.length ?? 0) + 1, atEnd: position === text.length };
}
