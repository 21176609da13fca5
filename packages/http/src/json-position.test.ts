import { describe, expect, test } from 'vitest';
import { findJsonFault } from './json-position.ts';

const VALID = '{"a": [1, -2.5e+3, {"b": "x\\u00e9\\n\\"y"}, [], {}],\n "c": true, "d": null, "e": false}';

test('JSON has no fault', () => {
  for (const text of [VALID, '0', ' "x" ', '[]', '{}', '[[],[{}]]', '-0.0e-0', 'null'])
    expect(findJsonFault(text)).toBeNull();
});

test.each([
  ['', 0],
  ['abc', 0],
  ['{"a":1,}', 7],
  ['[1,]', 3],
  ['{"a": tru}', 9],
  ['{"a" 1}', 5],
  ['{"a":1', 6],
  ['[1 2]', 3],
  ['{"a":1}}', 7],
  ['01', 1],
  ['1.', 2],
  ['[1.e5]', 3],
  ['[1e]', 3],
  ['-', 1],
  ['"a\nb"', 2],
  ['"\\x"', 2],
  ['"\\u12g4"', 5],
  ['"abc', 4],
  ['{a:1}', 1],
  ["{'a':1}", 1],
  ['[}', 1],
  ['{]', 1],
  [',', 0],
])('%j has its fault at %i', (text, position) => {
  expect(findJsonFault(text)).toMatchObject({ position, atEnd: position === text.length });
});

test('line and column count from 1', () => {
  expect(findJsonFault('{\n  "a": 1,\n  b: 2}')).toEqual({ position: 14, line: 3, column: 3, atEnd: false });
});

describe('compared with JSON.parse', () => {
  const characters = ['', '"', '{', '}', '[', ']', ',', ':', '\\', '0', '.', 'e', '-', 't', '\n', '\u0001'];
  const mutants = [...VALID].flatMap((_, at) =>
    characters.flatMap((character) => [
      VALID.slice(0, at) + character + VALID.slice(at + 1),
      VALID.slice(0, at) + character + VALID.slice(at),
    ]),
  );

  test('both agree on every text that is one character away from JSON, and on the position wherever JSON.parse tells it', () => {
    let compared = 0;
    for (const text of mutants) {
      const message = refusal(text);
      const found = findJsonFault(text);
      expect(found === null, text).toBe(message === null);
      const position = message?.match(/at position (\d+)/)?.[1];
      if (position === undefined) continue;
      expect(found?.position, `${text}: ${message}`).toBe(Number(position));
      compared += 1;
    }
    expect(compared).toBeGreaterThan(500);
  });
});

test('a hundred thousand open brackets are read without overflowing the stack', () => {
  expect(findJsonFault('['.repeat(100_000))?.position).toBe(100_000);
});

function refusal(text: string): string | null {
  try {
    JSON.parse(text);
    return null;
  } catch (error) {
    return (error as Error).message;
  }
}
