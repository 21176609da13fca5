import { deliverStream } from '@mra/exchange';
import { EVENT_TYPES } from '@mra/exchange-protocol';
import { decodeJwt } from 'jose';
import { describe, expect, test } from 'vitest';
import { jtisOf, NUMBER, namesOf, type Received, shareTransmitter } from './transmitter.ts';

/** Nothing of a member leaves once its communication has ended, also not what has waited or is sent again (exchange contract, section 2). */

const { eu, receiver } = shareTransmitter();
const withdraw = (from?: string) =>
  eu.members.event(NUMBER, {
    type: 'consent_withdrawn',
    partners: ['JP'],
    ...(from !== undefined && { effectiveFrom: from }),
  });
const ENDED = 'communicationEnded';
const toesOf = (events: readonly Received[]) => events.map(({ set }) => set.toe);

describe('a member withdraws its consent', () => {
  test('while its record waits for a poll: the place is kept, the name stays', async () => {
    const stream = await eu.stream();
    await eu.publish(1, 2);
    const first = await eu.poll(stream);
    expect(namesOf(first.events)).toEqual(['membershipPublished', 'membershipPublished']);
    await withdraw('2025-03-01T00:00:00Z');
    const again = await eu.poll(stream);
    expect(namesOf(again.events)).toEqual([ENDED, 'membershipPublished', ENDED]);
    expect(jtisOf(again.events).slice(0, 2)).toEqual(jtisOf(first.events));
    const [earlier, , last] = toesOf(again.events);
    expect([earlier, last]).toEqual(['2025-03-01T00:00:00.000Z', '2025-03-01T00:00:00.000Z']);
    expect(JSON.stringify(decodeJwt(Object.values(again.sets)[0] ?? ''))).not.toMatch(/GmbH|Hamburg|statuses/);
  });

  test('before all is replayed', async () => {
    const stream = await eu.stream();
    await eu.publish(1);
    await eu.members.event(NUMBER, { type: 'suspended' });
    const { events } = await eu.poll(stream);
    await eu.poll(stream, { ack: jtisOf(events) });
    await withdraw();
    const replayed = await eu.call('POST', '/exchange/streams/replay', { stream_id: stream.stream_id, from: 1 });
    expect(replayed.statusCode).toBe(202);
    expect(namesOf((await eu.poll(stream)).events)).toEqual([ENDED, ENDED, ENDED]);
  });

  test('while it waits for a push', async () => {
    const { stream_id: id } = await eu.stream({ delivery: receiver.delivery });
    await eu.publish(1, 2);
    await withdraw();
    await deliverStream(eu.exchange, id, new AbortController().signal);
    const pushed = receiver.arrivals.map(({ body }) => Object.keys(decodeJwt(body).events as object));
    expect(pushed).toEqual([
      [EVENT_TYPES.communicationEnded],
      [EVENT_TYPES.membershipPublished],
      [EVENT_TYPES.communicationEnded],
    ]);
  });

  test('and gives it again: its record is sent', async () => {
    const stream = await eu.stream();
    await eu.publish(1);
    await withdraw();
    await eu.members.event(NUMBER, { type: 'consent_given', partners: ['JP'] });
    const names = namesOf((await eu.poll(stream)).events);
    expect(names).toEqual(['membershipPublished', ENDED, 'membershipPublished']);
  });
});
