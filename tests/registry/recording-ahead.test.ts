import { setTimeout as delay } from 'node:timers/promises';
import {
  appendChange,
  createDecider,
  createNetworkCache,
  createPool,
  type Database,
  openDatabase,
  RecordingTooSlow,
  record,
} from '@mra/registry';
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createTestApi } from '../support/api.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { membersOf } from '../support/members.ts';
import { aNumber, anEntry, aWriter, changeLog, openRecording } from '../support/recordings.ts';

let database: TestDatabase;
let members: ReturnType<typeof membersOf>;
/** With enough connections for every reader and writer. */
let db: Database;
beforeAll(async () => {
  database = await createTestDatabase();
  db = openDatabase(createPool({ url: database.url, max: 12 }));
  const networks = createNetworkCache(db);
  members = membersOf(await createTestApi(database, { db, networks, decider: createDecider(db, networks) }));
});
afterAll(() => db.destroy());

describe('a recording made ahead', () => {
  test('holds up no reader, and is known at its instant and not before', async () => {
    const number = aNumber(9101);
    await members.put(number);
    const { id } = (await database.asOwner('select id from membership where number = $1', [number])).rows[0];
    const reason = async () => (await members.ask({ identifier: number })).json().reason;
    const writing = openRecording(
      db,
      async ({ tx, recordedAt }) => {
        await sql`update membership_consent set known = tstzrange(lower(known), ${recordedAt}) where membership_id = ${id} and upper_inf(known)`.execute(
          tx,
        );
      },
      { aheadSeconds: 1.5 },
    );
    const instant = Date.parse(await writing.opened);
    expect(instant - Date.now()).toBeGreaterThan(1000);
    expect(await reason()).toBe('RECOGNISED');
    writing.close();
    const other = members.put(aNumber(9102));
    await delay(200);
    expect(await reason()).toBe('RECOGNISED');
    expect(Date.now()).toBeLessThan(instant);
    await writing.done;
    expect(Date.now()).toBeGreaterThanOrEqual(instant);
    expect(await reason()).toBe('UNKNOWN_TRADER');
    // A later writer becomes known later, never earlier than what it builds on.
    expect(Date.parse((await other).json().recordedAt)).toBeGreaterThan(instant);
    expect((await members.ask({ identifier: aNumber(9102) })).json().reason).toBe('RECOGNISED');
  });

  test('that is not ready in time writes nothing', async () => {
    const before = (await changeLog(database)).length;
    const writing = openRecording(db, (recording) => appendChange(recording, anEntry('late')), { aheadSeconds: 0.4 });
    const instant = Date.parse(await writing.opened);
    await delay(300);
    writing.close();
    await expect(writing.done).rejects.toBeInstanceOf(RecordingTooSlow);
    expect(Date.now()).toBeLessThan(instant + 1000);
    expect((await changeLog(database)).length).toBe(before);
    expect(await record(db, aWriter, (recording) => appendChange(recording, anEntry('next')))).toBe(before + 1);
  });
});
