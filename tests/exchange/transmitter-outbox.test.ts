import {
  changeStreamStatus,
  createOutboundStream,
  inExchange,
  listenToOutbox,
  type OutboxBell,
  type Partner,
  pollStream,
  readPartner,
  sendHeartbeats,
} from '@mra/exchange';
import { PollRequest } from '@mra/exchange-protocol';
import { createPool } from '@mra/registry';
import { sql } from 'kysely';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { runTimers, toldOf } from './streams.ts';
import { aTransmitter, jtisOf, type Received, seqsOf, type Transmitter } from './transmitter.ts';

/** Numbers without gaps in the order of the commits, whatever transactions do; and what stopping a stream does to what is kept. */

let eu: Transmitter;
beforeAll(async () => {
  eu = await aTransmitter({ cadenceSeconds: 600 });
});
beforeEach(() => eu.clear());

const NUMBER = 'DEAEOF00000001';

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

const isWaiting = async (): Promise<boolean> => {
  const { rows } = await eu.database.asOwner(
    `select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`,
  );
  return rows.length > 0;
};
const namesOf = (events: readonly Received[]) => events.map(({ event }) => event.name);

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
    await expect.poll(isWaiting).toBe(true);
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
    await expect.poll(isWaiting).toBe(true);
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
    await expect.poll(isWaiting).toBe(true);
    await recording.end('commit');
    await making;
    const [told] = await toldOf(eu.database, 'JP');
    expect(told?.record.names).toMatchObject([{ name: 'Anders GmbH' }]);
  });
});

describe('a stream that is stopped', () => {
  const ask = (stream_id: string, status: string) => eu.call('POST', '/exchange/streams/status', { stream_id, status });
  const sweepOf = async () =>
    (await eu.database.asOwner('select swept_to, sweep_is_silent, last_seq from stream')).rows[0];

  test('a new one is gone through without events', async () => {
    await eu.members.put(NUMBER);
    const jp = await inExchange(eu.exchange.db, (tx) => readPartner(tx, 'JP'));
    expect(await createOutboundStream(eu.exchange, jp as Partner, {})).toMatchObject({ ok: true });
    expect(await sweepOf()).toEqual({ swept_to: 0, sweep_is_silent: true, last_seq: 0 });
    await runTimers(eu.database);
    expect(await sweepOf()).toMatchObject({ swept_to: null, last_seq: 0 });
    expect(await toldOf(eu.database, 'JP')).toHaveLength(1);
  });

  test('paused keeps everything, and needs no snapshot', async () => {
    const stream = await eu.stream();
    await ask(stream.stream_id, 'paused');
    await eu.members.put(NUMBER);
    await ask(stream.stream_id, 'enabled');
    expect(await sweepOf()).toMatchObject({ swept_to: null, last_seq: 1 });
    expect(seqsOf((await eu.poll(stream)).events)).toEqual([1]);
  });

  test('disabled drops what was kept: the gap shows, and its events are gone', async () => {
    const stream = await eu.stream();
    const { stream_id } = stream;
    await eu.members.put(NUMBER);
    await ask(stream_id, 'disabled');
    await eu.members.event(NUMBER, { type: 'suspended' });
    await ask(stream_id, 'enabled');
    expect(await sweepOf()).toMatchObject({ swept_to: 0, last_seq: 1 });
    await runTimers(eu.database);
    expect(seqsOf((await eu.poll(stream)).events)).toEqual([2]);
    const replayed = await eu.call('POST', '/exchange/streams/replay', { stream_id, from: 1 });
    expect(replayed.statusCode).toBe(410);
  });

  test('what happened while it was disabled is told once it is not, though no snapshot is loaded', async () => {
    const stream = await eu.stream();
    for (const n of [1, 2, 3]) await eu.members.put(`DEAEOF0000000${n}`);
    await eu.poll(stream, { ack: jtisOf((await eu.poll(stream)).events) });
    const by = { streamId: stream.stream_id, by: 'transmitter', partner: null, reason: null } as const;
    // From one stop to another nothing is announced: the receiver cannot know that it was disabled.
    for (const status of ['paused', 'disabled'] as const) await changeStreamStatus(eu.exchange, { ...by, status });
    await eu.members.event(NUMBER, { type: 'suspended' });
    await eu.members.event('DEAEOF00000002', { type: 'consent_withdrawn', partners: ['JP'] });
    await changeStreamStatus(eu.exchange, { ...by, status: 'enabled' });
    await runTimers(eu.database);
    const { events } = await eu.poll(stream);
    expect(namesOf(events).toSorted()).toEqual(['communicationEnded', 'statusChanged', 'streamUpdated']);
    expect((await toldOf(eu.database, 'JP')).map(({ number }) => number)).toEqual([NUMBER, 'DEAEOF00000003']);
  });

  test('a wish is a party’s own', async () => {
    const { stream_id: streamId } = await eu.stream();
    const wish = { streamId, status: 'paused', reason: null } as const;
    await expect(changeStreamStatus(eu.exchange, { ...wish, by: 'receiver', partner: null })).rejects.toThrow(
      TypeError,
    );
    await expect(changeStreamStatus(eu.exchange, { ...wish, by: 'transmitter', partner: 'JP' })).rejects.toThrow();
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
