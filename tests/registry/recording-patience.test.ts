import { createPool, type Database, openDatabase, record, WritersBusy } from '@mra/registry';
import { beforeEach, describe, expect, test } from 'vitest';
import { createTestApi } from '../support/api.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { membersOf } from '../support/members.ts';
import { aNumber, append, aWriter, openRecording } from '../support/recordings.ts';

let database: TestDatabase;
let db: Database;
// A database of its own for each: what is announced in it stays announced.
beforeEach(async () => {
  database = await createTestDatabase();
  db = openDatabase(createPool({ url: database.url, max: 8 }));
  const opened = db;
  return () => opened.destroy();
});

const written = async () =>
  (await database.asOwner(`select subject_id from change_log where recorded_by = 'writer' order by seq`)).rows.map(
    ({ subject_id }) => subject_id,
  );

describe('a writer with patience', () => {
  test('gives up when another one writes for longer, and writes nothing', async () => {
    const writing = openRecording(db, append('long'));
    await writing.opened;
    const impatient = record(db, aWriter, append('impatient'), { patienceSeconds: 0.3 });
    await expect(impatient).rejects.toBeInstanceOf(WritersBusy);
    writing.close();
    await writing.done;
    await record(db, aWriter, append('patient'), { patienceSeconds: 5 });
    expect(await written()).toEqual(['long', 'patient']);
  });

  test('gives up at once when it could not become known in time, and says when', async () => {
    await record(db, aWriter, append('announced'), { aheadSeconds: 60, awaitKnown: false });
    const impatient = record(db, aWriter, append('impatient'), { patienceSeconds: 20 });
    const refused: WritersBusy = await impatient.then(
      () => expect.fail('was written'),
      (error) => error,
    );
    expect(refused).toBeInstanceOf(WritersBusy);
    expect(refused.retryAfterSeconds).toBeGreaterThan(30);
    expect(refused.retryAfterSeconds).toBeLessThanOrEqual(61);
    expect(await written()).toEqual(['announced']);
  });

  test('in HTTP: 503 with Retry-After, and nothing was written', async () => {
    const members = membersOf(await createTestApi(database));
    await record(db, aWriter, append('announced'), { aheadSeconds: 60, awaitKnown: false });
    const response = await members.put(aNumber(1));
    expect(response.statusCode).toBe(503);
    expect(response.json()).toMatchObject({
      code: 'SERVICE_UNAVAILABLE',
      detail: expect.stringContaining('nothing was changed'),
    });
    expect(Number(response.headers['retry-after'])).toBeGreaterThan(30);
    expect((await database.asOwner('select count(*)::int as count from membership')).rows).toEqual([{ count: 0 }]);
  });

  test('in HTTP: what was done before is told again at once', async () => {
    const members = membersOf(await createTestApi(database));
    const headers = { 'idempotency-key': 'once' };
    const first = await members.put(aNumber(1), undefined, { headers });
    await record(db, aWriter, append('announced'), { aheadSeconds: 60, awaitKnown: false });
    const again = await members.put(aNumber(1), undefined, { headers });
    expect([again.statusCode, again.json()]).toEqual([first.statusCode, first.json()]);
    expect((await members.put(aNumber(2), undefined, { headers: { 'idempotency-key': 'another' } })).statusCode).toBe(
      503,
    );
  });
});
