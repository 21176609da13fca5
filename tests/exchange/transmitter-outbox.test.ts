import { inExchange } from '@mra/exchange';
import { createPool } from '@mra/registry';
import { sql } from 'kysely';
import { describe, expect, test } from 'vitest';
import { toldOf } from './streams.ts';
import { jtisOf, NUMBER, namesOf, seqsOf, shareTransmitter } from './transmitter.ts';

/** Numbers without gaps in the order of the commits, whatever transactions do. */

const { eu } = shareTransmitter();

/** A transaction of the exchange that puts an event into the stream and stays open until its gate is opened. */
function anOpenTransaction(streamId: string, { first = false }: { readonly first?: boolean } = {}) {
  const gate = Promise.withResolvers<void>();
  const reached = Promise.withResolvers<void>();
  const append = (tx: Parameters<Parameters<typeof inExchange>[1]>[0]) =>
    sql`select append_stream_event(${streamId}, 'verification', '{"state": "ours"}', 'test')`.execute(tx);
  const done = inExchange(eu.exchange.db, async (tx) => {
    await sql`select from stream`.execute(tx);
    if (first) await append(tx);
    reached.resolve();
    await gate.promise;
    if (!first) await append(tx);
  });
  return { begun: reached.promise, commit: gate.resolve, rollBack: () => gate.reject(new Error('rolled back')), done };
}

/** A recording that gives all members another name, tells the streams of it and stays open. `told`: events that it made. */
async function aRecording() {
  const pool = createPool({ url: eu.database.url, max: 1, role: null });
  const client = await pool.connect();
  await client.query('begin');
  const { rows: begun } = await client.query('select begin_recording() as at');
  await client.query(
    `update membership_record set names = '[{"name": "Anders GmbH", "kind": "legal"}]' where upper_inf(known)`,
  );
  const refresh = `select refresh_shares(array(select id from membership), $1, 'test') as told`;
  const { rows } = await client.query(refresh, [begun[0].at]);
  const end = async (how: 'commit' | 'rollback'): Promise<void> => {
    await client.query(how);
    client.release();
    await pool.end();
  };
  return { told: rows[0].told as number, end };
}

describe('transactions at the same time', () => {
  test('one that began first and commits last loses nothing and leaves no gap', async () => {
    const stream = await eu.stream();
    const slow = anOpenTransaction(stream.stream_id);
    await slow.begun;
    await eu.members.put(NUMBER);
    const early = await eu.poll(stream);
    expect(namesOf(early.events)).toEqual(['membershipPublished']);
    slow.commit();
    await slow.done;
    const late = await eu.poll(stream, { ack: jtisOf(early.events) });
    expect([seqsOf(early.events), seqsOf(late.events), namesOf(late.events)]).toEqual([[1], [2], ['verification']]);
  });

  test('one that drew its number holds up the next until it commits: no reader sees the later number first', async () => {
    const stream = await eu.stream();
    const slow = anOpenTransaction(stream.stream_id, { first: true });
    await slow.begun;
    const writing = eu.members.put(NUMBER);
    await expect.poll(eu.isWaiting).toBe(true);
    expect((await eu.poll(stream)).events).toEqual([]);
    slow.commit();
    await Promise.all([slow.done, writing]);
    const { events } = await eu.poll(stream);
    expect([seqsOf(events), namesOf(events)]).toEqual([
      [1, 2],
      ['verification', 'membershipPublished'],
    ]);
  });

  test('one that is rolled back leaves no number: the one that waited for it gets that', async () => {
    const stream = await eu.stream();
    const slow = anOpenTransaction(stream.stream_id, { first: true });
    await slow.begun;
    const writing = eu.members.put(NUMBER);
    await expect.poll(eu.isWaiting).toBe(true);
    slow.rollBack();
    await expect(slow.done).rejects.toThrow('rolled back');
    await writing;
    const { events } = await eu.poll(stream);
    expect([seqsOf(events), namesOf(events)]).toEqual([[1], ['membershipPublished']]);
  });

  test('a recording that is rolled back leaves no number and no trace', async () => {
    const stream = await eu.stream();
    await eu.members.put(NUMBER);
    const recording = await aRecording();
    expect(recording.told).toBe(1);
    await recording.end('rollback');
    await eu.members.event(NUMBER, { type: 'suspended' });
    const { events } = await eu.poll(stream);
    expect([seqsOf(events), namesOf(events)]).toEqual([
      [1, 2],
      ['membershipPublished', 'statusChanged'],
    ]);
  });

  test('a receiver that polls among many writers gets every number once, in order', async () => {
    const stream = await eu.stream();
    const { stream_id } = stream;
    const append = () =>
      inExchange(eu.exchange.db, (tx) =>
        sql`select append_stream_event(${stream_id}, 'verification', '{}', 'test')`.execute(tx),
      );
    const total = 80;
    const writers = Array.from({ length: total }, (_, n) =>
      n % 2 === 0 ? append() : eu.members.put(`DEAEOF000${String(n).padStart(5, '0')}`),
    );
    const seen: (number | null)[] = [];
    let ack: string[] = [];
    const done = Promise.all(writers).then(() => true);
    for (let isDone = false; !isDone || ack.length > 0; ) {
      isDone ||= await Promise.race([done, Promise.resolve(false)]);
      const { events } = await eu.poll(stream, { ack, maxEvents: 7 });
      seen.push(...seqsOf(events));
      ack = jtisOf(events);
    }
    expect(seen).toEqual(Array.from({ length: total }, (_, n) => n + 1));
  });

  test('a change under way while a stream is made is in its base: the sweep cannot pass it by', async () => {
    await eu.members.put(NUMBER);
    // It has told all streams there are, and is not committed.
    const recording = await aRecording();
    const making = eu.stream();
    await expect.poll(eu.isWaiting).toBe(true);
    await recording.end('commit');
    await making;
    const [told] = await toldOf(eu.database, 'JP');
    expect(told?.record.names).toMatchObject([{ name: 'Anders GmbH' }]);
  });
});
