import { changeStreamStatus, sendHeartbeats } from '@mra/exchange';
import { EVENT_TYPES } from '@mra/exchange-protocol';
import { decodeJwt } from 'jose';
import { describe, expect, test } from 'vitest';
import { jtisOf, NUMBER, STREAMS, seqsOf, shareTransmitter, UNKNOWN } from './transmitter.ts';

/**
 * OpenID Shared Signals Framework 1.0 sections 8.1.2, 8.1.4 and 8.1.5, as in transmitter-framework.test.ts: the status of a stream, and
 * the events about the stream itself.
 */

const { eu } = shareTransmitter();
const byTransmitter = (streamId: string, status: 'enabled' | 'paused' | 'disabled', reason: string | null = null) =>
  changeStreamStatus(eu.exchange, { streamId, status, reason, by: 'transmitter', partner: null });

describe('8.1.2 The status of a stream', () => {
  const statusOf = async (id: string) => (await eu.call('GET', `${STREAMS}/status?stream_id=${id}`)).json();
  const ask = (stream_id: string, status: string, more: object = {}) =>
    eu.call('POST', `${STREAMS}/status`, { stream_id, status, ...more });

  test('8.1.2.1, 8.1.2.2 read and changed: 200, one of three values, the reason', async () => {
    const { stream_id } = await eu.stream();
    expect(await statusOf(stream_id)).toEqual({ stream_id, status: 'enabled' });
    for (const status of ['paused', 'disabled', 'enabled', 'paused', 'enabled', 'disabled', 'paused']) {
      const changed = await ask(stream_id, status, { reason: `because ${status}` });
      expect([changed.statusCode, changed.json()]).toEqual([200, { stream_id, status, reason: `because ${status}` }]);
      expect(await statusOf(stream_id)).toEqual({ stream_id, status, reason: `because ${status}` });
    }
  });

  test('400 to a status that is none; 404 to a stream that is none (…ReadStatusOfUnknownStream)', async () => {
    const { stream_id } = await eu.stream();
    expect((await ask(stream_id, 'off')).statusCode).toBe(400);
    expect((await eu.call('POST', `${STREAMS}/status`, { status: 'paused' })).statusCode).toBe(400);
    expect((await ask(UNKNOWN, 'paused')).statusCode).toBe(404);
    expect((await eu.call('GET', `${STREAMS}/status?stream_id=${UNKNOWN}`)).statusCode).toBe(404);
    expect((await eu.call('GET', `${STREAMS}/status`)).statusCode).toBe(400);
  });

  test('8.1.2.1 paused: nothing is transmitted, all is held and comes in order (…PausedStreamHoldsEventsTest)', async () => {
    const stream = await eu.stream();
    await eu.members.put(NUMBER);
    await ask(stream.stream_id, 'paused');
    await eu.members.event(NUMBER, { type: 'suspended' });
    await eu.members.event(NUMBER, { type: 'reinstated' });
    expect(await eu.poll(stream)).toMatchObject({ events: [], moreAvailable: false });
    await ask(stream.stream_id, 'enabled');
    expect(seqsOf((await eu.poll(stream)).events)).toEqual([1, 2, 3]);
  });

  test('8.1.2.1 what was delivered before a pause can be acknowledged in it', async () => {
    const stream = await eu.stream();
    await eu.members.put(NUMBER);
    const { events } = await eu.poll(stream);
    await ask(stream.stream_id, 'paused');
    await eu.poll(stream, { ack: jtisOf(events) });
    await ask(stream.stream_id, 'enabled');
    expect((await eu.poll(stream)).events).toEqual([]);
  });

  test('8.1.2.1 disabled: nothing is transmitted and nothing is held (OIDSSFTransmitterDisabledStreamDropsEventsTest)', async () => {
    const stream = await eu.stream();
    await eu.members.put(NUMBER);
    await ask(stream.stream_id, 'disabled');
    await eu.members.event(NUMBER, { type: 'suspended' });
    expect((await eu.poll(stream)).events).toEqual([]);
    await ask(stream.stream_id, 'enabled');
    expect((await eu.poll(stream)).events).toEqual([]);
  });

  test('8.1.2 a receiver gets no more than the transmitter allows: 403', async () => {
    const { stream_id } = await eu.stream();
    await byTransmitter(stream_id, 'paused', 'the registry is being moved');
    const answer = await ask(stream_id, 'enabled');
    expect(answer.json()).toMatchObject({ status: 403, code: 'STREAM_STOPPED' });
    expect(await statusOf(stream_id)).toEqual({ stream_id, status: 'paused', reason: 'the registry is being moved' });
    expect((await ask(stream_id, 'disabled')).statusCode).toBe(200);
  });
});

