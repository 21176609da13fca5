import { setTimeout as pause } from 'node:timers/promises';
import type { PartnerDetail } from '@mra/contracts';
import { rotateKeyFile } from '@mra/exchange';
import { SET_MEDIA_TYPE } from '@mra/exchange-protocol';
import { beforeAll, describe, expect, test, vi } from 'vitest';
import { as } from '../support/api.ts';
import { createPartneredNodes, type TestNode } from '../support/exchange-nodes.ts';
import { aMember, membersOf } from '../support/members.ts';
import { isPoll, isReplay, tamperWith } from './tamper.ts';

/** Partners whose events cannot be read, however often they are asked for. */

vi.setConfig({ testTimeout: 60_000 });

const NUMBER = 'DEAEOF00000001';

async function startNodes(receiveBy: 'push' | 'poll'): Promise<{ eu: TestNode; jp: TestNode }> {
  const nodes = await createPartneredNodes({ receiveBy: { JP: receiveBy }, keysBy: 'address', cadenceSeconds: 86_400 });
  await membersOf(nodes.eu.api).put(NUMBER, aMember());
  await nodes.eu.startWorker();
  await nodes.jp.startWorker();
  await expectAnswer(nodes.jp, 'RECOGNISED');
  return nodes;
}

const expectAnswer = (jp: TestNode, reason: string) =>
  vi.waitFor(async () => expect((await jp.ask({ recogniser: 'JP', identifier: NUMBER })).reason).toBe(reason), {
    timeout: 30_000,
    interval: 50,
  });

async function overview({ api }: TestNode): Promise<PartnerDetail> {
  const headers = await as(['operations'], 'JP');
  return (await api.app.inject({ method: 'GET', url: '/v1/partners/EU', headers })).json();
}

describe('by poll', () => {
  let eu: TestNode;
  let jp: TestNode;
  beforeAll(async () => {
    ({ eu, jp } = await startNodes('poll'));
  });

  test('events signed with a key that is not known yet: tried with back-off, seen by operations, taken when it is known', async () => {
    const published = JSON.stringify(await eu.exchange.keys.jwks());
    let isPublished = false;
    let polls = 0;
    tamperWith(
      eu,
      (path) => isPoll(path) || path === '/.well-known/jwks.json',
      async ({ path, pass }) => {
        if (!isPoll(path)) return isPublished ? null : { status: 200, body: published };
        const reply = await pass();
        if (!reply.body.includes('"sets":{}')) polls += 1;
        return reply;
      },
    );
    const { kid } = await eu.exchange.keys.signingKey();
    await rotateKeyFile(eu.keys.file, { now: new Date().toISOString(), leadSeconds: 0, overlapSeconds: 0 });
    await vi.waitFor(async () => expect((await eu.exchange.keys.signingKey()).kid).not.toBe(kid), { timeout: 10_000 });
    await membersOf(eu.api).event(NUMBER, { type: 'suspended' });
    const seen = await vi.waitFor(
      async () => {
        const { inbound } = await overview(jp);
        expect(inbound.failures).toBeGreaterThan(3);
        return inbound;
      },
      { timeout: 30_000 },
    );
    expect(seen).toMatchObject({
      lastError: expect.stringContaining('invalid_key'),
      nextAttemptAt: expect.any(String),
    });
    // Each was followed by a wait: the first may have been held since before, the last may be under way.
    expect(polls).toBeLessThanOrEqual(seen.failures + 2);
    await expectAnswer(jp, 'RECOGNISED');
    isPublished = true;
    await expectAnswer(jp, 'NOT_ACTIVE');
    await vi.waitFor(async () => expect((await overview(jp)).inbound.failures).toBe(0), { timeout: 30_000 });
  });
});

describe('by push', () => {
  let eu: TestNode;
  let jp: TestNode;
  beforeAll(async () => {
    ({ eu, jp } = await startNodes('push'));
  });

  test('what is not even a token, again and again: each is refused, and asking for events does not keep step with it', async () => {
    let asked = 0;
    tamperWith(eu, isReplay, async () => {
      asked += 1;
      return null;
    });
    const headers = { ...(await as(['exchange'], 'EU')), 'content-type': SET_MEDIA_TYPE };
    for (let count = 0; count < 40; count += 1) {
      const answer = await jp.api.app.inject({ method: 'POST', url: '/exchange/events', headers, payload: 'x.y' });
      expect([answer.statusCode, answer.json().err]).toEqual([400, 'invalid_request']);
      await pause(100);
    }
    const state = async () =>
      (await jp.database.asOwner('select unreadable, unreadable_asked, needs_snapshot, failures from inbound_stream'))
        .rows[0];
    await vi.waitFor(
      async () =>
        expect(await state()).toEqual({ unreadable: 40, unreadable_asked: 40, needs_snapshot: false, failures: 0 }),
      { timeout: 30_000 },
    );
    expect(asked).toBeGreaterThan(0);
    expect(asked).toBeLessThan(10);
  });
});
