import { createServer } from 'node:net';
import { type Delivery, deliverStream, type Exchange, readDueStreams } from '@mra/exchange';
import { createPool, openDatabase } from '@mra/registry';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { runTimers } from './streams.ts';
import { aReceiver, aTransmitter, type Receiver, type Reply, seqsOf, type Transmitter } from './transmitter.ts';

/** Pushing over real HTTP: order, one at a time, and what follows when it fails. */

let eu: Transmitter;
let receiver: Receiver;
/** A second process with connections of its own. */
let other: Exchange;
beforeAll(async () => {
  receiver = await aReceiver();
  eu = await aTransmitter({ pushOrigins: [receiver.origin, 'http://127.0.0.1:1'] });
  const db = openDatabase(createPool({ url: eu.database.url, max: 4, applicationName: 'other-worker' }));
  other = { ...eu.exchange, db };
  afterAll(() => db.destroy());
});
beforeEach(async () => {
  receiver.arrivals.length = 0;
  receiver.answer = () => ({ status: 202 });
  await eu.clear();
});

const never = new AbortController().signal;
const deliver = (id: string, exchange: Exchange = eu.exchange): Promise<Delivery> => deliverStream(exchange, id, never);
const publish = async (...numbers: readonly number[]): Promise<void> => {
  for (const number of numbers) await eu.members.put(`DEAEOF0000000${number}`);
};
const pushed = (more: object = {}) => eu.stream({ delivery: { ...receiver.delivery, ...more } });
const arrived = async (stream: { readonly stream_id: string }) =>
  Promise.all(receiver.arrivals.map(({ body }) => eu.read(body, stream)));
const streamRow = async () => (await eu.database.asOwner('select * from stream')).rows[0];
const isWaiting = async (): Promise<boolean> => {
  const { rows } = await eu.database.asOwner(
    `select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`,
  );
  return rows.length > 0;
};
const ask = (stream_id: string, status: string) => eu.call('POST', '/exchange/streams/status', { stream_id, status });

describe('two processes', () => {
  test('deliver nothing twice, nothing out of order and never two at once', async () => {
    const stream = await pushed();
    const total = 60;
    const write = async (): Promise<void> => {
      for (let n = 1; n <= total; n += 1) await eu.members.put(`DEAEOF000${String(n).padStart(5, '0')}`);
    };
    let isWriting = true;
    const work = async (exchange: Exchange): Promise<void> => {
      while (isWriting || (await readDueStreams(exchange)).length > 0) await deliver(stream.stream_id, exchange);
    };
    const writing = write().finally(() => {
      isWriting = false;
    });
    await Promise.all([writing, work(eu.exchange), work(other), work(other), work(eu.exchange)]);
    expect(seqsOf(await arrived(stream))).toEqual(Array.from({ length: total }, (_, n) => n + 1));
    expect(Math.max(...receiver.arrivals.map(({ atOnce }) => atOnce))).toBe(1);
  });

  test('while one is at it, the other goes on to something else', async () => {
    const stream = await pushed();
    await publish(1);
    const gate = Promise.withResolvers<void>();
    receiver.answer = async () => {
      await gate.promise;
      return { status: 202 };
    };
    const first = deliver(stream.stream_id);
    await expect.poll(() => receiver.arrivals.length).toBe(1);
    expect(await deliver(stream.stream_id, other)).toEqual({ outcome: 'busy', settled: 0, retryAt: null });
    gate.resolve();
    expect(await first).toEqual({ outcome: 'done', settled: 1, retryAt: null });
    expect(receiver.arrivals).toHaveLength(1);
  });

  test('writers wait for no delivery', async () => {
    const stream = await pushed();
    await publish(1);
    const gate = Promise.withResolvers<void>();
    receiver.answer = async () => {
      await gate.promise;
      return { status: 202 };
    };
    const first = deliver(stream.stream_id);
    await expect.poll(() => receiver.arrivals.length).toBe(1);
    await publish(2);
    await ask(stream.stream_id, 'paused');
    gate.resolve();
    expect(await first).toMatchObject({ outcome: 'done', settled: 1 });
    expect(seqsOf(await arrived(stream))).toEqual([1]);
  });

  test('one that is killed after the delivery, before it noted so: the other sends it again under the same jti', async () => {
    const stream = await pushed();
    await publish(1, 2);
    receiver.answer = async (_, index): Promise<Reply> => {
      if (index === 0) {
        await eu.database.asOwner(
          `select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'other-worker' and state = 'idle in transaction'`,
        );
      }
      return { status: 202 };
    };
    await expect(deliver(stream.stream_id, other)).rejects.toThrow();
    expect(await deliver(stream.stream_id)).toEqual({ outcome: 'done', settled: 2, retryAt: null });
    const events = await arrived(stream);
    expect(seqsOf(events)).toEqual([1, 1, 2]);
    expect(events[0]?.set.jti).toBe(events[1]?.set.jti);
  });

  test('a process that is to end gives the turn back, and that is no failure', async () => {
    const stream = await pushed();
    await publish(1, 2);
    const ending = new AbortController();
    receiver.answer = async (_, index) => {
      if (index < 1) return { status: 202 };
      ending.abort();
      return 'silent';
    };
    expect(await deliverStream(other, stream.stream_id, ending.signal)).toMatchObject({ outcome: 'more', settled: 1 });
    expect(await streamRow()).toMatchObject({ attempts: 0, last_error: null });
    receiver.answer = () => ({ status: 202 });
    expect(await deliver(stream.stream_id)).toMatchObject({ outcome: 'done', settled: 1 });
    expect(seqsOf(await arrived(stream))).toEqual([1, 2, 2]);
  });
});

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
    await publish(1, 2, 3);
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
    await publish(1);
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
    await publish(1);
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
    const stream = await eu.stream({ delivery: { ...receiver.delivery, endpoint_url: 'http://127.0.0.1:1/' } });
    await publish(1);
    expect(await deliver(stream.stream_id)).toMatchObject({ outcome: 'later' });
    expect((await streamRow()).last_error).toMatch(/^event 1: http:\/\/127\.0\.0\.1:1: ./);
    // The partner has moved: its new address is tried at once.
    await eu.call('PATCH', '/exchange/streams', { stream_id: stream.stream_id, delivery: receiver.delivery });
    expect(await deliver(stream.stream_id)).toMatchObject({ outcome: 'done', settled: 1 });
  });

  test('an event that cannot be signed is loud, and nothing goes past it', async () => {
    const stream = await pushed();
    await publish(1, 2, 3);
    await eu.database.asOwner(`update outbox set payload = payload #- '{record,type}' where seq = 2`);
    expect(await deliver(stream.stream_id)).toMatchObject({ outcome: 'later', settled: 1 });
    expect(await streamRow()).toMatchObject({ attempts: 1, last_error: 'event 2 cannot be sent' });
    expect(eu.log.some(({ level, seq }) => level === 50 && seq === 2)).toBe(true);
    expect(seqsOf(await arrived(stream))).toEqual([1]);
  });
});