describe('8.1.4 Verification (OIDSSFTransmitterStreamVerification…Test)', () => {
  const verify = (body: object) => eu.call('POST', `${STREAMS}/verify`, body);

  test('8.1.4.2 204 without a body; 8.1.4.1 the event repeats state, and its subject is the stream, opaque', async () => {
    const stream = await eu.stream();
    const state = 'VGhpcyBpcyBhbiBleGFtcGxlIHN0YXRlIHZhbHVlLgo=';
    const asked = await verify({ stream_id: stream.stream_id, state });
    expect([asked.statusCode, asked.body]).toEqual([204, '']);
    const { events } = await eu.poll(stream);
    expect(events).toMatchObject([
      { event: { name: 'verification', seq: 1, state }, set: { subject: { format: 'opaque', id: stream.stream_id } } },
    ]);
  });

  test('8.1.4 it comes though no event type was asked for, and without state where none was given', async () => {
    const stream = await eu.stream({ events_requested: [] });
    await verify({ stream_id: stream.stream_id });
    expect((await eu.poll(stream)).events).toMatchObject([{ event: { name: 'verification', state: null } }]);
  });

  test('8.1.4.2 one that nobody asked for has no state', async () => {
    const stream = await eu.stream();
    eu.clock.ahead = 7200;
    expect(await sendHeartbeats(eu.exchange)).toBe(1);
    const [set = ''] = Object.values((await eu.poll(stream)).sets);
    expect(decodeJwt(set).events).toEqual({ [EVENT_TYPES.verification]: { seq: 1 } });
  });

  test('8.1.4.2 more often than min_verification_interval: 429 with Retry-After, and not otherwise', async () => {
    const { stream_id, min_verification_interval: interval = 0 } = await eu.stream();
    expect((await verify({ stream_id })).statusCode).toBe(204);
    const refused = await verify({ stream_id });
    expect(refused.json()).toMatchObject({ status: 429, code: 'RATE_LIMITED' });
    const wait = Number(refused.headers['retry-after']);
    expect(wait).toBeGreaterThan(0);
    expect(wait).toBeLessThanOrEqual(interval);
    eu.clock.ahead = interval;
    expect((await verify({ stream_id })).statusCode).toBe(204);
  });

  test('8.1.4.2 400 to a bad body, 404 to an unknown stream; 409 to a disabled one, which holds nothing', async () => {
    const { stream_id } = await eu.stream();
    for (const body of [{}, '{', { stream_id, state: 1 }, { stream_id, state: 'x'.repeat(1001) }]) {
      expect((await eu.call('POST', `${STREAMS}/verify`, body)).statusCode).toBe(400);
    }
    expect((await verify({ stream_id: UNKNOWN })).statusCode).toBe(404);
    await eu.call('POST', `${STREAMS}/status`, { stream_id, status: 'disabled' });
    expect((await verify({ stream_id })).json()).toMatchObject({ status: 409, code: 'CONFLICT' });
  });
});

describe('8.1.5 Stream updated', () => {
  test.each(['paused', 'disabled'] as const)(
    'it is sent before the transmitter stops the stream: %s',
    async (status) => {
      const stream = await eu.stream();
      await eu.members.put(NUMBER);
      await byTransmitter(stream.stream_id, status, 'Internal error');
      await eu.members.event(NUMBER, { type: 'suspended' });
      const { events } = await eu.poll(stream);
      expect(events.map(({ event }) => event.name)).toEqual(['membershipPublished', 'streamUpdated']);
      expect(events[1]).toMatchObject({
        event: { seq: 2, status, reason: 'Internal error' },
        set: { subject: { format: 'opaque', id: stream.stream_id } },
      });
      expect((await eu.poll(stream, { ack: jtisOf(events) })).events).toEqual([]);
    },
  );

  test.each(['paused', 'disabled'] as const)('it is sent upon enabling again after %s', async (status) => {
    const stream = await eu.stream();
    await byTransmitter(stream.stream_id, status);
    await eu.poll(stream, { ack: jtisOf((await eu.poll(stream)).events) });
    await byTransmitter(stream.stream_id, 'enabled');
    const { events } = await eu.poll(stream);
    expect(events).toMatchObject([{ event: { name: 'streamUpdated', seq: 2, status: 'enabled' } }]);
  });
});
