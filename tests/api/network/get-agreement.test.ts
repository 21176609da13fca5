import { beforeAll, describe, expect, test } from 'vitest';
import { createNetworkApi, type NetworkApi } from './network-api.ts';

let api: NetworkApi;
beforeAll(async () => {
  api = await createNetworkApi();
});

describe('200', () => {
  test('rules, sources, confidence and legal basis', async () => {
    const { status, body, etag } = await api.get('/v1/agreements/eu-us-2012');
    expect(status).toBe(200);
    expect(etag).toBe(`"${body.version}"`);
    expect(body).toMatchObject({
      id: 'eu-us-2012',
      parties: ['US', 'EU'],
      legalBasis: ['eu-us-cmaa-1997'],
      confidence: expect.any(String),
    });
    expect(body.rules.map(({ id }: { id: string }) => id)).toEqual(['eu-us-2012:eu-aeo>US', 'eu-us-2012:us-ctpat>EU']);
    for (const { sources, confidence } of body.rules) {
      expect(sources.length).toBeGreaterThan(0);
      expect(['high', 'medium', 'low']).toContain(confidence);
    }
  });

  test('the members of a plurilateral agreement with staged starts', async () => {
    const { body } = await api.get('/v1/agreements?lifeCycle=in_force&limit=500');
    const staged = body.data.find((row: { partyEffective: unknown[] }) => row.partyEffective.length > 0);
    const one = await api.get(`/v1/agreements/${staged.id}`);
    expect(one.body.partyEffective).toEqual(staged.partyEffective);
    expect(one.body.form).toBe('plurilateral');
  });
});

describe('400', () => {
  test('names an id that cannot be one', async () => {
    const { status, body } = await api.get('/v1/agreements/EU--US');
    expect(status).toBe(400);
    expect(body.errors).toMatchObject([{ pointer: '/path/agreement' }]);
  });
});

describe('404', () => {
  test('an agreement that is not known', async () => {
    expect(await api.get('/v1/agreements/eu-none')).toMatchObject({ status: 404, body: { code: 'NOT_FOUND' } });
  });
});
