import { createNetworkCache, loadNetwork } from '@mra/registry';
import { beforeAll, expect, test } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';

let database: TestDatabase;
beforeAll(async () => {
  database = await createTestDatabase();
});

test('a version that is not there is an error, not a network in which nobody recognises anybody', async () => {
  const { version } = await database.networks.current();
  expect(version).toBeGreaterThan(0);
  const cache = createNetworkCache(database.db);
  await expect(cache.get(version + 1)).rejects.toThrow(/is not there/);
  expect((await cache.get(version)).programmes.size).toBeGreaterThan(0);
  expect((await loadNetwork(database.db, 0)).programmes.size).toBe(0);
});
