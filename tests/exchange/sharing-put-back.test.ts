import { setTimeout as pause } from 'node:timers/promises';
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

const later = (milliseconds: number) => new Date(Date.now() + milliseconds).toISOString();

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

// What begins a sweep counts the versions of the network (db/migrations/0051): the same terms again are a change.
test('a member that was recorded meanwhile is told, when nobody looked', async () => {
  await whileSuspended(() => members.put(NUMBER));
  expect(await told()).toEqual([NUMBER]);
});

test('a member that was changed meanwhile, and so ended, is told again', async () => {
  await members.put(NUMBER);
  await whileSuspended(() => members.event(NUMBER, { type: 'suspended' }));
  expect(await told()).toEqual([NUMBER]);
});

test('terms that time has ended and begun again, when nobody looked', async () => {
  await members.put(NUMBER);
  const terms = await recordChange(database.db, { agreement: 'eu-jp-2010', from: later(600), lifeCycle: 'suspended' });
  await recordChange(database.db, { agreement: 'eu-jp-2010', from: later(1800), lifeCycle: 'in_force' });
  await runTimers(database);
  expect(await told()).toEqual([NUMBER]);
  await pause(900);
  await members.event(NUMBER, { type: 'suspended' });
  expect(await told()).toEqual([]);
  await pause(1500);
  await runTimers(database);
  expect(await told()).toEqual([NUMBER]);
  await putBack(database.db, terms);
});