describe('a stream that does not run', () => {
  test('paused keeps what is committed, and goes on with it', async () => {
    const stream = await pushed();
    await ask(stream.stream_id, 'paused');
    await publish(1, 2);
    expect(await readDueStreams(eu.exchange)).toEqual([]);
    expect(await deliver(stream.stream_id)).toEqual({ outcome: 'done', settled: 0, retryAt: null });
    await ask(stream.stream_id, 'enabled');
    expect(await readDueStreams(eu.exchange)).toEqual([stream.stream_id]);
    await deliver(stream.stream_id);
    expect(seqsOf(await arrived(stream))).toEqual([1, 2]);
  });

  test('one that is polled is not pushed', async () => {
    const stream = await eu.stream();
    await publish(1);
    expect(await readDueStreams(eu.exchange)).toEqual([]);
    expect(await deliver(stream.stream_id)).toMatchObject({ outcome: 'done', settled: 0 });
  });

  test('one that is not there', async () => {
    expect(await deliver('none')).toMatchObject({ outcome: 'busy', settled: 0 });
  });

  test('one that is deleted under the hands of its deliverer', async () => {
    const stream = await pushed();
    await publish(1, 2);
    let deleting: Promise<unknown> = Promise.resolve();
    receiver.answer = async () => {
      deleting = eu.call('DELETE', `/exchange/streams?stream_id=${stream.stream_id}`);
      await expect.poll(isWaiting).toBe(true);
      return { status: 500 };
    };
    const delivery = await deliver(stream.stream_id);
    expect(delivery.outcome).toBe('later');
    expect(await deleting).toMatchObject({ statusCode: 204 });
    expect(await deliver(stream.stream_id)).toMatchObject({ outcome: 'busy' });
  });
});

test('a replay of delivered events pushes them again, in order', async () => {
  const stream = await pushed();
  await publish(1, 2, 3);
  await deliver(stream.stream_id);
  await eu.call('POST', '/exchange/streams/replay', { stream_id: stream.stream_id, from: 2 });
  await deliver(stream.stream_id);
  const events = await arrived(stream);
  expect(seqsOf(events)).toEqual([1, 2, 3, 2, 3]);
  expect(events[3]?.set.jti).toBe(events[1]?.set.jti);
});

test('one partner that hangs holds up no other', async () => {
  const silent = createServer(() => undefined);
  await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
  afterAll(() => silent.close());
  const stream = await pushed();
  const theirs = await eu.stream({}, { administration: 'US' });
  await runTimers(eu.database);
  await publish(1);
  const gate = Promise.withResolvers<void>();
  receiver.answer = async () => {
    await gate.promise;
    return { status: 202 };
  };
  const hanging = deliver(stream.stream_id);
  await expect.poll(() => receiver.arrivals.length).toBe(1);
  const request = { returnImmediately: true };
  const answer = await eu.call('POST', `/exchange/streams/${theirs.stream_id}/poll`, request, { administration: 'US' });
  expect(Object.keys(answer.json().sets)).toHaveLength(1);
  gate.resolve();
  expect(await hanging).toMatchObject({ settled: 1 });
});
