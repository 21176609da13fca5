import { Readable } from 'node:stream';
import { expect, test } from 'vitest';
import { readLines } from './lines.ts';

async function read(pieces: readonly Buffer[], { longest = 1000, chunk = 2 } = {}) {
  const lines: (string | number)[][] = [];
  for await (const group of readLines(Readable.from(pieces, { objectMode: false }), { longest, chunk })) {
    expect(group.length > 0 && group.length <= chunk).toBe(true);
    lines.push(...group.map(({ number, text, fault }) => [number, fault ?? text]));
  }
  return lines;
}

const inPieces = (bytes: Buffer, size: number) =>
  Array.from({ length: Math.ceil(bytes.length / size) }, (_, index) =>
    bytes.subarray(index * size, (index + 1) * size),
  );

const TEXT = Buffer.concat([
  Buffer.from('\ufeffone\r\n\nGrüße 株\n'),
  Buffer.from([0xff, 0xfe, 0x0a]),
  Buffer.from(`${'é'.repeat(600)}\n${'x'.repeat(5000)}\n${'x'.repeat(1000)}\n\ufeff\nlast`),
]);

test.each([1, 2, 3, 7, 1000, 100_000])('lines are the same in pieces of %i bytes', async (size) => {
  expect(await read(inPieces(TEXT, size))).toEqual([
    [1, 'one'],
    [2, ''],
    [3, 'Grüße 株'],
    [4, 'not_utf8'],
    [5, 'too_long'],
    [6, 'too_long'],
    [7, 'x'.repeat(1000)],
    [8, '\ufeff'],
    [9, 'last'],
  ]);
});

test('what has no end is a line, and what ends with one has no empty line after it', async () => {
  expect(await read([])).toEqual([]);
  expect(await read([Buffer.from('one\n')])).toEqual([[1, 'one']]);
  expect(await read([Buffer.from('one\n'), Buffer.from([0xc3])])).toEqual([
    [1, 'one'],
    [2, 'not_utf8'],
  ]);
  expect(await read([Buffer.from('x'.repeat(1001))])).toEqual([[1, 'too_long']]);
});
