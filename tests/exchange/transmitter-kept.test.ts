import { changeStreamStatus, createOutboundStream, inExchange, type Partner, readPartner } from '@mra/exchange';
import { describe, expect, test } from 'vitest';
import { runTimers, toldOf } from './streams.ts';
import { jtisOf, NUMBER, namesOf, seqsOf, shareTransmitter } from './transmitter.ts';

/** What is kept of a stream: what stopping it does to that, and what can be asked for again. */

const { eu } = shareTransmitter();

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

describe('Asking again: the replay of this exchange', () => {
  const replay = (stream_id: string, from: unknown) => eu.call('POST', '/exchange/streams/replay', { stream_id, from });
  const settled = async (...numbers: readonly number[]) => {
    const stream = await eu.stream();
    await eu.publish(...numbers);
    const { events } = await eu.poll(stream);
    await eu.poll(stream, { ack: jtisOf(events) });
    return { stream, events };
  };

  test('202: events from there on come again under the jti that they had, refused ones too', async () => {
    const { stream, events } = await settled(1, 2);
    await eu.publish(3);
    const [bad = ''] = jtisOf((await eu.poll(stream)).events);
    await eu.poll(stream, { setErrs: { [bad]: { err: 'invalid_request', description: 'for a test' } } });
    const answer = await replay(stream.stream_id, 2);
    expect([answer.statusCode, answer.json()]).toEqual([202, { stream_id: stream.stream_id, from: 2, to: 3 }]);
    const again = await eu.poll(stream);
    expect([seqsOf(again.events), jtisOf(again.events)]).toEqual([
      [2, 3],
      [jtisOf(events)[1], bad],
    ]);
    const { rows } = await eu.database.asOwner('select outcome, error from outbox where seq > 1');
    expect(rows).toEqual(Array(2).fill({ outcome: null, error: null }));
  });

  test('nothing to send again is no error', async () => {
    const { stream } = await settled(1);
    expect((await replay(stream.stream_id, 2)).json()).toMatchObject({ from: 2, to: 1 });
    expect((await eu.poll(stream)).events).toEqual([]);
  });

  test('410 where some are not kept any more, and nothing comes again', async () => {
    const { stream } = await settled(1, 2, 3);
    await eu.database.asOwner('delete from outbox where seq = 1');
    const answer = await replay(stream.stream_id, 1);
    expect(answer.json()).toMatchObject({
      status: 410,
      code: 'GONE',
      detail: 'The oldest that is kept is 2: load a snapshot.',
    });
    expect((await eu.poll(stream)).events).toEqual([]);
    expect((await replay(stream.stream_id, 2)).statusCode).toBe(202);
  });

  test('410 where a part between is not kept: it was dropped while the stream was disabled', async () => {
    const { stream } = await settled(1, 2);
    const { stream_id } = stream;
    await eu.publish(3);
    for (const status of ['disabled', 'enabled'])
      await eu.call('POST', '/exchange/streams/status', { stream_id, status });
    expect((await replay(stream_id, 3)).statusCode).toBe(410);
    eu.clock.ahead = 60;
    await eu.call('POST', '/exchange/streams/verify', { stream_id });
    expect(seqsOf((await eu.poll(stream)).events)).toEqual([4]);
    for (const from of [1, 3]) expect((await replay(stream_id, from)).statusCode).toBe(410);
    expect((await replay(stream_id, 4)).statusCode).toBe(202);
  });

  test('410 to what was never sent: the transmitter has lost its memory, or the receiver is of another one', async () => {
    const { stream } = await settled(1);
    expect((await replay(stream.stream_id, 10)).statusCode).toBe(410);
  });

  test('400 to a place that is none, 404 to a stream that is none', async () => {
    const { stream } = await settled(1);
    for (const from of [0, -1, 1.5, '1', null]) expect((await replay(stream.stream_id, from)).statusCode).toBe(400);
    expect((await replay('none', 1)).statusCode).toBe(404);
  });
});
