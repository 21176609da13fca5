import { readFileSync } from 'node:fs';
import { beforeAll, describe, expect, test } from 'vitest';
import { allRows, createNetworkApi, type NetworkApi } from './network-api.ts';

let api: NetworkApi;
beforeAll(async () => {
  api = await createNetworkApi();
});

const seeds = (name: string) =>
  JSON.parse(readFileSync(new URL(`../../../db/seeds/reference/${name}.json`, import.meta.url), 'utf8')) as Record<
    string,
    unknown
  >[];

const keys = (rows: readonly Record<string, unknown>[], key: string) => rows.map((row) => row[key] as string);

const LISTS = [
  { url: '/v1/administrations', key: 'code', seeds: seeds('administrations') },
  { url: '/v1/programmes', key: 'id', seeds: seeds('programmes') },
  { url: '/v1/agreements', key: 'id', seeds: [...seeds('agreements'), ...seeds('work-plans')] },
  { url: '/v1/mutual-assistance', key: 'id', seeds: seeds('mutual-assistance') },
  { url: '/v1/presentations', key: 'id', seeds: seeds('presentations') },
  { url: '/v1/benefits', key: 'code', seeds: seeds('benefits') },
  { url: '/v1/identifier-schemes', key: 'scheme', seeds: seeds('identifier-schemes') },
];

describe.each(LISTS)('$url', ({ url, key, seeds: expected }) => {
  describe('200', () => {
    test('gives every row of the reference data once, in order, in pages', async () => {
      const rows = await allRows(api, url, 7);
      expect(keys(rows, key).toSorted()).toEqual(keys(expected, key).toSorted());
      expect(keys(await allRows(api, url, 500), key)).toEqual(keys(rows, key));
    });

    test('gives the sources and the confidence of each row as the reference data has them', async () => {
      const rows = new Map((await allRows(api, url, 500)).map((row) => [row[key], row]));
      for (const seed of expected) {
        const { sources, source, confidence } = seed;
        const wanted = Object.fromEntries(
          Object.entries({ sources, source, confidence }).filter(([, value]) => value !== undefined),
        );
        expect(rows.get(seed[key])).toMatchObject(wanted);
      }
    });

    test('has 50 rows a page, and no cursor on the last', async () => {
      const { body } = await api.get(url);
      expect(body.data).toHaveLength(Math.min(50, expected.length));
      expect(body.nextCursor === null).toBe(expected.length <= 50);
      expect((await api.get(`${url}?limit=${Math.min(500, expected.length)}`)).body.nextCursor).toBeNull();
    });
  });

  describe('400', () => {
    test.each([
      'bm8',
      '!',
      Buffer.from(`["${url.slice(4)}","a","b"]`).toString('base64url'),
      Buffer.from(`["${url.slice(4)}","\\u0000"]`).toString('base64url'),
    ])('names /cursor when it is %s', async (cursor) => {
      const { status, body } = await api.get(`${url}?cursor=${cursor}`);
      expect(status).toBe(400);
      expect(body).toMatchObject({ code: 'VALIDATION_FAILED', errors: [{ pointer: '/cursor' }] });
    });

    test('names /cursor when it is of another list', async () => {
      const other = LISTS.find((list) => list.url !== url)?.url;
      const { nextCursor } = (await api.get(`${other}?limit=1`)).body;
      expect((await api.get(`${other}?limit=1&cursor=${nextCursor}`)).status).toBe(200);
      const { status, body } = await api.get(`${url}?cursor=${nextCursor}`);
      expect([status, body.errors]).toMatchObject([400, [{ pointer: '/cursor' }]]);
    });

    test('names a limit out of range and a field that is not known', async () => {
      const { status, body } = await api.get(`${url}?limit=501&at=2026-01-01`);
      expect(status).toBe(400);
      expect(body.errors.map(({ pointer }: { pointer: string }) => pointer).toSorted()).toEqual(['/at', '/limit']);
    });
  });
});

describe('GET /v1/agreements is filtered', () => {
  const agreements = seeds('agreements') as {
    id: string;
    status: string;
    parties: string[];
    rules: { programme: string }[];
  }[];
  const plans = seeds('work-plans') as { id: string; lifeCycle: string; parties: string[] }[];
  const ids = async (query: string) => keys(await allRows(api, `/v1/agreements?${query}`, 20), 'id').toSorted();

  test('by life cycle: joint work plans with their date and partner', async () => {
    const rows = await allRows(api, '/v1/agreements?lifeCycle=joint_work_plan');
    const wanted = plans.filter(({ lifeCycle }) => lifeCycle === 'joint_work_plan');
    expect(keys(rows, 'id').toSorted()).toEqual(wanted.map(({ id }) => id).toSorted());
    expect(rows).toContainEqual(
      expect.objectContaining({ id: 'us-gt-jwp-2022', parties: ['US', 'GT'], signedOn: '2022-07-19', rules: [] }),
    );
  });

  test('by party', async () => {
    const wanted = [...agreements, ...plans].filter(({ parties }) => parties.includes('JP')).map(({ id }) => id);
    expect(await ids('party=JP')).toEqual(wanted.toSorted());
  });

  test('by programme', async () => {
    const wanted = agreements.filter(({ rules }) => rules.some(({ programme }) => programme === 'us-ctpat'));
    expect(await ids('programme=us-ctpat')).toEqual(wanted.map(({ id }) => id).toSorted());
  });

  test('by all of them at once', async () => {
    const wanted = agreements.filter(
      ({ status, parties, rules }) =>
        status === 'in_force' && parties.includes('US') && rules.some(({ programme }) => programme === 'eu-aeo'),
    );
    expect(wanted).not.toEqual([]);
    expect(await ids('lifeCycle=in_force&party=US&programme=eu-aeo')).toEqual(wanted.map(({ id }) => id));
    expect(await ids('lifeCycle=terminated&party=US&programme=eu-aeo')).toEqual([]);
  });

  test('names a life cycle that there is not', async () => {
    const { status, body } = await api.get('/v1/agreements?lifeCycle=active');
    expect(status).toBe(400);
    expect(body.errors).toMatchObject([{ pointer: '/lifeCycle' }]);
  });
});

test('GET /v1/presentations is filtered by programme and recogniser', async () => {
  const all = seeds('presentations');
  const get = async (query: string) => keys(await allRows(api, `/v1/presentations?${query}`), 'id').toSorted();
  const wanted = (test: (row: Record<string, unknown>) => boolean) => keys(all.filter(test), 'id').toSorted();
  expect(await get('recogniser=CN')).toEqual(wanted(({ recogniser }) => recogniser === 'CN'));
  expect(await get('programme=jp-aeo')).toEqual(wanted(({ programme }) => programme === 'jp-aeo'));
  expect(await get('programme=jp-aeo&recogniser=CN')).toEqual(['jp-aeo>CN']);
});

test('GET /v1/administrations gives the EU with the periods of its members', async () => {
  const rows = await allRows(api, '/v1/administrations');
  const eu = rows.find(({ code }) => code === 'EU');
  expect(eu.members).toHaveLength(28);
  expect(eu.members).toContainEqual({ code: 'GB', from: '1973-01-01', to: '2021-01-01' });
});
