import { createHash } from 'node:crypto';
import { expect, test } from 'vitest';
import { readFileLines } from './snapshot-file-lines.ts';

async function read(pieces: readonly (string | Buffer)[], limits: Parameters<typeof readFileLines>[1] = {}) {
  const file = readFileLines(arrive(pieces.map((piece) => Buffer.from(piece as string))), limits);
  const lines: (string | null)[] = [];
  for await (const group of file.groups) lines.push(...group);
  return { lines, sum: file.sum() };
}

async function* arrive(pieces: readonly Buffer[]): AsyncGenerator<Uint8Array> {
  yield* pieces;
}

const sumOf = (text: string): string => createHash('sha256').update(text).digest('base64url');

test('lines, however they arrive; the last one needs no end, blank ones are passed over', async () => {
  const text = '{"a":"ä"}\n\n{"b":2}\r\n{"c":3}';
  const whole = await read([text]);
  expect(whole).toEqual({ lines: ['{"a":"ä"}', '{"b":2}\r', '{"c":3}'], sum: sumOf(text) });
  const bytes = Buffer.from(text);
  for (const size of [1, 2, 3, 7]) {
    const pieces = Array.from({ length: Math.ceil(bytes.length / size) }, (_, index) =>
      bytes.subarray(index * size, (index + 1) * size),
    );
    expect(await read(pieces)).toEqual(whole);
  }
});

test('a line that is too long is told and not held, and those behind it are read', async () => {
  const { lines } = await read(['12345', '678', '9\nab\n', 'x'.repeat(100)], { lineBytes: 8 });
  expect(lines).toEqual([null, 'ab', null]);
});

test('what is longer than a file may be is not read, and its sum is not that of the whole', async () => {
  const { lines, sum } = await read(['a\n', 'b\n', 'c\n'], { fileBytes: 4 });
  expect(lines).toEqual(['a', 'b']);
  expect(sum).not.toBe(sumOf('a\nb\nc\n'));
});

test('an empty file', async () => {
  expect(await read([])).toEqual({ lines: [], sum: sumOf('') });
});

test('one that breaks off is an error', async () => {
  const file = readFileLines(
    (async function* () {
      yield Buffer.from('a\n');
      throw new Error('cut');
    })(),
  );
  await expect(async () => {
    for await (const _ of file.groups);
  }).rejects.toThrow('cut');
});
