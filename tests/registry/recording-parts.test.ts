import { setTimeout as delay } from 'node:timers/promises';
import { createPool, type Database, openDatabase, type Recording, record, recordInParts } from '@mra/registry';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { append, aWriter, changeLog } from '../support/recordings.ts';

let database: TestDatabase;
let db: Database;
beforeAll(async () => {
  database = await createTestDatabase();
  db = openDatabase(createPool({ url: database.url, max: 4 }));
});
afterAll(() => db.destroy());

const lastInstant = async (): Promise<number> => Date.parse((await changeLog(database)).at(-1)?.recorded_at ?? '');

test('parts follow each other before they are known; another writer comes in between; the last one waits for all', async () => {
  // Each is to be known a good second after it begins.
  const part = recordInParts(db, aWriter, { secondsEach: 0.001 });
  const first = await part({ members: 500, work: append('first') });
  expect(Date.now()).toBeLessThan(await lastInstant());
  const other = record(db, aWriter, append('other'));
  await delay(50);
  const second = await part({ members: 500, work: append('second') });
  expect(Date.now()).toBeLessThan(await lastInstant());
  const last = await part({ members: 0, work: append('last'), isLast: true });
  expect(Date.now()).toBeGreaterThanOrEqual(await lastInstant());
  expect([first + 1, first + 2, first + 3]).toEqual([await other, second, last]);
});

test('a part that takes longer than foreseen runs anew with twice the time, and is written once', async () => {
  const part = recordInParts(db, aWriter, { secondsEach: 0.0001 });
  const before = (await changeLog(database)).length;
  let attempts = 0;
  const work = async (recording: Recording) => {
    attempts += 1;
    const seq = await append('slow')(recording);
    await delay(700);
    return seq;
  };
  expect(await part({ members: 500, work, isLast: true })).toBe(before + 1);
  expect(attempts).toBeGreaterThan(1);
  expect((await changeLog(database)).length).toBe(before + 1);
});

test('what a part throws gives that part up and none before it', async () => {
  const part = recordInParts(db, aWriter, { secondsEach: 0.001 });
  const first = await part({ members: 1, work: append('kept') });
  const failing = part({
    members: 1,
    work: async (recording) => {
      await append('given up')(recording);
      throw new Error('no');
    },
  });
  await expect(failing).rejects.toThrow('no');
  expect((await changeLog(database)).length).toBe(first);
});
