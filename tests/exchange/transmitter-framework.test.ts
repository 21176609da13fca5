import { deliverStream } from '@mra/exchange';
import { plainHttpFields, TransmitterMetadata } from '@mra/exchange-protocol';
import { decodeJwt, decodeProtectedHeader } from 'jose';
import { describe, expect, test } from 'vitest';
import { as, createTestApi } from '../support/api.ts';
import { aMember } from '../support/members.ts';
import { jtisOf, NUMBER, STREAMS, shareTransmitter } from './transmitter.ts';

/**
 * Every MUST of the OpenID Shared Signals Framework 1.0 (final, August 2025) that binds a transmitter, by its section; behind it, where
 * there is one, the class of the public conformance suite that looks at it. Access (8.), stream configuration (8.1.1) and the control of
 * streams (8.1.2, 8.1.4, 8.1.5) are in files of their own. Not here: add and remove subject (8.1.3), which are optional and not offered,
 * `inactivity_timeout` (8.1.1), which is not used, and TLS, which is the gateway's.
 */

const { eu, receiver } = shareTransmitter();

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

describe('10. Privacy', () => {
  test('10.3.2 who has not consented is not sent', async () => {
    const stream = await eu.stream();
    await eu.members.put(NUMBER, aMember({ consent: { given: false } }));
    expect((await eu.poll(stream)).events).toEqual([]);
  });
});
