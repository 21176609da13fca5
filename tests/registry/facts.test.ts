import { loadFacts, record, recordSynchronisation } from '@mra/registry';
import { sql } from 'kysely';
import { beforeAll, describe, expect, test } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';

describe('the facts of a question', () => {
  let database: TestDatabase;
  beforeAll(async () => {
    database = await createTestDatabase({ demo: true });
  });

  const rowsFor = async (identifier: string) => {
    const { rows } = await sql<{ facts: string | null; is_stand_in: boolean | null }>`
      select facts, is_stand_in from recognition_facts(array[${identifier}], array[null::timestamptz])`.execute(
      database.db,
    );
    return rows;
  };

  const parts = (facts: string | null | undefined) => facts?.split('\x1d').length;

  test('are those of the members that the identifier names', async () => {
    const [loaded] = await loadFacts(database.db, [{ identifier: 'de aeof-000 12345', knownAt: null }]);
    expect(loaded?.memberships.map(({ number }) => number)).toEqual(['DEAEOF00012345']);
  });

  test('of nobody are gathered from a stand-in and dropped, so that nobody takes the work of somebody hidden', async () => {
    const [hidden] = await rowsFor('DEAEOF00012352');
    const [nobody] = await rowsFor('DEAEOF99999999');
    expect([hidden?.is_stand_in, nobody?.is_stand_in]).toEqual([false, true]);
    expect(parts(nobody?.facts)).toBe(parts(hidden?.facts));
    expect(parts(nobody?.facts)).toBeGreaterThan(10);
    const [loaded] = await loadFacts(database.db, [{ identifier: 'DEAEOF99999999', knownAt: null }]);
    expect(loaded?.memberships).toEqual([]);
  });

  test('are as fresh as the list of their own programme, not as another list of the same administration', async () => {
    const actor = { client: 'tests', administration: 'EU', copies: true };
    const hear = (programme: string | null) =>
      record(database.db, actor, (recording) =>
        recordSynchronisation(recording, {
          administration: 'EU',
          programme,
          synchronisedAt: recording.recordedAt,
          maxAgeSeconds: 60,
        }),
      );
    await database.asOwner(`update membership set source = 'EU' where number = 'DEAEOF00012345'`);
    const heard = async () => {
      const [loaded] = await loadFacts(database.db, [{ identifier: 'DEAEOF00012345', knownAt: null }]);
      return loaded?.memberships[0]?.synchronisation?.maxAgeSeconds;
    };
    await hear('eu-other');
    expect(await heard()).toBeUndefined();
    await hear('eu-aeo');
    expect(await heard()).toBe(60);
  });

  test('come in the order of the questions, whatever they name', async () => {
    const asked = ['DEAEOF99999999', 'NZ90001', 'DEAEOF00012345', 'A9001219MY00'];
    const loaded = await loadFacts(
      database.db,
      asked.map((identifier) => ({ identifier, knownAt: null })),
    );
    expect(loaded.map(({ memberships }) => memberships.length)).toEqual([0, 1, 1, 2]);
  });
});
