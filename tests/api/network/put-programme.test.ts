import { beforeAll, describe, expect, test } from 'vitest';
import { allRows, aProgramme, bodyOf, createNetworkApi, type NetworkApi, pointersOf } from './network-api.ts';

let api: NetworkApi;
beforeAll(async () => {
  api = await createNetworkApi();
});

const URL = '/v1/programmes/no-gl';

describe('201', () => {
  test('a new programme, complete, as one new version of the network', async () => {
    const before = await api.version();
    const { status, body, etag } = await api.put(URL, aProgramme());
    expect([status, etag, await api.version()]).toEqual([201, `"${before + 1}"`, before + 1]);
    expect(body).toMatchObject({
      id: 'no-gl',
      consent: 'unknown',
      roles: [],
      validFrom: null,
      validTo: null,
      confidence: 'low',
    });
    expect(body.types).toMatchObject([{ code: 'GL', components: ['GL'], recognisable: 'unknown' }]);
    expect((await api.get(URL)).body).toEqual(body);
  });

  test('a programme that begins on a day', async () => {
    const { status, body } = await api.put('/v1/programmes/no-dated', aProgramme({ effectiveFrom: '2025-01-01' }));
    expect([status, body.validFrom]).toEqual([201, '2025-01-01']);
    const network = await api.dependencies.networks.current();
    expect(network.programmes.get('no-dated')?.map(({ valid }) => valid)).toEqual([
      { from: '2025-01-01T00:00:00.000Z', to: null },
    ]);
  });
});

describe('200', () => {
  test('every programme of the reference data sent again changes nothing', async () => {
    const rows = (await allRows(api, '/v1/programmes', 500)).filter(
      ({ confidence, id }) => confidence && !id.startsWith('no-'),
    );
    expect(rows.length).toBeGreaterThan(80);
    await api.get('/v1/network'); // Has the network loaded once for all these writes.
    const before = await api.version();
    for (const row of rows) {
      const { status, body, etag } = await api.put(`/v1/programmes/${row.id}`, bodyOf(row));
      expect([status, etag, body]).toEqual([200, `"${row.version}"`, row]);
    }
    expect(await api.version()).toBe(before);
  });

  test('new terms hold from a day on, earlier terms stay, and the answer shows the new ones', async () => {
    await api.put('/v1/programmes/no-two', aProgramme());
    const renamed = aProgramme({ name: 'Blue lane', effectiveFrom: '2101-01-01' });
    const { status, body, etag } = await api.put('/v1/programmes/no-two', renamed);
    expect([status, body.name, body.validFrom, body.validTo]).toEqual([200, 'Blue lane', '2101-01-01', null]);
    const now = await api.get('/v1/programmes/no-two');
    expect([now.body.name, now.body.validFrom, now.body.validTo]).toEqual(['Green lane', null, '2101-01-01']);
    // The tag is that of the whole programme: terms to come are part of what If-Match protects.
    expect(now.etag).toBe(etag);

    const before = await api.version();
    const again = await api.put('/v1/programmes/no-two', renamed);
    expect([again.status, again.etag, await api.version()]).toEqual([200, etag, before]);
  });

  test('without a day they correct the terms for all time', async () => {
    await api.put('/v1/programmes/no-all', aProgramme());
    await api.put('/v1/programmes/no-all', aProgramme({ name: 'Blue lane', effectiveFrom: '2026-01-01' }));
    const { body } = await api.put('/v1/programmes/no-all', aProgramme());
    expect([body.name, body.validFrom, body.validTo]).toEqual(['Green lane', null, null]);
  });
});

describe('400', () => {
  const wrong = async (changes: object, id = 'no-wrong') => {
    const answer = await api.put(`/v1/programmes/${id}`, aProgramme(changes));
    expect(answer.status).toBe(400);
    return pointersOf(answer);
  };

  test('names an administration that is not known, and an id that is not of the administration', async () => {
    expect(await wrong({ administration: 'XY' }, 'xy-gl')).toEqual(['/administration']);
    expect(await wrong({ administration: 'SE' })).toEqual(['/path/programme']);
    expect(await wrong({}, 'gl')).toEqual(['/path/programme']);
  });

  test('names components that are not types of the programme, or are named twice', async () => {
    const types = [
      { code: 'A', name: 'A' },
      { code: 'AB', name: 'A and B', components: ['A', 'B', 'A'] },
    ];
    expect(await wrong({ types })).toEqual(['/types/1/components/1', '/types/1/components/2']);
  });

  test('names a number pattern that cannot be used, and an example that does not match', async () => {
    const pattern = (regex: string, example: string) => ({ scheme: 'no-aeo-number', regex, example, verified: false });
    expect(await wrong({ numberPatterns: [pattern('^(A+)+$', 'A')] })).toEqual(['/numberPatterns/0/regex']);
    expect(await wrong({ numberPatterns: [pattern('^NO\\d{3}$', 'no-12 3'), pattern('^NO\\d{3}$', 'NO12')] })).toEqual([
      '/numberPatterns/1/example',
    ]);
    expect(await wrong({ numberPatterns: [pattern('^NO\\p{Lu}$', 'NOA')] })).toEqual(['/numberPatterns/0/regex']);
  });

  test('names a date of effect that is none', async () => {
    expect(await wrong({ effectiveFrom: '2026' })).toEqual(['/effectiveFrom']);
  });

  test('names what its schema and what the network refuses, at once', async () => {
    const types = [
      { code: 'A', name: 'A', components: ['A', 'X', 5] },
      { code: 'A', name: 7 },
    ];
    const numberPatterns = [{ scheme: 'no-aeo-number', regex: '^NO\\d$', example: 'X', verified: 'perhaps' }];
    const changes = { administration: 'XY', effectiveFrom: '2026', types, numberPatterns };
    expect((await wrong(changes, 'xy-wrong')).toSorted()).toEqual([
      '/administration',
      '/effectiveFrom',
      '/numberPatterns/0/example',
      '/numberPatterns/0/verified',
      '/types/0/components/1',
      '/types/0/components/2',
      '/types/1/code',
      '/types/1/name',
    ]);
  });

  test('nothing was written', async () => {
    expect((await api.get('/v1/programmes/no-wrong')).status).toBe(404);
  });
});
