import { beforeAll, describe, expect, test } from 'vitest';
import { createTestApi } from '../../support/api.ts';
import { createTestDatabase } from '../../support/database.ts';
import { membersOf } from '../../support/members.ts';
import { aList, importsOf, ndjson, numberOf } from '../imports/lists.ts';

/** Copies are never passed on (exchange.md): Japan's list came to Korea; whoever else has an agreement with Japan gets it from Japan. */
const NUMBER = numberOf(0);
const programme = 'jp-aeo';
let members: ReturnType<typeof membersOf>;
beforeAll(async () => {
  const api = await createTestApi(await createTestDatabase(), { isLocal: (code) => code === 'KR' });
  members = membersOf(api);
  const query = 'programme=jp-aeo&mode=full';
  await importsOf(api).load(ndjson(aList(3)), { scopes: ['operations'], administration: null, query });
});

test('the administration that received them reads, finds and suspends them', async () => {
  const options = { programme, administration: 'KR' };
  expect((await members.get(NUMBER, '', options)).json()).toMatchObject({ number: NUMBER, source: 'JP' });
  expect((await members.history(NUMBER, options)).statusCode).toBe(200);
  expect((await members.search({ programme }, options)).json().data).toHaveLength(3);
  expect((await members.suspendLocally(NUMBER, undefined, options)).statusCode).toBe(200);
});

describe.each(['US', 'EU', 'CN', 'SG'])(
  '%s, which has an agreement with Japan, knows nothing of them',
  (administration) => {
    const options = { programme, administration };

    test('one by one', async () => {
      const [hidden, none] = [await members.get(NUMBER, '', options), await members.get(numberOf(9), '', options)];
      expect(hidden.statusCode).toBe(404);
      expect({ ...hidden.json(), instance: '' }).toEqual({ ...none.json(), instance: '' });
      expect((await members.history(NUMBER, options)).statusCode).toBe(404);
    });

    test('by a search', async () => {
      for (const query of [{ programme }, { name: 'invented' }, { identifier: NUMBER }, { status: 'active' }])
        expect((await members.search(query, options)).json()).toEqual({ data: [], nextCursor: null });
    });
  },
);

test('Japan reads what is held of its own members', async () => {
  expect((await members.get(NUMBER, '', { programme, administration: 'JP' })).statusCode).toBe(200);
});

test('the members of a union that received them read them too: it is one customs territory', async () => {
  const api = await createTestApi(await createTestDatabase(), { isLocal: (code) => code === 'EU' });
  const query = 'programme=jp-aeo&mode=full';
  await importsOf(api).load(ndjson(aList(3)), { scopes: ['operations'], administration: null, query });
  const read = async (administration: string) => {
    const options = { programme, administration };
    const { statusCode } = await membersOf(api).get(NUMBER, '', options);
    return [statusCode, (await membersOf(api).search({ programme }, options)).json().data.length];
  };
  expect([await read('EU'), await read('DE'), await read('GB')]).toEqual([
    [200, 3],
    [200, 3],
    [404, 0],
  ]);
});
