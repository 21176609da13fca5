import { beforeAll, beforeEach, expect, test } from 'vitest';
import { putBack, recordChange } from '../support/agreement-changes.ts';
import { createTestApi } from '../support/api.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { membersOf } from '../support/members.ts';
import { aStreamTo, clearExchange, runTimers, toldOf } from './streams.ts';

/** Terms of an agreement that change and change back before a worker has looked at them, as while none runs. */

const NUMBER = 'DEAEOF00000001';

let database: TestDatabase;
let members: ReturnType<typeof membersOf>;
beforeAll(async () => {
  database = await createTestDatabase();
  members = membersOf(await createTestApi(database));
});
beforeEach(async () => {
  await clearExchange(database);
  await aStreamTo(database, 'JP');
});

const told = async () => (await toldOf(database, 'JP')).map(({ number }) => number);

/** Suspends the agreement with JP, and puts it back behind what happens meanwhile. */
async function whileSuspended(happen: () => Promise<unknown>): Promise<void> {
  const terms = await recordChange(database.db, { agreement: 'eu-jp-2010', from: null, lifeCycle: 'suspended' });
  await happen();
  await putBack(database.db, terms);
  await runTimers(database);
}

test('a member that was recorded meanwhile is told, when the worker looked in between', async () => {
  await whileSuspended(async () => {
    await runTimers(database);
    await members.put(NUMBER);
  });
  expect(await told()).toEqual([NUMBER]);
});

// The coverage that begins a sweep is a hash of the rules in force (db/migrations/0009): the same again is no change.
test.fails('a member that was recorded meanwhile is told, when nobody looked', async () => {
  await whileSuspended(() => members.put(NUMBER));
  expect(await told()).toEqual([NUMBER]);
});

test.fails('a member that was changed meanwhile, and so ended, is told again', async () => {
  await members.put(NUMBER);
  await whileSuspended(() => members.event(NUMBER, { type: 'suspended' }));
  expect(await told()).toEqual([NUMBER]);
});
