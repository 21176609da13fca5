import { beforeAll, describe, expect, test } from 'vitest';
import { aProgramme, createNetworkApi, type NetworkApi } from './network-api.ts';

let api: NetworkApi;
beforeAll(async () => {
  api = await createNetworkApi();
});

describe('200', () => {
  test('types, roles, number formats, review cycle and sources', async () => {
    const { status, body, etag } = await api.get('/v1/programmes/eu-aeo');
    expect(status).toBe(200);
    expect(etag).toBe(`"${body.version}"`);
    expect(body).toMatchObject({ id: 'eu-aeo', administration: 'EU', validFrom: null, validTo: null });
    expect(body.types.find(({ code }: { code: string }) => code === 'AEOF').components).toEqual(['AEOC', 'AEOS']);
    expect(body.numberPatterns[0]).toMatchObject({ scheme: 'eu-aeo-number' });
    expect(body.sources.length).toBeGreaterThan(0);
  });

  test('a programme that begins later says from when', async () => {
    await api.put('/v1/programmes/no-later', aProgramme({ effectiveFrom: '2101-01-01' }));
    expect(await api.get('/v1/programmes/no-later')).toMatchObject({
      status: 200,
      body: { validFrom: '2101-01-01', validTo: null },
    });
  });
});

describe('400', () => {
  test('names an id that cannot be one', async () => {
    const { status, body } = await api.get('/v1/programmes/EU-AEO');
    expect(status).toBe(400);
    expect(body.errors).toMatchObject([{ pointer: '/path/programme' }]);
  });
});

describe('404', () => {
  test('a programme that is not known', async () => {
    expect(await api.get('/v1/programmes/eu-none')).toMatchObject({ status: 404, body: { code: 'NOT_FOUND' } });
  });
});
