import { readFileSync } from 'node:fs';
import { beforeAll, describe, expect, test } from 'vitest';
import { anAgreement, bodyOf, createNetworkApi, type NetworkApi, pointersOf } from './network-api.ts';

interface Pair {
  readonly programme: string;
  readonly issuer: string;
  readonly recogniser: string;
  readonly agreements: string[];
  readonly rules: string[];
  readonly pilot: boolean;
  readonly certain: boolean;
}

let api: NetworkApi;
beforeAll(async () => {
  api = await createNetworkApi();
});

const pairsAt = async (at: string): Promise<Pair[]> => {
  const { status, body } = await api.get(`/v1/network?at=${at}`);
  expect(status).toBe(200);
  return body.pairs;
};

const find = (pairs: Pair[], programme: string, recogniser: string) =>
  pairs.filter((pair) => pair.programme === programme && pair.recogniser === recogniser);

describe('200', () => {
  test('now: every direction of every agreement in force whose parties have begun, once, in order', async () => {
    const { body } = await api.get('/v1/network');
    expect(Math.abs(Date.parse(body.at) - Date.now())).toBeLessThan(60_000);
    expect(body.networkVersion).toBe(await api.version());
    const agreements = JSON.parse(
      readFileSync(new URL('../../../db/seeds/reference/agreements.json', import.meta.url), 'utf8'),
    ) as {
      status: string;
      rules: { id: string; programme: string; recogniser: string }[];
    }[];
    const inForce = agreements.filter(({ status }) => status === 'in_force').flatMap(({ rules }) => rules);
    const wanted = [...new Set(inForce.map(({ programme, recogniser }) => `${programme}>${recogniser}`))];
    const pairs = (body.pairs as Pair[]).filter(({ pilot }) => !pilot);
    const found = pairs.map(({ programme, recogniser }) => `${programme}>${recogniser}`);
    expect(found).toEqual(found.toSorted());
    expect(found).toEqual(wanted.toSorted());
    expect(pairs.flatMap(({ rules }) => rules).toSorted()).toEqual(inForce.map(({ id }) => id).toSorted());
    for (const { issuer, recogniser } of pairs) expect(issuer).not.toBe(recogniser);
  });

  test('marks the pilots', async () => {
    const { body } = await api.get('/v1/agreements?lifeCycle=pilot');
    const pilots = (await pairsAt('2026-11-22')).filter(({ pilot }) => pilot);
    const rules = body.data.flatMap((row: { rules: { id: string }[] }) => row.rules.map(({ id }) => id));
    expect(pilots.flatMap((pair) => pair.rules).toSorted()).toEqual(rules.toSorted());
    expect(rules).not.toEqual([]);
  });

  test('on a day: neither before the start nor with an agreement that came later', async () => {
    expect(find(await pairsAt('2011-05-23'), 'eu-aeo', 'JP')).toEqual([]);
    expect(find(await pairsAt('2011-05-24'), 'eu-aeo', 'JP')).toEqual([
      {
        programme: 'eu-aeo',
        issuer: 'EU',
        recogniser: 'JP',
        agreements: ['eu-jp-2010'],
        rules: ['eu-jp-2010:eu-aeo>JP'],
        pilot: false,
        certain: true,
      },
    ]);
    expect((await pairsAt('1999-01-01')).filter(({ certain }) => certain)).toEqual([]);
  });

  test('at an instant with an offset, told in UTC', async () => {
    const { body } = await api.get('/v1/network?at=2011-05-24T01:00:00%2B02:00');
    expect(body.at).toBe('2011-05-23T23:00:00Z');
    expect(find(body.pairs, 'eu-aeo', 'JP')).toEqual([]);
  });

  test('a start that is not known exactly is not certain: us-nz-2007 between signature and review', async () => {
    const certain = async (at: string) => find(await pairsAt(at), 'us-ctpat', 'NZ').map((pair) => pair.certain);
    expect(await certain('2007-05-31')).toEqual([]);
    expect(await certain('2015-01-01')).toEqual([false]);
    expect(await certain('2026-01-01')).toEqual([true]);
  });

  test('new terms count from their day on', async () => {
    await api.put('/v1/agreements/nz-ca-2024', anAgreement('nz-ca-2024'));
    const { body } = await api.get('/v1/agreements/nz-ca-2024');
    await api.put('/v1/agreements/nz-ca-2024', {
      ...bodyOf(body),
      lifeCycle: 'terminated',
      effectiveFrom: '2027-01-01',
    });
    const agreements = async (at: string) => (await pairsAt(at)).flatMap((pair) => pair.agreements);
    expect(await agreements('2026-12-31')).toContain('nz-ca-2024');
    expect(await agreements('2027-01-01')).not.toContain('nz-ca-2024');
  });
});

describe('400', () => {
  test('names what is neither a day nor an instant, and a misspelt field', async () => {
    const answer = await api.get('/v1/network?at=2026-02-30&on=2026-01-01');
    expect(answer.status).toBe(400);
    expect(pointersOf(answer).toSorted()).toEqual(['/at', '/on']);
  });
});
