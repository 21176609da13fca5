import { setTimeout as delay } from 'node:timers/promises';
import type { Answer } from '@mra/contracts';
import {
  appendChange,
  createDecider,
  createNetworkCache,
  createPool,
  type Database,
  openDatabase,
  record,
} from '@mra/registry';
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createTestApi } from '../support/api.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { aMember, membersOf } from '../support/members.ts';
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

describe('the change log', () => {
  test('is gapless and in commit order under twenty writers at once, of every kind', async () => {
    const before = (await changeLog(database)).length;
    let isOver = false;
    const watching = (async () => {
      // Whoever sees an entry sees all before it: nothing is committed in another order than it was numbered.
      while (!isOver) {
        const { rows } = await database.asOwner(
          'select count(*)::int as count, coalesce(max(seq), 0)::int as last from change_log',
        );
        expect(rows[0].count).toBe(rows[0].last);
      }
    })();
    const kinds: ((index: number) => Promise<{ statusCode: number } | null>)[] = [
      (index) => members.put(aNumber(index)),
      async (index) => {
        await members.put(aNumber(index));
        return members.event(aNumber(index), { type: 'suspended' });
      },
      async (index) => {
        await members.put(aNumber(index));
        return members.suspendLocally(aNumber(index), {});
      },
      async (index) =>
        record(db, aWriter, (recording) => appendChange(recording, anEntry(`eu-aeo/${index}`, true))).then(() => null),
      // Refused, or given up half way: no trace.
      (index) => members.event(aNumber(index), { type: 'suspended' }),
      async (index) =>
        record(db, aWriter, async (recording) => {
          await appendChange(recording, anEntry(`eu-aeo/${index}`));
          throw new Error('given up');
        }).catch(() => null),
    ];
    const results = await Promise.all(
      Array.from({ length: 20 }, async (_, writer) => {
        const statuses: (number | null)[] = [];
        for (let round = 0; round < 3; round += 1) {
          const kind = kinds[(writer + round) % kinds.length];
          statuses.push((await kind?.(writer * 10 + round))?.statusCode ?? null);
        }
        return statuses;
      }),
    );
    isOver = true;
    await watching;
    expect(new Set(results.flat())).toEqual(new Set([201, 200, 404, null]));
    const entries = await changeLog(database);
    expect(entries.length).toBeGreaterThan(before + 50);
    expect(entries.map(({ seq }) => seq)).toEqual(entries.map((_, index) => index + 1));
    const added = entries.slice(before);
    for (const [index, { recorded_at, network_version }] of added.entries()) {
      const next = added[index + 1];
      if (next === undefined) continue;
      // Each recording here makes one entry, at an instant of its own.
      expect(recorded_at < next.recorded_at).toBe(true);
      expect([0, 1]).toContain(next.network_version - network_version);
    }
  });

  test('a failed write leaves no gap', async () => {
    const before = (await changeLog(database)).length;
    await expect(
      record(db, aWriter, async (recording) => {
        expect(await appendChange(recording, anEntry('a'))).toBe(before + 1);
        throw new Error('failed');
      }),
    ).rejects.toThrow('failed');
    expect(await record(db, aWriter, (recording) => appendChange(recording, anEntry('b')))).toBe(before + 1);
    expect((await changeLog(database)).length).toBe(before + 1);
  });

  test('the entries of one recording share an instant and one version of the network', async () => {
    const before = (await changeLog(database)).at(-1)?.network_version ?? 0;
    await record(db, aWriter, async (recording) => {
      for (const id of ['a', 'b', 'c']) await appendChange(recording, anEntry(id, true));
    });
    const added = (await changeLog(database)).slice(-3);
    expect(new Set(added.map(({ recorded_at }) => recorded_at)).size).toBe(1);
    expect(added.map(({ network_version }) => network_version)).toEqual([before + 1, before + 1, before + 1]);
  });
});

