import { appendChange, createPool, measureWaits, openDatabase, readAs, record } from '@mra/registry';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { anEntry, aWriter } from '../support/recordings.ts';

let database: TestDatabase;
beforeAll(async () => {
  database = await createTestDatabase();
});

describe('writers that wait for each other', () => {
  const pool = () => createPool({ url: database.url, max: 5 });

  test('leave connections to readers, and all write in the end', async () => {
    const db = openDatabase(pool());
    const lock = new pg.Client({ connectionString: database.url });
    await lock.connect();
    // The lock of writers, as a list that is being loaded holds it for minutes.
    await lock.query('select pg_advisory_lock(7001)');
    const written: string[] = [];
    const writers = Array.from({ length: 12 }, async (_, index) => {
      await record(db, aWriter, (recording) => appendChange(recording, anEntry(String(index))));
      written.push(String(index));
    });
    const reads = Array.from({ length: 20 }, () => readAs(db, aWriter, async (_tx, now) => now));
    expect(await Promise.all(reads)).toHaveLength(20);
    expect(written).toEqual([]);
    await lock.end();
    await Promise.all(writers);
    expect(written.toSorted((a, b) => Number(a) - Number(b))).toEqual(writers.map((_, index) => String(index)));
    await db.destroy();
  });

  test('give their place away when they fail', async () => {
    const db = openDatabase(pool());
    const failing = Array.from({ length: 8 }, () =>
      record(db, aWriter, async () => {
        throw new Error('given up');
      }),
    );
    for (const { status } of await Promise.allSettled(failing)) expect(status).toBe('rejected');
    await record(db, aWriter, (recording) => appendChange(recording, anEntry('after')));
    await db.destroy();
  });
});

describe('how long requests wait for a connection', () => {
  const pool = () => createPool({ url: database.url, max: 1 });
  let measured: pg.Pool;
  beforeAll(() => {
    measured = pool();
  });
  afterAll(() => measured.end());

  test('is the wait of the first in the queue, and nothing when there is none', async () => {
    const longestWait = measureWaits(measured);
    expect(longestWait()).toBe(0);
    const client = await measured.connect();
    expect(longestWait()).toBe(0);
    const first = measured.query('select 1');
    const second = measured.connect();
    await expect.poll(longestWait).toBeGreaterThan(30);
    client.release();
    await first;
    (await second).release();
    expect(longestWait()).toBe(0);
  });

  test('ends with a wait that is in vain', async () => {
    const unreachable = createPool({ url: 'postgres://nobody@127.0.0.1:1/none', max: 1 });
    const longestWait = measureWaits(unreachable);
    await expect(unreachable.connect()).rejects.toThrow();
    await expect(unreachable.query('select 1')).rejects.toThrow();
    expect(longestWait()).toBe(0);
    await unreachable.end();
  });
});
