import { deliverStream } from '@mra/exchange';
import pg from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { aReceiver, aTransmitter, type Receiver, type Transmitter } from './transmitter.ts';

/** What operations see of a push that failed and then went through. */

let eu: Transmitter;
let receiver: Receiver;
let writer: pg.Client;
beforeAll(async () => {
  receiver = await aReceiver();
  eu = await aTransmitter({ pushOrigins: [receiver.origin] });
  writer = new pg.Client({ connectionString: eu.database.url });
  await writer.connect();
});
afterAll(() => writer.end());

const streamRow = async () => (await eu.database.asOwner('select * from stream')).rows[0];
const isWaiting = async (): Promise<boolean> => {
  const { rows } = await eu.database.asOwner(
    `select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`,
  );
  return rows.length > 0;
};

test('that the failures are over is noted, also while somebody writes to the stream', async () => {
  const { stream_id: id } = await eu.stream({ delivery: receiver.delivery });
  const deliver = () => deliverStream(eu.exchange, id, new AbortController().signal);
  await eu.members.put('DEAEOF00000001');
  receiver.answer = () => ({ status: 503 });
  await deliver();
  expect(await streamRow()).toMatchObject({ attempts: 1, next_attempt_at: expect.any(String) });

  receiver.answer = () => ({ status: 202 });
  eu.clock.ahead = 3600;
  await writer.query('begin');
  await writer.query('select from stream for update');
  const delivery = deliver();
  await expect.poll(isWaiting, { timeout: 10_000 }).toBe(true);
  await writer.query('commit');
  expect(await delivery).toEqual({ outcome: 'done', settled: 1, retryAt: null });
  expect(await streamRow()).toMatchObject({ attempts: 0, next_attempt_at: null });
});
