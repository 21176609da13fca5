import { listenToOutbox, type OutboxBell, pollStream, sendHeartbeats } from '@mra/exchange';
import { PollRequest } from '@mra/exchange-protocol';
import { createPool } from '@mra/registry';
import { afterAll, describe, expect, test } from 'vitest';
import { as, createTestApi } from '../support/api.ts';
import { jtisOf, NUMBER, shareTransmitter } from './transmitter.ts';

/**
 * While there is nothing to tell: polls wait (RFC 8936 sections 2.4.2 and 2.5, by the class of the conformance suite that looks at it),
 * the bell ends their waiting, and a stream shows that it is alive.
 */

const { eu } = shareTransmitter({ cadenceSeconds: 600 });
const pollUrl = (id: string) => `/exchange/streams/${id}/poll`;

describe('2.4.2, 2.5 Waiting (OIDSSFTransmitterStreamVerificationLongPollTest, …AckOnlyTest)', () => {
  /** A poll, and whether it is still held when later ones that do not wait have been answered. */
  const held = async (stream_id: string, request: object) => {
    let isAnswered = false;
    const answer = eu.call('POST', pollUrl(stream_id), request).finally(() => {
      isAnswered = true;
    });
    for (const _ of [1, 2, 3]) await eu.poll({ stream_id });
    return { answer, wasHeld: !isAnswered };
  };

  test('without returnImmediately the answer SHALL be delayed until an event is available', async () => {
    const stream = await eu.stream();
    const { answer, wasHeld } = await held(stream.stream_id, {});
    expect(wasHeld).toBe(true);
    await eu.publish(1);
    expect(Object.keys((await answer).json().sets)).toHaveLength(1);
  });

  test('acknowledging only waits as well unless returnImmediately says otherwise, and then returns no events', async () => {
    const stream = await eu.stream();
    await eu.publish(1);
    const ack = jtisOf((await eu.poll(stream)).events);
    const { answer, wasHeld } = await held(stream.stream_id, { maxEvents: 0, ack });
    expect(wasHeld).toBe(true);
    const { rows } = await eu.database.asOwner('select outcome from outbox');
    expect(rows).toEqual([{ outcome: 'delivered' }]);
    await eu.publish(2);
    expect((await answer).json()).toEqual({ sets: {}, moreAvailable: true });
    const now = await eu.poll(stream, { maxEvents: 0 });
    expect(now).toMatchObject({ status: 200, events: [], moreAvailable: true });
  });

  test('a receiver that waits on a paused stream is answered when it is enabled', async () => {
    const stream = await eu.stream();
    const { stream_id } = stream;
    await eu.call('POST', '/exchange/streams/status', { stream_id, status: 'paused' });
    await eu.publish(1);
    const { answer, wasHeld } = await held(stream_id, {});
    expect(wasHeld).toBe(true);
    await eu.call('POST', '/exchange/streams/status', { stream_id, status: 'enabled' });
    expect(Object.keys((await answer).json().sets)).toHaveLength(1);
  });

  test('when time is up, or the receiver has gone, the answer is empty', async () => {
    const { stream_id } = await eu.stream();
    const request = PollRequest.parse({});
    const nothing = { ok: true, response: { sets: {}, moreAvailable: false } };
    expect(await pollStream(eu.exchange, 'JP', stream_id, request, { holdMs: 50 })).toEqual(nothing);
    const gone = new AbortController();
    const waiting = pollStream(eu.exchange, 'JP', stream_id, request, { signal: gone.signal });
    gone.abort();
    expect(await waiting).toEqual(nothing);
  });

  test('held answers are given when the service ends', async () => {
    const { stream_id } = await eu.stream();
    const { app } = await createTestApi(eu.database, { exchange: eu.exchange });
    const headers = await as(['exchange'], 'JP');
    const waiting = app.inject({ method: 'POST', url: pollUrl(stream_id), payload: {}, headers });
    await eu.poll({ stream_id });
    await app.close();
    expect((await waiting).json()).toEqual({ sets: {}, moreAvailable: false });
  });

  test('a stream that is deleted meanwhile is told', async () => {
    const { stream_id } = await eu.stream();
    const { answer } = await held(stream_id, {});
    await eu.call('DELETE', `/exchange/streams?stream_id=${stream_id}`);
    expect((await answer).statusCode).toBe(404);
  });
});

