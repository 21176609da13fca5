import { beforeAll, describe, expect, test } from 'vitest';
import { as, createTestApi, type TestApi } from '../../support/api.ts';
import { createTestDatabase } from '../../support/database.ts';

let api: TestApi;
let headers: { authorization: string };
beforeAll(async () => {
  api = await createTestApi(await createTestDatabase({ demo: true }));
  headers = await as(['recognition:read']);
});

const AT = '2026-11-22T09:00:00Z';
const QUESTION = { recogniser: 'JP', identifier: 'DEAEOF00012345', role: 'exporter', at: AT };

const get = (query: string | Record<string, string>) => {
  const search = typeof query === 'string' ? query : new URLSearchParams(query).toString();
  return api.app.inject({ method: 'GET', url: `/v1/recognition?${search}`, headers });
};
const pointers = (response: { json(): unknown }) =>
  (response.json() as { errors?: { pointer: string }[] }).errors?.map(({ pointer }) => pointer);

describe('200', () => {
  test('the example of the contract is recognised, with every condition', async () => {
    const response = await get(QUESTION);
    expect(response.statusCode).toBe(200);
    expect(response.headers['x-request-id']).toBeDefined();
    const answer = response.json();
    expect(answer).toMatchObject({
      outcome: 'recognised',
      reason: 'RECOGNISED',
      question: QUESTION,
      membership: {
        programme: 'eu-aeo',
        issuer: 'EU',
        issuingCountry: 'DE',
        authorisationNumber: 'DEAEOF00012345',
        type: 'AEOF',
        status: 'active',
        statusSince: '2019-04-01',
      },
      nameMatch: null,
      validUntil: null,
      dataAge: { source: 'local', lastSynchronisedAt: null, ageSeconds: 0, maxAgeSeconds: null },
    });
    expect(answer.rules).toHaveLength(1);
    expect(answer.rules[0]).toMatchObject({ agreement: 'eu-jp-2010', rule: 'eu-jp-2010:eu-aeo>JP', met: true });
    expect(answer.rules[0].conditions.map(({ code, met }: { code: string; met: boolean }) => [code, met])).toEqual(
      [
        'AGREEMENT_IN_FORCE',
        'TYPE_COVERED',
        'ROLE_COVERED',
        'FLOW_COVERED',
        'STATUS_ACTIVE',
        'NOT_LOCALLY_SUSPENDED',
        'CONSENT_GIVEN',
        'DATA_FRESH',
      ].map((code) => [code, true]),
    );
    expect(answer.benefits).toContain('PRIORITY_TREATMENT');
    // How Japan's code is made from an EU number is not known (presentations.json).
    expect(answer.declare).toBeNull();
    expect(answer.decidedAt).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{3})?Z$/);
    expect(answer.networkVersion).toBeGreaterThan(0);
    // The default `knownAt` is the moment of the decision.
    expect(answer.question.knownAt).toBe(answer.decidedAt);
  });

  test('the POST body gives the same answer as the query string', async () => {
    const question = {
      ...QUESTION,
      knownAt: (await get(QUESTION)).json().question.knownAt,
      scheme: 'eu-aeo-number',
      issuer: 'EU',
      flow: 'import',
      name: 'Muster',
    };
    const asked = await get(question);
    const posted = await api.app.inject({ method: 'POST', url: '/v1/recognition', headers, payload: question });
    expect(posted.statusCode).toBe(200);
    expect({ ...posted.json(), decidedAt: '' }).toEqual({ ...asked.json(), decidedAt: '' });
  });

  test('an offset written as %2B is an instant', async () => {
    const response = await get('recogniser=JP&identifier=DEAEOF00012345&at=2026-11-22T17:00:00%2B08:00');
    expect(response.json().question.at).toBe(AT);
  });

  test('"not recognised" is an answer', async () => {
    const response = await get({ recogniser: 'JP', identifier: 'DEAEOC00012346', at: AT });
    expect(response.statusCode).toBe(200);
    expect(response.json()).toMatchObject({ outcome: 'not_recognised', reason: 'TYPE_NOT_COVERED' });
    expect(api.log.at(-1)).toMatchObject({
      operation: 'askRecognitionByQuery',
      outcome: 'not_recognised',
      reason: 'TYPE_NOT_COVERED',
    });
    expect(JSON.stringify(api.log)).not.toContain('DEAEO');
  });
});

describe('400', () => {
  test.each([
    ['a misspelt at', { ...QUESTION, att: AT }, ['/att']],
    ['an unknown administration', { ...QUESTION, recogniser: 'XX' }, ['/recogniser']],
    ['an unknown issuer and scheme', { ...QUESTION, issuer: 'ZZ', scheme: 'no-such-scheme' }, ['/issuer', '/scheme']],
    ['an administration in lower case', { ...QUESTION, recogniser: 'jp' }, ['/recogniser']],
    ['a day instead of an instant', { ...QUESTION, at: '2026-11-22' }, ['/at']],
    ['an unknown role', { ...QUESTION, role: 'pirate' }, ['/role']],
    ['a knownAt in the future', { ...QUESTION, knownAt: new Date(Date.now() + 60_000).toISOString() }, ['/knownAt']],
    ['an identifier of 65 characters', { ...QUESTION, identifier: 'A'.repeat(65) }, ['/identifier']],
    ['no question at all', '', ['/recogniser', '/identifier']],
    [
      'every bad field at once',
      { recogniser: 'Japan', identifier: '', flow: 'both', at: 'now', foo: '1' },
      ['/recogniser', '/identifier', '/flow', '/at', '/foo'],
    ],
    [
      'what its schema and what the network refuses, at once',
      { recogniser: 'XX', identifier: 'X1', role: 'boss' },
      ['/role', '/recogniser'],
    ],
    [
      'a knownAt in the future beside another bad field',
      { ...QUESTION, scheme: 'nope', flow: 'both', knownAt: '2999-01-01T00:00:00Z' },
      ['/flow', '/scheme', '/knownAt'],
    ],
    ['a field given twice', 'recogniser=JP&identifier=A1&identifier=B2', ['/identifier']],
    ['a + that became a space', 'recogniser=JP&identifier=DEAEOF00012345&at=2026-11-22T17:00:00+08:00', ['/at']],
  ])('%s', async (_, query, expected) => {
    const response = await get(query as string);
    expect(response.statusCode).toBe(400);
    expect(response.headers['content-type']).toContain('application/problem+json');
    expect(response.json()).toMatchObject({ code: 'VALIDATION_FAILED', status: 400, detail: expect.any(String) });
    expect(pointers(response)).toEqual(expected);
  });
});
