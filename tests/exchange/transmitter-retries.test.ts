import { type Exchange, readDueStreams } from '@mra/exchange';
import { describe, expect, test } from 'vitest';
import { NOBODY, sharePushing } from './fixtures/pushing.ts';
import { type Reply, seqsOf } from './transmitter.ts';

/** What follows when pushing fails, over real HTTP. */

const { eu, receiver, pushed, deliver, arrived, streamRow } = sharePushing();

describe('failures are retried in order', () => {
  const FAULTS: Readonly<Record<string, Reply | null>> = {
    '500': { status: 500, body: 'Internal Server Error' },
    '503': { status: 503 },
    '401': { status: 401 },
    '404': { status: 404 },
    'a redirect': { status: 307, headers: { location: 'https://elsewhere.test/' } },
    garbage: { status: 400, body: '\u0000<html>' },
    '400 that is not of RFC 8935': { status: 400, body: '{"error": "invalid_request"}' },
    'a connection that is cut': null,
  };

  test.each(Object.entries(FAULTS))('%s', async (name, fault) => {
    const stream = await pushed({ authorization_header: 'Basic of JP' });
    await eu.publish(1, 2, 3);
    const failures = 3;
    receiver.answer = (_, index) => (index >= 1 && index <= failures ? fault : { status: 202 });
    const first = await deliver(stream.stream_id);
    expect(first).toMatchObject({ outcome: 'later', settled: 1, retryAt: expect.any(String) });
    expect(await streamRow()).toMatchObject({
      attempts: 1,
      next_attempt_at: first.retryAt,
      last_error: expect.stringMatching(/^event 2: /),
    });
    for (let attempt = 2; attempt <= failures; attempt += 1) {
      eu.clock.ahead += 3600;
      expect(await deliver(stream.stream_id), name).toMatchObject({ outcome: 'later', settled: 0 });
      expect((await streamRow()).attempts).toBe(attempt);
    }
    eu.clock.ahead += 3600;
    expect(await deliver(stream.stream_id)).toEqual({ outcome: 'done', settled: 2, retryAt: null });
    expect(seqsOf(await arrived(stream))).toEqual([1, 2, 2, 2, 2, 3]);
    expect(await streamRow()).toMatchObject({
      attempts: 0,
      next_attempt_at: null,
      last_delivery_at: expect.any(String),
    });
  });

  test('429 with Retry-After: not before', async () => {
    const stream = await pushed();
    await eu.publish(1);
    receiver.answer = (_, index) =>
      index === 0 ? { status: 429, headers: { 'retry-after': '120' } } : { status: 202 };
    const before = eu.exchange.now();
    const { outcome, retryAt } = await deliver(stream.stream_id);
    expect(outcome).toBe('later');
    expect(Date.parse(retryAt ?? '') - Date.parse(before)).toBeGreaterThanOrEqual(120_000);
    eu.clock.ahead = 119;
    expect(await deliver(stream.stream_id)).toEqual({ outcome: 'later', settled: 0, retryAt });
    expect(await readDueStreams(eu.exchange)).toEqual([]);
    expect(receiver.arrivals).toHaveLength(1);
    eu.clock.ahead = 180;
    expect(await readDueStreams(eu.exchange)).toEqual([stream.stream_id]);
    expect(await deliver(stream.stream_id)).toMatchObject({ outcome: 'done', settled: 1 });
  });

  test('no answer at all', async () => {
    const stream = await pushed();
    await eu.publish(1);
    receiver.answer = (_, index) => (index === 0 ? 'silent' : { status: 202 });
    const { client } = eu.exchange;
    const impatient: Exchange = {
      ...eu.exchange,
      client: { ...client, send: (partner, request) => client.send(partner, { ...request, timeoutMs: 200 }) },
    };
    expect(await deliver(stream.stream_id, impatient)).toMatchObject({ outcome: 'later', settled: 0 });
    expect((await streamRow()).last_error).toContain('no answer in time');
    eu.clock.ahead = 3600;
    expect(await deliver(stream.stream_id)).toMatchObject({ outcome: 'done', settled: 1 });
  });

  test('nobody at home', async () => {
    const stream = await eu.stream({ delivery: { ...receiver.delivery, endpoint_url: `${NOBODY}/` } });
    await eu.publish(1);
    expect(await deliver(stream.stream_id)).toMatchObject({ outcome: 'later' });
    expect((await streamRow()).last_error).toMatch(/^event 1: http:\/\/127\.0\.0\.1:1: ./);
    // The partner has moved: its new address is tried at once.
    await eu.call('PATCH', '/exchange/streams', { stream_id: stream.stream_id, delivery: receiver.delivery });
    expect(await deliver(stream.stream_id)).toMatchObject({ outcome: 'done', settled: 1 });
  });

  test('an event that cannot be signed is loud, and nothing goes past it', async () => {
    const stream = await pushed();
    await eu.publish(1, 2, 3);
    await eu.database.asOwner(`update outbox set payload = payload #- '{record,type}' where seq = 2`);
    expect(await deliver(stream.stream_id)).toMatchObject({ outcome: 'later', settled: 1 });
    expect(await streamRow()).toMatchObject({ attempts: 1, last_error: 'event 2 cannot be sent' });
    expect(eu.log.some(({ level, seq }) => level === 50 && seq === 2)).toBe(true);
    expect(seqsOf(await arrived(stream))).toEqual([1]);
  });
});
