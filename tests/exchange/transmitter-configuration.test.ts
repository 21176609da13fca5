import { EVENT_TYPES, POLL, SUPPORTED_EVENTS } from '@mra/exchange-protocol';
import { describe, expect, test } from 'vitest';
import { aMember } from '../support/members.ts';
import { JP_ISSUER, NUMBER, STREAMS, shareTransmitter, UNKNOWN } from './transmitter.ts';

/** OpenID Shared Signals Framework 1.0 section 8.1.1, as in transmitter-framework.test.ts. */

const { eu, receiver } = shareTransmitter();

describe('8.1.1 The configuration of a stream (OIDSSFStreamControlHappyPathTest)', () => {
  test('8.1.1.1 created: 201 with all that is required; without delivery it is polled, and the answer says where', async () => {
    const answer = await eu.call('POST', STREAMS, {});
    expect(answer.statusCode).toBe(201);
    const { stream_id } = answer.json();
    expect(answer.json()).toEqual({
      stream_id,
      iss: 'https://eu.test',
      aud: JP_ISSUER,
      events_supported: SUPPORTED_EVENTS,
      events_delivered: SUPPORTED_EVENTS,
      delivery: { method: POLL, endpoint_url: `https://eu.test/exchange/streams/${stream_id}/poll` },
      min_verification_interval: 10,
    });
    expect(stream_id).toMatch(/^[A-Za-z0-9._~-]{20,}$/);
  });

  test('8.1.1 fields that are not known, and event types that are not, are ignored', async () => {
    const events_requested = [EVENT_TYPES.statusChanged, 'urn:example:other'];
    const answer = await eu.call('POST', STREAMS, { events_requested, format: 'iss_sub', description: 'for JP' });
    expect(answer.json()).toMatchObject({
      events_requested,
      events_delivered: [EVENT_TYPES.statusChanged],
      description: 'for JP',
    });
  });

  test('8.1.1 what is in events_delivered is in the stream, and nothing else', async () => {
    const stream = await eu.stream({ events_requested: [EVENT_TYPES.statusChanged] });
    await eu.members.put(NUMBER);
    await eu.members.event(NUMBER, { type: 'suspended' });
    await eu.members.put(NUMBER, aMember({ names: [{ name: 'Anders GmbH', kind: 'legal' }] }));
    const { events } = await eu.poll(stream);
    expect(events.map(({ event }) => [event.seq, event.name])).toEqual([[1, 'statusChanged']]);
  });

  test('8.1.1 a stream has an id of its own', async () => {
    const ids = new Set<string>();
    for (const administration of ['JP', 'US', 'JP', 'US']) {
      const { stream_id } = await eu.stream({}, { administration });
      ids.add(stream_id);
      await eu.call('DELETE', `${STREAMS}?stream_id=${stream_id}`, undefined, { administration });
    }
    expect(ids.size).toBe(4);
  });

  test('8.1.1.1 a second one is 409 (OIDSSFStreamControlNegativeTestCreateStreamWithDuplicateConfig)', async () => {
    const answers = await Promise.all([1, 2, 3].map(() => eu.call('POST', STREAMS, {})));
    expect(answers.map(({ statusCode }) => statusCode).toSorted()).toEqual([201, 409, 409]);
    expect((await eu.call('GET', STREAMS)).json()).toHaveLength(1);
  });

  test.each([
    ['no JSON', '{"delivery": '],
    ['no object', '[]'],
    ['an unknown delivery', { delivery: { method: 'urn:example:fax', endpoint_url: 'https://jp.test/' } }],
    ['an address that is none', { delivery: { method: 'urn:ietf:rfc:8935', endpoint_url: 'jp.test' } }],
    ['an address of somebody else', { delivery: { method: 'urn:ietf:rfc:8935', endpoint_url: 'https://us.test/' } }],
    ['an address of ours', { delivery: { method: 'urn:ietf:rfc:8935', endpoint_url: 'http://127.0.0.1:5432/' } }],
    ['events that are no list', { events_requested: 'all' }],
  ])('8.1.1.1 400 to %s (…CreateStreamWithBrokenInput)', async (_, body) => {
    const answer = await eu.call('POST', STREAMS, body);
    expect([answer.statusCode, answer.headers['content-type']]).toEqual([
      400,
      'application/problem+json; charset=utf-8',
    ]);
    expect((await eu.call('GET', STREAMS)).json()).toEqual([]);
  });

  test('8.1.1.2 without a stream_id a list, which is empty where there is none; with it the stream', async () => {
    expect((await eu.call('GET', STREAMS)).json()).toEqual([]);
    const stream = await eu.stream({ description: 'for JP' });
    const named = await eu.call('GET', `${STREAMS}?stream_id=${stream.stream_id}`);
    expect([named.statusCode, named.headers['cache-control'], named.json()]).toEqual([200, 'no-store', stream]);
    expect((await eu.call('GET', STREAMS)).json()).toEqual([stream]);
  });

  test('8.1.1.2 404 to a stream_id that is none (…ReadUnknownStream)', async () => {
    await eu.stream();
    expect((await eu.call('GET', `${STREAMS}?stream_id=${UNKNOWN}`)).statusCode).toBe(404);
  });

  test('8.1.1.3 PATCH changes what is in it and nothing else; the answer is the whole', async () => {
    const stream = await eu.stream({ description: 'for JP', events_requested: [EVENT_TYPES.statusChanged] });
    const changed = await eu.call('PATCH', STREAMS, { stream_id: stream.stream_id, description: 'changed' });
    expect([changed.statusCode, changed.json()]).toEqual([200, { ...stream, description: 'changed' }]);
    const pushed = await eu.call('PATCH', STREAMS, { stream_id: stream.stream_id, delivery: receiver.delivery });
    expect(pushed.json()).toEqual({ ...stream, description: 'changed', delivery: receiver.delivery });
    expect((await eu.call('GET', STREAMS)).json()).toEqual([pushed.json()]);
  });

  test('8.1.1.4 PUT removes what is not in it; without delivery it is polled again', async () => {
    const stream = await eu.stream({ delivery: receiver.delivery, description: 'for JP' });
    const replaced = await eu.call('PUT', STREAMS, { stream_id: stream.stream_id, events_requested: [] });
    expect([replaced.statusCode, replaced.json()]).toMatchObject([
      200,
      { stream_id: stream.stream_id, events_requested: [], events_delivered: [], delivery: { method: POLL } },
    ]);
    expect(replaced.json()).not.toHaveProperty('description');
  });

  describe.each(['PATCH', 'PUT'] as const)('8.1.1.%s', (method) => {
    test('what the transmitter supplies must be right, as before the change; missing it is ignored', async () => {
      const stream = await eu.stream({ events_requested: [EVENT_TYPES.statusChanged] });
      const { stream_id, delivery } = stream;
      const wrong = { iss: 'https://us.test', aud: 'https://us.test', events_delivered: SUPPORTED_EVENTS };
      for (const [field, value] of Object.entries({ ...wrong, min_verification_interval: 1, inactivity_timeout: 60 })) {
        const refused = await eu.call(method, STREAMS, { stream_id, delivery, [field]: value });
        expect(refused.json(), field).toMatchObject({ status: 400, errors: [{ pointer: `/${field}` }] });
      }
      const whole = { ...stream, events_requested: [EVENT_TYPES.recordCorrected] };
      const changed = await eu.call(method, STREAMS, whole);
      expect([changed.statusCode, changed.json().events_delivered]).toEqual([200, [EVENT_TYPES.recordCorrected]]);
    });

    test('400 without stream_id, and to what is no JSON (…StreamWithInvalidBody)', async () => {
      await eu.stream();
      for (const body of [{}, '{"stream_id"', { stream_id: 1 }]) {
        expect((await eu.call(method, STREAMS, body)).statusCode).toBe(400);
      }
    });

    test('404 to a stream that is none (…UnknownStream)', async () => {
      expect((await eu.call(method, STREAMS, { stream_id: UNKNOWN })).statusCode).toBe(404);
    });
  });

  test('8.1.1.5 DELETE: 204 without a body, and then there is none', async () => {
    const { stream_id } = await eu.stream();
    await eu.members.put(NUMBER);
    const deleted = await eu.call('DELETE', `${STREAMS}?stream_id=${stream_id}`);
    expect([deleted.statusCode, deleted.body]).toEqual([204, '']);
    expect((await eu.call('DELETE', `${STREAMS}?stream_id=${stream_id}`)).statusCode).toBe(404);
    expect((await eu.poll({ stream_id })).status).toBe(404);
    const { rows } = await eu.database.asOwner(
      'select (select count(*) from outbox) + (select count(*) from share) as n',
    );
    expect(rows).toEqual([{ n: 0 }]);
  });

  test('8.1.1.5 400 without stream_id', async () => {
    expect((await eu.call('DELETE', STREAMS)).statusCode).toBe(400);
  });
});
