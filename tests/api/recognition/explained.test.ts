import { beforeAll, expect, test } from 'vitest';
import { as, createTestApi, type TestApi } from '../../support/api.ts';
import { createTestDatabase } from '../../support/database.ts';

let api: TestApi;
let headers: { authorization: string };
beforeAll(async () => {
  api = await createTestApi(await createTestDatabase({ demo: true }));
  headers = await as(['recognition:read']);
});

const at = '2026-11-22T09:00:00Z';

interface Explained {
  readonly reason: string;
  readonly detail: string | null;
  readonly declareNote: { readonly where: string | null; readonly note: string | null } | null;
}

/** What a question is told in words by each of the four ways to ask it, which is the same. */
async function explained(asked: Readonly<Record<string, string>>): Promise<Explained> {
  const question = { at, ...asked };
  const url = '/v1/recognition';
  const lines = { ...headers, 'content-type': 'application/x-ndjson' };
  const answers = [
    (await api.app.inject({ url: `${url}?${new URLSearchParams(question)}`, headers })).json(),
    (await api.app.inject({ method: 'POST', url, headers, payload: question })).json(),
    (await api.app.inject({ method: 'POST', url: `${url}/batch`, headers, payload: { questions: [question] } })).json()
      .answers[0],
    (
      await api.app.inject({ method: 'POST', url: `${url}/batch`, headers: lines, payload: JSON.stringify(question) })
    ).json(),
  ];
  const told = answers.map(({ reason, detail, declareNote }): Explained => ({ reason, detail, declareNote }));
  expect(told).toEqual(Array(4).fill(told[0]));
  return told[0] as Explained;
}

test('recognised, with what is known of what is declared', async () => {
  expect(await explained({ recogniser: 'JP', identifier: 'DEAEOF00012345' })).toEqual({
    reason: 'RECOGNISED',
    detail: null,
    declareNote: {
      where: expect.stringContaining('NACCS'),
      note: expect.stringContaining('a 12-character code is declared'),
    },
  });
});

test('a code that is known leaves nothing to note', async () => {
  const question = { recogniser: 'CN', identifier: 'AEOSG990000000001', role: 'exporter', flow: 'import' };
  expect(await explained(question)).toEqual({ reason: 'RECOGNISED', detail: null, declareNote: null });
});

test.each([
  ['EU', 'DEAEOF00012345', 'NO_AGREEMENT', 'EU issued this status itself'],
  ['DE', 'DEAEOF00012345', 'NO_AGREEMENT', 'DE belongs to EU, which issued this status itself'],
  ['KR', 'DEAEOF00012345', 'NO_AGREEMENT', 'no agreement is known under which KR recognises eu-aeo of EU at that time'],
  [
    'JP',
    'A9001219MY00',
    'AMBIGUOUS_IDENTIFIER',
    'several members of one programme have this identifier: ask with the authorisation number',
  ],
  [
    'JP',
    'DEA\u0415OF00012345',
    'UNKNOWN_TRADER',
    'no known trader has this identifier at that time; it contains "\u0415" (U+0415), which is not a Latin letter',
  ],
  [
    'JP',
    '529900T8BM49AURSDO56',
    'UNKNOWN_TRADER',
    'no known trader has this identifier at that time; read as Legal Entity Identifier its check digit is wrong',
  ],
  ['JP', 'DE!', 'IDENTIFIER_INVALID', 'the identifier contains "!" (U+0021), which no identifier has'],
])('asked by %s about %s: %s', async (recogniser, identifier, reason, detail) => {
  expect(await explained({ recogniser, identifier })).toEqual({ reason, detail, declareNote: null });
});

test('the condition that fails, with its fact', async () => {
  expect(await explained({ recogniser: 'JP', identifier: 'DEAEOC00012346', role: 'exporter' })).toEqual({
    reason: 'TYPE_NOT_COVERED',
    detail:
      'the type of the authorisation does not count under eu-jp-2010 (AEOC never counts under this rule; covered: AEOS, AEOF)',
    declareNote: null,
  });
});

test('of an item with many bad fields the first twenty are told, and how many more there are', async () => {
  const bad = Object.fromEntries(Array.from({ length: 100 }, (_, index) => [`field${index}`, 1]));
  const questions = [bad, { recogniser: 'JP', identifier: 'DEAEOF00012345', at }];
  const response = await api.app.inject({
    method: 'POST',
    url: '/v1/recognition/batch',
    headers,
    payload: { questions },
  });
  const [first, second] = response.json().answers;
  expect(first.errors).toHaveLength(21);
  expect(first.errors[20]).toEqual({ pointer: '', detail: 'has at least 80 more bad fields' });
  expect(second.outcome).toBe('recognised');
});
