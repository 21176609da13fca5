import { Problem } from '@mra/contracts';
import { describe, expect, test } from 'vitest';
import { decodeCursor, encodeCursor, toPage } from './cursor.ts';

const AGREEMENTS = { list: 'agreements', keyParts: 1 };

const refusal = (cursor: string): unknown => {
  try {
    return decodeCursor(AGREEMENTS, cursor);
  } catch (error) {
    return error instanceof Problem
      ? { code: error.code, pointers: error.errors?.map(({ pointer }) => pointer) }
      : error;
  }
};

test('a cursor keeps its key, and is made of characters that need no escape in a query string', () => {
  const key = ['eu-aeo', 'GBAEOF00001/10', 'Zürich — ?>'];
  const list = { list: 'rules', keyParts: 3 };
  expect(encodeCursor(list, key)).toMatch(/^[A-Za-z0-9_-]+$/);
  expect(decodeCursor(list, encodeCursor(list, key))).toEqual(key);
});

const forged = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');

describe('refused naming /cursor', () => {
  test.each([
    ['no JSON', 'eu-jp-2010'],
    ['empty', ''],
    ['of another list', encodeCursor({ list: 'programmes', keyParts: 1 }, ['a'])],
    ['of no list', forged(['a'])],
    ['fewer parts', encodeCursor(AGREEMENTS, [])],
    ['more parts', encodeCursor(AGREEMENTS, ['a', 'b'])],
    ['no text', forged(['agreements', 1])],
    ['no key', forged('agreements')],
    ['a control character', forged(['agreements', 'a\u0000'])],
    ['not the one way to write it', `${encodeCursor(AGREEMENTS, ['abc'])}=`],
    ['spaces within', Buffer.from('[ "agreements","a" ]').toString('base64url')],
  ])('%s', (_, cursor) => {
    expect(refusal(cursor)).toEqual({ code: 'VALIDATION_FAILED', pointers: ['/cursor'] });
  });
});

test('the last page has no cursor, an earlier one that of its last row', () => {
  const page = (rows: string[]) =>
    toPage(
      AGREEMENTS,
      rows,
      2,
      (row) => [row],
      (row) => row.toUpperCase(),
    );
  expect(page([])).toEqual({ data: [], nextCursor: null });
  expect(page(['a', 'b'])).toEqual({ data: ['A', 'B'], nextCursor: null });
  expect(page(['a', 'b', 'c'])).toEqual({ data: ['A', 'B'], nextCursor: encodeCursor(AGREEMENTS, ['b']) });
});
