import { beforeAll, expect, test } from 'vitest';
import { as, createTestApi, type TestApi } from '../../support/api.ts';
import { createTestDatabase } from '../../support/database.ts';

let api: TestApi;
let headers: { authorization: string };
beforeAll(async () => {
  api = await createTestApi(await createTestDatabase());
  headers = await as(['recognition:read', 'registry:write'], 'EU');
});

async function told(request: { url: string; method?: 'GET' | 'POST' | 'PUT'; payload?: object }) {
  const response = await api.app.inject({ method: 'GET', ...request, headers });
  expect(response.json().code).toBe('VALIDATION_FAILED');
  const { errors } = response.json() as { errors: readonly { pointer: string; detail: string }[] };
  return Object.fromEntries(errors.map(({ pointer, detail }) => [pointer, detail]));
}

test('every mistake of a question in a query string says what would be right', async () => {
  const query =
    'recogniser=UK&recogniser=JP&issuer=Germany&identifier=&at=2026-11-22T17:00:00+08:00&knownAt=2026-11-22';
  expect(await told({ url: `/v1/recognition?${query}` })).toEqual({
    '/recogniser': 'is given more than once',
    '/identifier': 'must not be empty',
    '/issuer': 'must be an ISO 3166-1 alpha-2 code in capitals, or EU',
    '/at': 'must have + where it has a space: in an address + is written as %2B',
    '/knownAt': 'must have a time and a zone beside the day, for example 2026-11-22T09:00:00Z',
  });
});

test('and in a body', async () => {
  const payload = { recogniser: 'UK', identifier: 'A'.repeat(300), role: null, at: null, knownAt: '22.11.2026' };
  expect(await told({ url: '/v1/recognition', method: 'POST', payload })).toEqual({
    '/recogniser': 'is not a known administration: the United Kingdom is GB',
    '/identifier': 'must have at most 64 characters',
    '/role': 'must not be null: leave it out when it is not known',
    '/at': 'must not be null: leave it out when it is not known',
    '/knownAt': 'must be an RFC 3339 instant, for example 2026-11-22T09:00:00Z',
  });
  expect(await told({ url: '/v1/recognition/batch', method: 'POST', payload: { questions: [] } })).toEqual({
    '/questions': 'must not be empty',
  });
});

test('of lists and of members too', async () => {
  expect(await told({ url: '/v1/programmes?limit=1000' })).toEqual({ '/limit': 'must be at most 500' });
  const payload = {
    ...{ type: 'AEOF', validFrom: '2020-01-01', names: [], issuingCountry: 'Germany' },
    addresses: [{ kind: 'registered', country: 'DEU' }],
  };
  expect(await told({ url: '/v1/programmes/eu-aeo/memberships/DEAEOF1', method: 'PUT', payload })).toEqual({
    '/issuingCountry': 'must be an ISO 3166-1 alpha-2 code in capitals',
    '/addresses/0/country': 'must be an ISO 3166-1 alpha-2 code in capitals',
  });
});
