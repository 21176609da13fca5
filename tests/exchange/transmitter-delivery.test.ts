import { deliverStream, type Exchange, readDueStreams } from '@mra/exchange';
import { createPool, openDatabase } from '@mra/registry';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { sharePushing } from './fixtures/pushing.ts';
import { runTimers } from './streams.ts';
import { type Reply, seqsOf } from './transmitter.ts';

/** Pushing over real HTTP: in order, one at a time, whatever becomes of the stream or of another partner meanwhile. */

const { eu, receiver, pushed, deliver, arrived, streamRow } = sharePushing();
/** A second process with connections of its own. */
let other: Exchange;
beforeAll(async () => {
  const db = openDatabase(createPool({ url: eu.database.url, max: 4, applicationName: 'other-worker' }));
  other = { ...eu.exchange, db };
  afterAll(() => db.destroy());
});

const ask = (stream_id: string, status: string) => eu.call('POST', '/exchange/streams/status', { stream_id, status });

/** A delivery that has arrived and is answered when the test says so. */
async function aHeldDelivery(id: string) {
  const gate = Promise.withResolvers<void>();
  receiver.answer = async () => {
    await gate.promise;
    return { status: 202 };
  };
  const delivery = deliver(id);
  await expect.poll(() => receiver.arrivals.length).toBe(1);
  return { delivery, answer: gate.resolve };
}

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
    await eu.publish(1);
    const first = await aHeldDelivery(stream.stream_id);
    expect(await deliver(stream.stream_id, other)).toEqual({ outcome: 'busy', settled: 0, retryAt: null });
    first.answer();
    expect(await first.delivery).toEqual({ outcome: 'done', settled: 1, retryAt: null });
    expect(receiver.arrivals).toHaveLength(1);
  });

  test('writers wait for no delivery', async () => {
    const stream = await pushed();
    await eu.publish(1);
    const first = await aHeldDelivery(stream.stream_id);
    await eu.publish(2);
    await ask(stream.stream_id, 'paused');
    first.answer();
    expect(await first.delivery).toMatchObject({ outcome: 'done', settled: 1 });
    expect(seqsOf(await arrived(stream))).toEqual([1]);
  });

  test('one that is killed after the delivery, before it noted so: the other sends it again under the same jti', async () => {
    const stream = await pushed();
    await eu.publish(1, 2);
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
    await eu.publish(1, 2);
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

describe('a stream that does not run', () => {
  test('paused keeps what is committed, and goes on with it', async () => {
    const stream = await pushed();
    await ask(stream.stream_id, 'paused');
    await eu.publish(1, 2);
    expect(await readDueStreams(eu.exchange)).toEqual([]);
    expect(await deliver(stream.stream_id)).toEqual({ outcome: 'done', settled: 0, retryAt: null });
    await ask(stream.stream_id, 'enabled');
    expect(await readDueStreams(eu.exchange)).toEqual([stream.stream_id]);
    await deliver(stream.stream_id);
    expect(seqsOf(await arrived(stream))).toEqual([1, 2]);
  });

  test('one that is polled is not pushed', async () => {
    const stream = await eu.stream();
    await eu.publish(1);
    expect(await readDueStreams(eu.exchange)).toEqual([]);
    expect(await deliver(stream.stream_id)).toMatchObject({ outcome: 'done', settled: 0 });
  });

  test('one that is not there', async () => {
    expect(await deliver('none')).toMatchObject({ outcome: 'busy', settled: 0 });
  });

  test('one that is deleted under the hands of its deliverer', async () => {
    const stream = await pushed();
    await eu.publish(1, 2);
    let deleting: Promise<unknown> = Promise.resolve();
    receiver.answer = async () => {
      deleting = eu.call('DELETE', `/exchange/streams?stream_id=${stream.stream_id}`);
      await expect.poll(eu.isWaiting).toBe(true);
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
  await eu.publish(1, 2, 3);
  await deliver(stream.stream_id);
  await eu.call('POST', '/exchange/streams/replay', { stream_id: stream.stream_id, from: 2 });
  await deliver(stream.stream_id);
  const events = await arrived(stream);
  expect(seqsOf(events)).toEqual([1, 2, 3, 2, 3]);
  expect(events[3]?.set.jti).toBe(events[1]?.set.jti);
});

test('one partner that hangs holds up no other', async () => {
  const stream = await pushed();
  const theirs = await eu.stream({}, { administration: 'US' });
  await runTimers(eu.database);
  await eu.publish(1);
  const hanging = await aHeldDelivery(stream.stream_id);
  const request = { returnImmediately: true };
  const answer = await eu.call('POST', `/exchange/streams/${theirs.stream_id}/poll`, request, { administration: 'US' });
  expect(Object.keys(answer.json().sets)).toHaveLength(1);
  hanging.answer();
  expect(await hanging.delivery).toMatchObject({ settled: 1 });
});
