import { beforeAll, describe, expect, test } from 'vitest';
import { allRows, bodyOf, createNetworkApi, type NetworkApi, pointersOf } from './network-api.ts';

let api: NetworkApi;
beforeAll(async () => {
  api = await createNetworkApi();
});

const country = { name: 'Customs of Nowhere', kind: 'country' };

describe('201', () => {
  test('a new administration, complete, as one new version of the network', async () => {
    const before = await api.version();
    const { status, body, etag } = await api.put('/v1/administrations/QA', country);
    // Known from the reference data: replaced, not created.
    expect(status).toBe(200);
    const created = await api.put('/v1/administrations/ZZ', country);
    expect(created.status).toBe(201);
    expect(created.body).toMatchObject({
      code: 'ZZ',
      territory: 'Customs of Nowhere',
      members: [],
      sources: [],
      confidence: 'low',
      notes: null,
    });
    expect([etag, created.etag]).toEqual([`"${before + 1}"`, `"${before + 2}"`]);
    expect(body.version).toBe(before + 1);
    expect(await api.version()).toBe(before + 2);
    expect((await api.get('/v1/administrations/ZZ')).body).toEqual(created.body);
  });
});

describe('200', () => {
  test('every administration of the reference data sent again changes nothing', async () => {
    await api.get('/v1/network'); // Has the network loaded once for all these writes.
    const before = await api.version();
    for (const row of await allRows(api, '/v1/administrations', 500)) {
      const { status, body, etag } = await api.put(`/v1/administrations/${row.code}`, bodyOf(row));
      expect([status, etag, body]).toEqual([200, `"${row.version}"`, row]);
    }
    expect(await api.version()).toBe(before);
  });

  test('members of a union are replaced with their periods, in whatever order they are sent', async () => {
    const { body: eu } = await api.get('/v1/administrations/EU');
    const members = [...eu.members.toReversed(), { code: 'NO', from: '2030-01-01', to: null }];
    const { status, body } = await api.put('/v1/administrations/EU', { ...bodyOf(eu), members });
    expect(status).toBe(200);
    expect(body.version).toBeGreaterThan(eu.version);
    expect(body.members).toHaveLength(eu.members.length + 1);
    expect(body.members).toContainEqual({ code: 'NO', from: '2030-01-01', to: null });
    const network = await api.dependencies.networks.current();
    expect(network.unionMembers).toContainEqual({
      union: 'EU',
      member: 'NO',
      valid: { from: '2030-01-01T00:00:00.000Z', to: null },
    });
    const again = await api.put('/v1/administrations/EU', { ...bodyOf(eu), members: members.toReversed() });
    expect(again.body.version).toBe(body.version);
  });

  test('a member may come back after an earlier period', async () => {
    const members = [
      { code: 'NO', from: '2000-01-01', to: '2005-01-01' },
      { code: 'NO', from: '2010-01-01', to: null },
    ];
    const { status, body } = await api.put('/v1/administrations/XU', { name: 'Union', kind: 'union', members });
    expect([status, body.members]).toEqual([201, members]);
  });
});

describe('400', () => {
  test('names every member that is wrong', async () => {
    const members = ['EU', 'XY', 'NO', 'WU'].map((code) => ({ code, from: null, to: null }));
    const answer = await api.put('/v1/administrations/WU', { name: 'Union', kind: 'union', members });
    expect(answer).toMatchObject({ status: 400, body: { code: 'VALIDATION_FAILED' } });
    expect(pointersOf(answer)).toEqual(['/members/0/code', '/members/1/code', '/members/3/code']);
    expect((await api.get('/v1/administrations/WU')).status).toBe(404);
  });

  test('names a period that overlaps or is empty, and a member of what is no union', async () => {
    const wrong = async (kind: string, ...members: object[]) =>
      pointersOf(await api.put('/v1/administrations/WU', { name: 'Union', kind, members }));
    const member = { code: 'NO', from: '2000-01-01', to: '2005-01-01' };
    expect(await wrong('union', member, { ...member, from: '2004-01-01' })).toEqual(['/members/1']);
    expect(await wrong('union', { ...member, to: '2000-01-01' })).toEqual(['/members/0/to']);
    expect(await wrong('country', member)).toEqual(['/members/0']);
  });

  test('names what its schema and what the others refuse, at once', async () => {
    const always = { from: null, to: null };
    const members = [{ code: 'XY', ...always }, { code: 'NO', ...always }, { code: 'NO', ...always }, { code: 'EU' }];
    const answer = await api.put('/v1/administrations/WU', { name: 7, kind: 'union', members });
    expect(pointersOf(answer).toSorted()).toEqual([
      '/members/0/code',
      '/members/2',
      '/members/3/code',
      '/members/3/from',
      '/members/3/to',
      '/name',
    ]);
  });

  test('names a field that is not known, and half a character', async () => {
    expect(pointersOf(await api.put('/v1/administrations/ZZ', { ...country, nam: 'x' }))).toEqual(['/nam']);
    expect(pointersOf(await api.put('/v1/administrations/ZZ', { ...country, name: 'half \ud83d' }))).toEqual(['/name']);
  });
});
