import { expect, test } from 'vitest';
import { readQuestion } from './read-question.ts';
import { unknownAdministration } from './unknown-administration.ts';

test.each([
  ['UK', 'is not a known administration: the United Kingdom is GB'],
  ['EL', 'is not a known administration: Greece is GR'],
  ['XI', 'is not a known administration: Northern Ireland is GB, or EU where EU customs law applies to the goods'],
  ['QQ', 'is not a known administration (GET /v1/administrations)'],
])('%s', (code, detail) => {
  expect(unknownAdministration(code)).toBe(detail);
});

test('who asks about a code of other systems is told the one of ISO 3166-1', () => {
  const vocabulary = { isAdministration: () => false, isScheme: () => true, now: () => '2026-11-22T09:00:00.000Z' };
  expect(readQuestion({ recogniser: 'UK', identifier: 'A1', issuer: 'QQ' }, vocabulary)).toEqual({
    ok: false,
    errors: [
      { pointer: '/recogniser', detail: 'is not a known administration: the United Kingdom is GB' },
      { pointer: '/issuer', detail: 'is not a known administration (GET /v1/administrations)' },
    ],
  });
});
