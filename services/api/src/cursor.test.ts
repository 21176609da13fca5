import { Problem } from '@mra/contracts';
import { describe, expect, test } from 'vitest';
import { decodeCursor, encodeCursor, toPage } from './cursor.ts';

const refusal = (cursor: string, count = 1): unknown => {
  try {
    return decodeCursor(cursor, count);
  } catch (error) {
    return error instanceof Problem
      ? { code: error.code, pointers: error.errors?.map(({ pointer }) => pointer) }
      : error;
  }
};

test('a cursor keeps its key, and is made of characters that need no escape in a query string', () => {
  const key = ['eu-aeo', 'GBAEOF00001/10', 'Zürich — ?>'];
  expect(encodeCursor(key)).toMatch(/^[A-Za-z0-9_-]+$/);
  expect(decodeCursor(encodeCursor(key), 3)).toEqual(key);
});

const forged = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');

describe('refused naming /cursor', () => {
  test.each([
    ['no JSON', 'eu-jp-2010'],
    ['empty', ''],
    ['fewer parts', encodeCursor([])],
    ['more parts', encodeCursor(['a', 'b'])],
    ['no text', forged([1])],
    ['no list', forged('a')],
    ['a control character', forged(['a\u0000'])],
    ['not the one way to write it', `${encodeCursor(['abc'])}=`],
    ['spaces within', Buffer.from('[ "a" ]').toString('base64url')],
  ])('%s', (_, cursor) => {
    expect(refusal(cursor)).toEqual({ code: 'VALIDATION_FAILED', pointers: ['/cursor'] });
  });
});

test('the last page has no cursor, an earlier one that of its last row', () => {
  const page = (rows: string[]) =>
    toPage(
      rows,
      2,
      (row) => [row],
      (row) => row.toUpperCase(),
    );
  expect(page([])).toEqual({ data: [], nextCursor: null });
  expect(page(['a', 'b'])).toEqual({ data: ['A', 'B'], nextCursor: null });
  expect(page(['a', 'b', 'c'])).toEqual({ data: ['A', 'B'], nextCursor: encodeCursor(['b']) });
});
