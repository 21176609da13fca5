import { beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { createTestApi } from '../../support/api.ts';
import { createTestDatabase, type TestDatabase } from '../../support/database.ts';
import { aLine, aList, counts, FULL, importsOf, ndjson, numberOf } from './lists.ts';

let database: TestDatabase;
let imports: ReturnType<typeof importsOf>;
beforeAll(async () => {
  database = await createTestDatabase();
  imports = importsOf(
    await createTestApi(database, {
      isLocal: (administration) => administration === 'KR',
      partnerCadenceSeconds: 3601,
    }),
  );
});
beforeEach(() => database.clear());

const operations = { scopes: ['operations'], administration: null } as const;
const load = (list: readonly unknown[], query = FULL) => imports.load(ndjson(list), { ...operations, query });
const asks = (indexes: readonly number[]) => Promise.all(indexes.map((index) => imports.ask(numberOf(index))));
const synchronisations = async () =>
  (await database.asOwner('select * from synchronisation order by recorded_at')).rows;
const events = async (): Promise<string[]> =>
  (await database.asOwner('select type, note from membership_event order by seq')).rows.map(
    ({ type, note }) => `${type}: ${note}`,
  );
const age = (seconds: number) =>
  database.asOwner('update synchronisation set synchronised_at = synchronised_at - make_interval(secs => $1)', [
    seconds,
  ]);

describe('200', () => {
  test('the members are copies with their source, fresh for one and a half cadences', async () => {
    expect(counts(await load(aList(2)))).toMatchObject({ created: 2 });
    expect((await imports.member(numberOf(0))).json()).toMatchObject({ source: 'JP', status: 'active' });
    expect(await synchronisations()).toMatchObject([{ administration: 'JP', max_age_seconds: 5402 }]);
    expect(await asks([0])).toEqual(['RECOGNISED']);
    await age(5403);
    expect(await asks([0])).toEqual(['DATA_STALE']);
    expect(counts(await load(aList(2)))).toMatchObject({ unchanged: 2 });
    expect(await asks([0])).toEqual(['RECOGNISED']);
    expect(await events()).toEqual([]);
  });

  test('a differential list without news is a sign of life; one that was not understood is none', async () => {
    const delta = 'programme=jp-aeo&mode=delta';
    await load([], delta);
    expect(await synchronisations()).toHaveLength(1);
    expect(counts(await load([aLine(0, { type: 'X' })], delta))).toMatchObject({ rejected: 1 });
    expect(await synchronisations()).toHaveLength(1);
  });

  test('one that the list lacks is unknown from then on, not revoked, and comes back with a later list', async () => {
    await load(aList(20));
    const { recordedAt } = (await imports.member(numberOf(19))).json();
    expect(counts(await load(aList(19)))).toMatchObject({ unchanged: 19, ended: 1 });
    const absent = new Date().toISOString();
    expect(await asks([18, 19])).toEqual(['RECOGNISED', 'UNKNOWN_TRADER']);
    expect(await imports.ask(numberOf(19), { at: '2024-01-01T00:00:00Z' })).toBe('RECOGNISED');
    expect(await imports.ask(numberOf(19), { knownAt: recordedAt })).toBe('RECOGNISED');
    expect((await imports.member(numberOf(19))).json()).toMatchObject({ status: 'active', version: 2 });

    expect(counts(await load(aList(19)))).toMatchObject({ unchanged: 19, ended: 0 });
    expect(counts(await load(aList(20)))).toMatchObject({ unchanged: 19, updated: 1, ended: 0 });
    expect(await asks([19])).toEqual(['RECOGNISED']);
    expect(await imports.ask(numberOf(19), { at: absent })).toBe('UNKNOWN_TRADER');
    expect(counts(await load(aList(20)))).toMatchObject({ unchanged: 20 });
    expect(await events()).toEqual([
      'consent_withdrawn: no longer communicated by the partner',
      'consent_given: communicated again by the partner',
    ]);
    expect(counts(await load(aList(19)))).toMatchObject({ ended: 1 });
    expect(await asks([19])).toEqual(['UNKNOWN_TRADER']);
  });

  test('a consent that was announced does not begin once the line gives none, nor once the list lacks the member', async () => {
    const announced = aLine(19, { consent: { given: true, from: '2030-01-01' } });
    const then = () => imports.ask(numberOf(19), { at: '2030-06-01T00:00:00Z' });
    const announce = async () => {
      await load(aList(20));
      await load(aList(19));
      await load([...aList(19), announced]);
      expect(await then()).toBe('RECOGNISED');
    };
    await announce();
    await load([...aList(19), aLine(19, { consent: { given: false } })]);
    expect(await then()).toBe('UNKNOWN_TRADER');
    await announce();
    expect(counts(await load(aList(19)))).toMatchObject({ ended: 1 });
    expect(await then()).toBe('UNKNOWN_TRADER');
    await load([...aList(19), announced]);
    expect(await then()).toBe('RECOGNISED');
  });

  test('one that comes back is as visible as its line says, and never more, also when that changes later', async () => {
    const given = { given: true, partners: ['KR', 'US'] };
    const to = (consent: object | null) => [...aList(19), aLine(19, { consent })];
    const reasons = () =>
      Promise.all(['KR', 'US', 'NZ'].map((recogniser) => imports.ask(numberOf(19), { recogniser })));
    await load(to(given));
    const before = await reasons();
    expect(before[0]).toBe('RECOGNISED');
    expect(before[2]).toBe('UNKNOWN_TRADER');
    await load(aList(19));
    await load(to(given));
    expect(await reasons()).toEqual(before);
    await load(to({ given: true, partners: ['US'] }));
    expect(await reasons()).toEqual(['UNKNOWN_TRADER', before[1], 'UNKNOWN_TRADER']);
    await load(to({ given: false }));
    expect(await reasons()).toEqual(['UNKNOWN_TRADER', 'UNKNOWN_TRADER', 'UNKNOWN_TRADER']);
    await load(to(null));
    expect(await reasons()).not.toContain('UNKNOWN_TRADER');
  });

  test('where the programme withholds members without consent, coming back does not give it', async () => {
    const taiwan = 'programme=tw-aeo&mode=full';
    const list = Array.from({ length: 20 }, (_, index) =>
      aLine(index, { number: `TW1234567${String(index).padStart(2, '0')}`, type: 'AEOS' }),
    );
    const ask = () => imports.ask('TW123456719', { recogniser: 'KR' });
    await load(list, taiwan);
    expect(await ask()).toBe('UNKNOWN_TRADER');
    await load(list.slice(0, 19), taiwan);
    await load(list, taiwan);
    expect(await ask()).toBe('UNKNOWN_TRADER');
    await load([...list.slice(0, 19), { ...list[19], consent: { given: true, partners: ['KR'] } }], taiwan);
    expect(await ask()).toBe('RECOGNISED');
  });

  test('own members are not overwritten by copies', async () => {
    await load(aList(2));
    await database.asOwner('update membership set source = null where number = $1', [numberOf(0)]);
    const result = await load([aLine(0, { type: 'IMPORTER' }), aLine(1)]);
    expect(counts(result)).toMatchObject({ unchanged: 1, rejected: 1 });
    expect(result.rejections).toMatchObject([{ line: 1, code: 'NOT_AUTHORITATIVE' }]);
  });
});

describe('409', () => {
  test('an empty or sharply smaller list is not applied, and freshens nothing', async () => {
    await load(aList(20));
    await age(5403);
    for (const list of [[], aList(10)]) {
      const response = await imports.post(ndjson(list), { ...operations, query: FULL });
      expect([response.statusCode, response.json().code]).toEqual([409, 'REMOVALS_NOT_ALLOWED']);
    }
    expect(await synchronisations()).toHaveLength(1);
    expect(await asks([0])).toEqual(['DATA_STALE']);
  });

  test('those who are no longer communicated do not count as members', async () => {
    await load(aList(20));
    await load(aList(18));
    const response = await imports.post(ndjson(aList(16)), { ...operations, query: FULL });
    expect(response.json().detail).toContain('lacks 2 of 18 members');
  });
});

describe('403', () => {
  test('a partner does not write its own copies', async () => {
    const response = await imports.post(ndjson(aList(1)));
    expect([response.statusCode, response.json().code]).toEqual([403, 'NOT_AUTHORITATIVE']);
    expect((await database.asOwner('select from membership')).rowCount).toBe(0);
  });
});
