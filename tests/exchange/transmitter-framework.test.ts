import { changeStreamStatus, deliverStream, sendHeartbeats } from '@mra/exchange';
import { EVENT_TYPES, plainHttpFields, TransmitterMetadata } from '@mra/exchange-protocol';
import { decodeJwt, decodeProtectedHeader } from 'jose';
import { beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { as, createTestApi } from '../support/api.ts';
import { aMember } from '../support/members.ts';
import { aReceiver, aTransmitter, jtisOf, type Receiver, seqsOf, type Transmitter } from './transmitter.ts';

/**
 * Every MUST of the OpenID Shared Signals Framework 1.0 (final, August 2025) that binds a transmitter, by its section; behind it, where
 * there is one, the class of the public conformance suite that looks at it. Access (8.) and stream configuration (8.1.1) are in files of
 * their own. Not here: add and remove subject (8.1.3), which are optional and not offered, `inactivity_timeout` (8.1.1), which is not used,
 * and TLS, which is the gateway's.
 */

let eu: Transmitter;
let receiver: Receiver;
beforeAll(async () => {
  receiver = await aReceiver();
  eu = await aTransmitter({ pushOrigins: [receiver.origin] });
});
beforeEach(() => eu.clear());

const NUMBER = 'DEAEOF00000001';
const STREAMS = '/exchange/streams';
const UNKNOWN = '00000000-0000-4000-8000-000000000000';
const byTransmitter = (streamId: string, status: 'enabled' | 'paused' | 'disabled', reason: string | null = null) =>
  changeStreamStatus(eu.exchange, { streamId, status, reason, by: 'transmitter', partner: null });

describe('3. Subjects', () => {
  test('3.1 the subject of every event is in sub_id; 3.1.2 new event types have no subject in events', async () => {
    const stream = await eu.stream();
    await eu.members.put(NUMBER);
    await eu.call('POST', `${STREAMS}/verify`, { stream_id: stream.stream_id });
    const { events, sets } = await eu.poll(stream);
    expect(events.map(({ set }) => set.subject)).toEqual([
      { format: 'uri', uri: `urn:aeo-mra:member:eu-aeo:${NUMBER}` },
      { format: 'opaque', id: stream.stream_id },
    ]);
    for (const set of Object.values(sets)) {
      for (const payload of Object.values(decodeJwt(set).events as object))
        expect(payload).not.toHaveProperty('subject');
    }
  });

  test('3.1.4 each event is about one member; 3.4 in a registered format of RFC 9493', async () => {
    const stream = await eu.stream();
    for (const number of [NUMBER, 'DEAEOF00001/10', 'DEAEOF0000000 2']) await eu.members.put(number);
    const { events } = await eu.poll(stream);
    expect(events.map(({ set }) => set.subject)).toEqual(
      [NUMBER, 'DEAEOF00001%2F10', 'DEAEOF0000000%202'].map((number) => ({
        format: 'uri',
        uri: `urn:aeo-mra:member:eu-aeo:${number}`,
      })),
    );
  });
});

describe('4.1 The profile of SETs (AbstractOIDSSFTransmitterStreamVerificationTest)', () => {
  test('4.1.1 typed; 4.1.2 no sub; 4.1.6 iss is that of the stream; 4.1.7 no exp; 4.1.8 aud is that of the stream', async () => {
    const stream = await eu.stream();
    await eu.members.put(NUMBER);
    await eu.call('POST', `${STREAMS}/verify`, { stream_id: stream.stream_id });
    const sets = Object.values((await eu.poll(stream)).sets);
    expect(sets).toHaveLength(2);
    for (const set of sets) {
      expect(decodeProtectedHeader(set).typ).toBe('secevent+jwt');
      const claims = decodeJwt(set);
      expect(claims).not.toHaveProperty('sub');
      expect(claims).not.toHaveProperty('exp');
      expect(claims).toMatchObject({ iss: stream.iss, aud: stream.aud, iat: expect.any(Number) });
      expect(claims.iat).toBeLessThanOrEqual(Date.now() / 1000);
      expect(Object.keys(claims.events as object)).toHaveLength(1);
    }
  });

  test('4.1.9 txn is unique to what caused the events, and the same for all of one cause', async () => {
    const stream = await eu.stream();
    const csv = `number,type,validFrom,issuingCountry,name,consent\n${[1, 2]
      .map((n) => `DEAEOF0000010${n},AEOF,2019-04-01,DE,Muster ${n} GmbH,true\n`)
      .join('')}`;
    const imported = await eu.api.app.inject({
      method: 'POST',
      url: '/v1/imports?programme=eu-aeo&mode=delta',
      headers: { 'content-type': 'text/csv', ...(await as(['registry:write'], 'EU')) },
      payload: csv,
    });
    expect(imported.statusCode).toBe(200);
    await eu.members.put(NUMBER);
    const [first, second, third] = (await eu.poll(stream)).events.map(({ set }) => set.txn);
    expect(first).toBe(second);
    expect(third).not.toBe(first);
  });

  test('RFC 8417 2.2: jti, iat and events are there; no two events have one jti', async () => {
    const stream = await eu.stream();
    for (const n of [1, 2, 3]) await eu.members.put(`DEAEOF0000000${n}`);
    const { events } = await eu.poll(stream);
    expect(new Set(jtisOf(events)).size).toBe(3);
  });
});

describe('6.1 Delivery', () => {
  test('6.1.1 the authorization_header is sent with every push (OIDSSFTransmitterStreamVerificationPushTest)', async () => {
    receiver.arrivals.length = 0;
    const delivery = { ...receiver.delivery, authorization_header: 'Basic a secret of JP' };
    const stream = await eu.stream({ delivery });
    for (const n of [1, 2]) await eu.members.put(`DEAEOF0000000${n}`);
    await deliverStream(eu.exchange, stream.stream_id, AbortSignal.timeout(10_000));
    expect(receiver.arrivals.map(({ headers }) => headers.authorization)).toEqual(
      Array(2).fill('Basic a secret of JP'),
    );
    expect(JSON.stringify(eu.log)).not.toContain('a secret of JP');
  });

  test('6.1.2 each stream is polled at an address of its own (OIDSSFTransmitterPollEndpointUrlUniquePerStreamTest)', async () => {
    const jp = await eu.stream();
    const us = await eu.stream({}, { administration: 'US' });
    const again = await eu.call('DELETE', `${STREAMS}?stream_id=${jp.stream_id}`).then(() => eu.stream());
    const addresses = [jp, us, again].map(({ delivery }) => delivery.endpoint_url);
    expect(new Set(addresses).size).toBe(3);
    expect(addresses[0]).toBe(`https://eu.test/exchange/streams/${jp.stream_id}/poll`);
  });
});

describe('7. Discovery (OIDSSFTransmitterMetadataTest)', () => {
  const metadata = async () => (await eu.api.app.inject('/.well-known/ssf-configuration')).json();

  test('7.1 the issuer is the iss of the events, without query and fragment', async () => {
    const { issuer } = await metadata();
    const stream = await eu.stream();
    await eu.members.put(NUMBER);
    const [set = ''] = Object.values((await eu.poll(stream)).sets);
    expect(decodeJwt(set).iss).toBe(issuer);
    expect(issuer).toMatch(/^https:\/\/[^?#]+$/);
  });

  test('7.1 jwks_uri is there, and its keys verify the events; nothing private is in it', async () => {
    const { jwks_uri } = await metadata();
    expect(jwks_uri).toBe('https://eu.test/.well-known/jwks.json');
    const answer = await eu.api.app.inject('/.well-known/jwks.json');
    expect([answer.statusCode, answer.headers['content-type']]).toEqual([200, 'application/json; charset=utf-8']);
    const { keys } = answer.json();
    expect(keys.length).toBeGreaterThan(0);
    for (const key of keys) {
      expect(key).toMatchObject({ kid: expect.any(String), use: 'sig', alg: 'EdDSA' });
      for (const secret of ['d', 'p', 'q', 'dp', 'dq', 'qi', 'k', 'oth']) expect(key).not.toHaveProperty(secret);
    }
    const stream = await eu.stream();
    await eu.members.put(NUMBER);
    const [set = ''] = Object.values((await eu.poll(stream)).sets);
    expect(keys.map(({ kid }: { kid: string }) => kid)).toContain(decodeProtectedHeader(set).kid);
  });

  test('7.1 every address uses TLS where the issuer does; default_subjects is ALL or NONE; spec_urn is there', async () => {
    const read = TransmitterMetadata.parse(await metadata());
    expect(plainHttpFields(read)).toEqual([]);
    expect(read).toMatchObject({ default_subjects: 'ALL', authorization_schemes: [{ spec_urn: 'urn:ietf:rfc:6749' }] });
  });

  test('7.2 it is found under the well-known path; 7.2.3 200, application/json, lists that are not empty', async () => {
    const answer = await eu.api.app.inject('/.well-known/ssf-configuration');
    expect([answer.statusCode, answer.headers['content-type']]).toEqual([200, 'application/json; charset=utf-8']);
    for (const value of Object.values(answer.json())) expect(value).not.toEqual([]);
    expect(Object.keys(answer.json())).not.toContain('add_subject_endpoint');
  });

  test('7.2.1 of an issuer with a path it is found with that path behind; 7.2.4 the issuer is that which was asked', async () => {
    const issuer = 'https://hub.test/aeo/eu';
    const { app } = await createTestApi(eu.database, { exchange: { ...eu.exchange, issuer } });
    const answer = await app.inject('/.well-known/ssf-configuration/aeo/eu');
    expect([answer.statusCode, answer.json().issuer]).toEqual([200, issuer]);
    expect(answer.json().configuration_endpoint).toBe(`${issuer}/exchange/streams`);
  });

  test('a deployment without partners is no transmitter', async () => {
    const { app } = await createTestApi(eu.database);
    for (const path of ['ssf-configuration', 'jwks.json']) {
      expect((await app.inject(`/.well-known/${path}`)).statusCode).toBe(404);
    }
  });
});

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

describe('10. Privacy', () => {
  test('10.3.2 who has not consented is not sent', async () => {
    const stream = await eu.stream();
    await eu.members.put(NUMBER, aMember({ consent: { given: false } }));
    expect((await eu.poll(stream)).events).toEqual([]);
  });
});
