import { sql } from 'kysely';
import { describe, expect, test } from 'vitest';
import { as } from '../support/api.ts';
import { membersOf, memberUrl } from '../support/members.ts';
import { openRecording } from '../support/recordings.ts';
import { KNOWN, minSeq, shareReplicated } from './fixtures/replicated.ts';

/** What a replica answers is true of an instant that it names, and as fresh as the caller asks for. */

const { primary, standby, writer, reader, aNewMember, suspend, caughtUp, paused } = shareReplicated();
/** Of an answer, what must be the same whenever and wherever it is given. */
const decisionOf = ({ decidedAt: _, ...decision }: Record<string, unknown>) => decision;

describe('an answer of a replica', () => {
  test('holds the change that the caller has seen, as soon as it has arrived', async () => {
    for (let round = 0; round < 10; round += 1) {
      const number = await aNewMember();
      const suspended = await suspend(number);
      const answer = await membersOf(reader).ask({ identifier: number }, minSeq(suspended.headers['change-seq']));
      expect(answer.json()).toMatchObject({ reason: 'NOT_ACTIVE' });
      expect(Number(answer.headers['change-seq'])).toBeGreaterThanOrEqual(Number(suspended.headers['change-seq']));
      expect(answer.headers['replica-lag-ms']).toMatch(/^\d+$/);
    }
  });

  test('says up to when it is true while changes do not arrive, and is what the primary says of that instant', async () => {
    const number = await aNewMember();
    await paused(async () => {
      const before = (await writer.replication.state()).present;
      const suspended = await suspend(number);
      const stale = await membersOf(reader).ask({ identifier: number });
      expect(stale.json().reason).toBe('RECOGNISED');
      expect(stale.json().question.knownAt <= before).toBe(true);
      expect(Number(stale.headers['change-seq'])).toBeLessThan(Number(suspended.headers['change-seq']));
      const { at, knownAt } = stale.json().question;
      const then = await membersOf(writer).ask({ identifier: number, at, knownAt });
      expect(decisionOf(stale.json())).toEqual(decisionOf(then.json()));
      await expect
        .poll(async () => Number((await membersOf(reader).ask({ identifier: number })).headers['replica-lag-ms']))
        .toBeGreaterThan(Number(stale.headers['replica-lag-ms']));
    });
  });

  test('is about the present moment, also when what is known is older: an end recorded beforehand counts', async () => {
    const number = await aNewMember();
    const ends = new Date(Date.now() + 1500).toISOString();
    const ended = await membersOf(writer).event(number, { type: 'suspended', effectiveFrom: ends });
    await caughtUp(ended.headers['change-seq']);
    await paused(async () => {
      await expect
        .poll(async () => (await membersOf(reader).ask({ identifier: number })).json().reason, { timeout: 10_000 })
        .toBe('NOT_ACTIVE');
      const { question } = (await membersOf(reader).ask({ identifier: number })).json();
      expect(question.knownAt < ends && ends < question.at).toBe(true);
    });
  });

  test('moves on with the heartbeat while nothing changes', async () => {
    await aNewMember();
    const knownAt = async () => (await membersOf(reader).ask({ identifier: KNOWN })).json().question.knownAt;
    const first = await knownAt();
    expect(await knownAt()).toBe(first);
    const { present } = await writer.replication.state();
    await writer.replication.beat();
    await expect.poll(knownAt).toSatisfy((instant: string) => instant >= present);
  });

  test('does not know a change made ahead before its instant, though it has arrived long before', async () => {
    const number = await aNewMember();
    const reason = async () => (await membersOf(reader).ask({ identifier: number })).json().reason;
    const { id } = (await primary.query('select id from membership where number = $1', [number])).rows[0];
    const withdrawn = openRecording(
      writer.dependencies.db,
      ({ tx, recordedAt }) =>
        sql`update membership_consent set known = tstzrange(lower(known), ${recordedAt}) where membership_id = ${id} and upper_inf(known)`.execute(
          tx,
        ),
      { aheadSeconds: 2 },
    );
    const instant = await withdrawn.opened;
    withdrawn.close();
    const arrived = `select not exists (select from membership_consent where membership_id = ${id} and upper_inf(known)) as it`;
    await expect.poll(async () => (await standby.query(arrived)).rows[0].it, { timeout: 2000 }).toBe(true);
    const early = (await membersOf(reader).ask({ identifier: number })).json();
    expect([early.reason, early.question.knownAt < instant]).toEqual(['RECOGNISED', true]);
    await withdrawn.done;
    await expect.poll(reason).toBe('UNKNOWN_TRADER');
  });

  test('is the same for ever, whatever changes arrive meanwhile', async () => {
    const numbers = [await aNewMember(), await aNewMember(), await aNewMember()];
    const kept: { readonly question: object; readonly said: object }[] = [];
    let done = false;
    const changing = (async () => {
      for (let round = 0; round < 24; round += 1) {
        if (round % 6 === 2) await standby.pause();
        if (round % 6 === 4) await standby.resume();
        const number = numbers[round % 3] as string;
        const type = Math.floor(round / 3) % 2 === 0 ? 'suspended' : 'reinstated';
        expect((await membersOf(writer).event(number, { type })).statusCode).toBe(201);
        if (round % 4 === 0) await writer.replication.beat();
      }
      done = true;
    })().finally(() => standby.resume());
    while (!done) {
      for (const identifier of numbers) {
        const answer = (await membersOf(reader).ask({ identifier })).json();
        const { at, knownAt } = answer.question;
        kept.push({ question: { identifier, at, knownAt }, said: decisionOf(answer) });
      }
    }
    await changing;
    expect(kept.length).toBeGreaterThan(20);
    expect(new Set(kept.map(({ said }) => (said as { reason: string }).reason))).toEqual(
      new Set(['RECOGNISED', 'NOT_ACTIVE']),
    );
    for (const { question, said } of kept)
      expect(decisionOf((await membersOf(writer).ask(question)).json())).toEqual(said);
  });
});

