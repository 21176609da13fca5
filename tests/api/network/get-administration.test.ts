import { beforeAll, describe, expect, test } from 'vitest';
import { createNetworkApi, type NetworkApi } from './network-api.ts';

let api: NetworkApi;
beforeAll(async () => {
  api = await createNetworkApi();
});

describe('200', () => {
  test('an administration with its sources', async () => {
    const { status, body, etag } = await api.get('/v1/administrations/NO');
    expect(status).toBe(200);
    expect(etag).toBe(`"${body.version}"`);
    expect(body).toMatchObject({ code: 'NO', kind: 'country', members: [], confidence: 'medium' });
    expect(body.sources.length).toBeGreaterThan(0);
    expect(Date.parse(body.recordedAt)).toBeLessThanOrEqual(Date.now());
  });

  test('a union with the periods of its members', async () => {
    const { body } = await api.get('/v1/administrations/EU');
    expect(body.kind).toBe('union');
    expect(body.members).toContainEqual({ code: 'HR', from: '2013-07-01', to: null });
  });
});

describe('400', () => {
  test('names a code that cannot be one', async () => {
    const { status, body } = await api.get('/v1/administrations/nor');
    expect(status).toBe(400);
    expect(body.errors).toMatchObject([{ pointer: '/path/code' }]);
  });
});

describe('404', () => {
  test('an administration that is not known', async () => {
    expect(await api.get('/v1/administrations/ZZ')).toMatchObject({ status: 404, body: { code: 'NOT_FOUND' } });
  });
});