describe('readers', () => {
  const ask = async (identifier: string, at?: string, knownAt?: string): Promise<Answer> =>
    (await members.ask({ identifier, role: 'exporter', ...(at && { at }), ...(knownAt && { knownAt }) })).json();

  test('a question asked while a change is being committed waits, and then knows it', async () => {
    const number = aNumber(9001);
    await members.put(number);
    const { id } = (await database.asOwner('select id from membership where number = $1', [number])).rows[0];
    const writing = openRecording(db, async ({ tx, recordedAt }) => {
      await sql`update membership_consent set known = tstzrange(lower(known), ${recordedAt}) where membership_id = ${id} and upper_inf(known)`.execute(
        tx,
      );
    });
    const recordedAt = await writing.opened;
    let answered = false;
    const asking = Promise.all([ask(number), members.get(number)]).finally(() => {
      answered = true;
    });
    await delay(200);
    expect(answered).toBe(false);
    writing.close();
    const [answer, read] = await asking;
    expect(answer.reason).toBe('UNKNOWN_TRADER');
    expect(answer.question.knownAt >= recordedAt).toBe(true);
    expect(read.statusCode).toBe(200);
    await writing.done;
  });

  test('never see half of a change, and get the same answer again for the same knownAt', async () => {
    const number = aNumber(9002);
    const faces = [
      aMember({ type: 'AEOF', names: [{ name: 'Full AG', kind: 'legal' }], issuingOffice: 'F' }),
      aMember({ type: 'AEOC', names: [{ name: 'Simple AG', kind: 'legal' }], issuingOffice: 'S' }),
      aMember({
        type: 'AEOS',
        names: [{ name: 'Secure AG', kind: 'legal' }],
        issuingOffice: 'X',
        validTo: '2020-01-01',
      }),
    ];
    await members.put(number, faces[0]);
    const told = {
      'Full AG': 'AEOF RECOGNISED',
      'Simple AG': 'AEOC TYPE_NOT_COVERED',
      'Secure AG': 'AEOS NOT_ACTIVE',
    } as Record<string, string>;
    const answers: Answer[] = [];
    let isOver = false;
    const writing = (async () => {
      for (let round = 0; round < 40; round += 1)
        expect((await members.put(number, faces[(round + 1) % 3])).statusCode).toBe(200);
      isOver = true;
    })();
    const reading = Array.from({ length: 4 }, async () => {
      while (!isOver) answers.push(await ask(number));
    });
    const registry = (async () => {
      while (!isOver) {
        const { type, names, issuingOffice } = (await members.get(number)).json();
        expect(told[names[0].name]).toMatch(new RegExp(`^${type} `));
        expect(issuingOffice).toBe({ AEOF: 'F', AEOC: 'S', AEOS: 'X' }[type as 'AEOF']);
      }
    })();
    await Promise.all([writing, registry, ...reading]);
    expect(answers.length).toBeGreaterThan(40);
    for (const { membership, reason } of answers)
      expect(`${membership?.type} ${reason}`).toBe(told[membership?.name ?? '']);
    expect(new Set(answers.map(({ reason }) => reason)).size).toBe(3);
    for (const answer of answers.slice(-200)) {
      const again = await ask(number, answer.question.at, answer.question.knownAt);
      expect({ ...again, decidedAt: '' }).toEqual({ ...answer, decidedAt: '' });
    }
  });

  test('a read that was answered as known at an instant is answered alike later', async () => {
    const number = aNumber(9003);
    await members.put(number);
    const reads: { knownAt: string; body: string }[] = [];
    let isOver = false;
    const writing = (async () => {
      for (let round = 0; round < 15; round += 1) await members.put(number, aMember({ issuingOffice: `O${round}` }));
      isOver = true;
    })();
    while (!isOver) {
      const knownAt = new Date(Date.now() - 3).toISOString();
      const response = await members.get(number, `?at=2020-01-01&knownAt=${knownAt}`);
      if (response.statusCode === 200) reads.push({ knownAt, body: response.body });
    }
    await writing;
    expect(reads.length).toBeGreaterThan(5);
    for (const { knownAt, body } of reads)
      expect((await members.get(number, `?at=2020-01-01&knownAt=${knownAt}`)).body).toBe(body);
  });
});