describe('the bell', () => {
  test('rings when events are committed, for that stream and for all; again after its connection was lost', async () => {
    const pool = createPool({ url: eu.database.url, max: 1, applicationName: 'mra-test-bell' });
    afterAll(() => pool.end());
    const warnings: object[] = [];
    const bell = listenToOutbox(pool, { warn: (fields) => void warnings.push(fields) });
    const connections = async () =>
      (
        await eu.database.asOwner(
          `select pid from pg_stat_activity where application_name = 'mra-test-bell' and query = 'listen mra_outbox'`,
        )
      ).rows.length;
    await expect.poll(connections).toBe(1);
    const rung: string[] = [];
    const { stream_id } = await eu.stream();
    const unsubscribe = bell.onEvents(stream_id, (id) => rung.push(`one ${id}`));
    bell.onEvents('another', (id) => rung.push(`never ${id}`));
    bell.onEvents(null, (id) => rung.push(`all ${id}`));
    await eu.members.put(NUMBER);
    await expect.poll(() => rung).toEqual([`one ${stream_id}`, `all ${stream_id}`]);
    unsubscribe();

    const terminate = `select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'mra-test-bell'`;
    await eu.database.asOwner(terminate);
    await expect.poll(connections).toBe(0);
    await expect.poll(connections, { timeout: 10_000 }).toBe(1);
    await eu.members.event(NUMBER, { type: 'suspended' });
    await expect.poll(() => rung.slice(2)).toEqual([`all ${stream_id}`]);
    await bell.close();
    await expect.poll(connections).toBe(0);
  });

  test('a poll that waits listens to it, and no longer than it waits', async () => {
    const pool = createPool({ url: eu.database.url, max: 1 });
    afterAll(() => pool.end());
    const bell = listenToOutbox(pool, eu.exchange.log);
    let listening = 0;
    const outbox: OutboxBell = {
      ...bell,
      onEvents(streamId, ring) {
        listening += 1;
        const unsubscribe = bell.onEvents(streamId, ring);
        return () => {
          listening -= 1;
          unsubscribe();
        };
      },
    };
    const { stream_id } = await eu.stream();
    const waiting = pollStream({ ...eu.exchange, outbox }, 'JP', stream_id, PollRequest.parse({}));
    await expect.poll(() => listening).toBe(1);
    await eu.members.put(NUMBER);
    expect(await waiting).toMatchObject({ ok: true, response: { sets: expect.any(Object), moreAvailable: false } });
    expect(listening).toBe(0);
    await bell.close();
  });
});

describe('heartbeats', () => {
  const beat = async (ahead: number): Promise<number> => {
    eu.clock.ahead = ahead;
    return sendHeartbeats(eu.exchange);
  };
  const settle = async (stream: { readonly stream_id: string }): Promise<void> => {
    await eu.poll(stream, { ack: jtisOf((await eu.poll(stream)).events) });
  };

  test('one after half a cadence without an event, and no other while it waits', async () => {
    const stream = await eu.stream();
    expect(await beat(0)).toBe(0);
    expect(await beat(290)).toBe(0);
    expect(await beat(301)).toBe(1);
    expect(await beat(1000)).toBe(0);
    expect((await eu.poll(stream)).events).toMatchObject([{ event: { name: 'verification', seq: 1, state: null } }]);
    await settle(stream);
    expect(await beat(1000)).toBe(1);
  });

  test('none where there was an event', async () => {
    const stream = await eu.stream();
    await eu.members.put(NUMBER);
    await settle(stream);
    await eu.database.asOwner(`update stream set created_at = created_at - interval '1 hour'`);
    expect(await beat(290)).toBe(0);
    expect(await beat(301)).toBe(1);
  });

  test.each(['paused', 'disabled'])('none in a stream that is %s', async (status) => {
    const { stream_id } = await eu.stream();
    await eu.call('POST', '/exchange/streams/status', { stream_id, status });
    expect(await beat(3600)).toBe(0);
  });

  test('of processes at the same time one sends it', async () => {
    await eu.stream();
    eu.clock.ahead = 301;
    const sent = await Promise.all([1, 2, 3, 4].map(() => sendHeartbeats(eu.exchange)));
    expect(sent.reduce((sum, one) => sum + one, 0)).toBe(1);
  });
});
