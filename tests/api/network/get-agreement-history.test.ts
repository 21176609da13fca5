import { beforeAll, describe, expect, test } from 'vitest';
import { anAgreement, createNetworkApi, type NetworkApi } from './network-api.ts';

let api: NetworkApi;
beforeAll(async () => {
  api = await createNetworkApi();
});

const ID = 'nz-ca-2024';
const URL = `/v1/agreements/${ID}`;

describe('200', () => {
  test('one version of what never changed', async () => {
    const { status, body } = await api.get('/v1/agreements/eu-jp-2010/history');
    expect(status).toBe(200);
    expect(body.agreement).toBe('eu-jp-2010');
    expect(body.versions).toHaveLength(1);
    const { supersededAt, ...current } = body.versions[0];
    expect(supersededAt).toBeNull();
    expect(current).toEqual((await api.get('/v1/agreements/eu-jp-2010')).body);
  });

  test('a change from a day on, then a correction for all time: every version with its rules, oldest first', async () => {
    const [, oneRule] = anAgreement(ID).rules;
    const created = await api.put(URL, anAgreement(ID));
    const changed = await api.put(URL, anAgreement(ID, { effectiveFrom: '2026-07-01', rules: [oneRule] }));
    const corrected = await api.put(URL, anAgreement(ID, { title: 'Corrected', rules: [] }));
    const { versions } = (await api.get(`${URL}/history`)).body;

    const told = versions.map(
      (version: { title: string; validFrom: string; validTo: string; version: number; rules: object[] }) => [
        version.title,
        version.validFrom,
        version.validTo,
        version.version,
        version.rules.length,
      ],
    );
    expect(told).toEqual([
      ['New Zealand – Canada', null, null, created.body.version, 2],
      ['New Zealand – Canada', null, '2026-07-01', changed.body.version, 2],
      ['New Zealand – Canada', '2026-07-01', null, changed.body.version, 1],
      ['Corrected', null, null, corrected.body.version, 0],
    ]);
    const superseded = versions.map(({ supersededAt }: { supersededAt: string | null }) => supersededAt);
    expect(superseded).toEqual([changed.body.recordedAt, corrected.body.recordedAt, corrected.body.recordedAt, null]);
  });
});

describe('400', () => {
  test('names an id that cannot be one', async () => {
    expect(await api.get('/v1/agreements/EU/history')).toMatchObject({
      status: 400,
      body: { errors: [{ pointer: '/path/agreement' }] },
    });
  });
});

describe('404', () => {
  test('an agreement that is not known', async () => {
    expect(await api.get('/v1/agreements/eu-none/history')).toMatchObject({ status: 404, body: { code: 'NOT_FOUND' } });
  });
});