describe('an answer that is to be as fresh as the caller', () => {
  test('waits for the change that it needs', async () => {
    const number = await aNewMember();
    await standby.pause();
    const suspended = await suspend(number);
    let answered = false;
    const asked = membersOf(reader)
      .ask({ identifier: number }, minSeq(suspended.headers['change-seq']))
      .finally(() => {
        answered = true;
      });
    await membersOf(reader).ask({ identifier: number });
    expect(answered).toBe(false);
    await standby.resume();
    expect((await asked).json().reason).toBe('NOT_ACTIVE');
  });

  test('is refused with Retry-After where the change does not come, for every route that reads', async () => {
    const number = await aNewMember();
    await paused(async () => {
      const suspended = await suspend(number);
      const headers = {
        ...(await as(['recognition:read', 'registry:read'], 'EU')),
        'min-seq': String(suspended.headers['change-seq']),
      };
      const urls = [
        `/v1/recognition?recogniser=JP&identifier=${number}`,
        memberUrl(number),
        '/v1/memberships',
        '/v1/network',
      ];
      for (const answer of await Promise.all(urls.map((url) => reader.app.inject({ url, headers })))) {
        expect(answer.statusCode).toBe(503);
        expect(answer.json()).toMatchObject({ code: 'SERVICE_UNAVAILABLE' });
        expect(answer.headers['retry-after']).toMatch(/^\d+$/);
      }
    });
  });

  test('is refused when its knownAt has not arrived, until it has', async () => {
    const number = await aNewMember();
    const suspended = await suspend(number);
    await caughtUp(suspended.headers['change-seq']);
    const question = await paused(async () => {
      const { at, knownAt } = (await membersOf(writer).ask({ identifier: number })).json().question;
      await membersOf(writer).event(number, { type: 'reinstated' });
      const early = await membersOf(reader).ask({ identifier: number, at, knownAt });
      expect([early.statusCode, early.headers['retry-after']]).toEqual([503, '1']);
      const batch = await reader.app.inject({
        method: 'POST',
        url: '/v1/recognition/batch',
        headers: await as(['recognition:read']),
        payload: {
          questions: [
            { recogniser: 'JP', identifier: number, at, knownAt },
            { recogniser: 'JP', identifier: KNOWN },
          ],
        },
      });
      expect(batch.statusCode).toBe(503);
      return { identifier: number, at, knownAt };
    });
    await writer.replication.beat();
    await expect.poll(async () => (await membersOf(reader).ask(question)).statusCode).toBe(200);
    const here = (await membersOf(reader).ask(question)).json();
    expect(here.reason).toBe('NOT_ACTIVE');
    expect(decisionOf(here)).toEqual(decisionOf((await membersOf(writer).ask(question)).json()));
  });

  test('is refused as on the primary when its knownAt lies in the future', async () => {
    const knownAt = new Date(Date.now() + 3_600_000).toISOString();
    expect((await membersOf(reader).ask({ identifier: KNOWN, knownAt })).statusCode).toBe(400);
    expect((await membersOf(reader).get(KNOWN, `?knownAt=${knownAt}`)).statusCode).toBe(400);
  });

  test('is understood by the primary, which says what it has, and refuses what it has never had', async () => {
    const { seq } = await writer.replication.state();
    const answer = await membersOf(writer).ask({ identifier: KNOWN }, minSeq(seq));
    expect(answer.statusCode).toBe(200);
    expect(Number(answer.headers['change-seq'])).toBeGreaterThanOrEqual(seq);
    expect(answer.headers).not.toHaveProperty('replica-lag-ms');
    expect((await membersOf(writer).ask({ identifier: KNOWN }, minSeq(seq + 1000))).statusCode).toBe(503);
    const without = await membersOf(writer).ask({ identifier: KNOWN });
    expect(without.headers).not.toHaveProperty('change-seq');
  });

  test.each(['', '-1', '1.5', 'x', '1'.repeat(16)])(
    'is a question with a wrong field when it names no number (%j)',
    async (value) => {
      for (const instance of [writer, reader]) {
        const answer = await membersOf(instance).ask({ identifier: KNOWN }, { headers: { 'min-seq': value } });
        expect(answer.statusCode).toBe(400);
        expect(answer.json().errors).toEqual([expect.objectContaining({ pointer: '/headers/min-seq' })]);
      }
    },
  );
});
