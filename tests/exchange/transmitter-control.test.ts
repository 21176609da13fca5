import { deliverStream } from '@mra/exchange';
import { SET_MEDIA_TYPE } from '@mra/exchange-protocol';
import { decodeJwt } from 'jose';
import { expect, test } from 'vitest';
import { type Caller, NUMBER, STREAMS, shareTransmitter, UNKNOWN } from './transmitter.ts';

/**
 * What stands in the conformance suite for transmitters beside the MUSTs of the framework (prefix OIDSSFTransmitter or
 * OIDSSFStreamControlNegativeTest left out), and the authentication of RFC 8935 section 3.
 */

const { eu, receiver } = shareTransmitter({ receiveBy: 'push' });

const allStreams = async () => (await eu.database.asOwner('select * from stream')).rows;

test('6.1.1: without an authorization_header of the receiver none that it gave is sent, but our own access token [PushNoAuth]', async () => {
  const stream = await eu.stream({ delivery: receiver.delivery });
  await eu.members.put(NUMBER);
  await deliverStream(eu.exchange, stream.stream_id, AbortSignal.timeout(10_000));
  // The suite warns of any header here. Partners authenticate by OAuth (exchange contract, section 1), so that a push brings a token too.
  expect(receiver.arrivals.map(({ method }) => method)).toEqual(['POST']);
  const [scheme, token = ''] = receiver.arrivals[0]?.headers.authorization?.split(' ') ?? [];
  expect(scheme).toBe('Bearer');
  expect(decodeJwt(token)).toMatchObject({ iss: eu.exchange.issuer, scope: 'exchange', administration: 'EU' });
});

test.each<[string, Caller['scopes']]>([
  ['only reads', ['registry:read', 'recognition:read']],
  ['names no scope', []],
])(
  'RFC 6750 3.1: with a token that %s no stream is made: 403 insufficient_scope [CreateStreamWithReadOnlyToken]',
  async (_, scopes = []) => {
    const refused = await eu.call('POST', STREAMS, {}, { scopes });
    expect([refused.statusCode, refused.headers['www-authenticate']]).toEqual([
      403,
      'Bearer error="insufficient_scope", scope="exchange"',
    ]);
    expect(await allStreams()).toEqual([]);
  },
);

test('8.1.1.5: 404 to the deletion of a stream that is none, and the others stay [DeleteUnknownStream]', async () => {
  await eu.stream();
  const before = await allStreams();
  for (const id of [UNKNOWN, 'no-uuid', `${before[0]?.id}x`]) {
    const refused = await eu.call('DELETE', `${STREAMS}?stream_id=${encodeURIComponent(id)}`);
    expect([id, refused.statusCode]).toEqual([id, 404]);
  }
  expect(await allStreams()).toEqual(before);
});

test('8.1.1.5: 404 to the second deletion of a stream [DeleteUnknownStream]', async () => {
  const { stream_id } = await eu.stream();
  const statuses = [];
  for (const _ of [1, 2]) statuses.push((await eu.call('DELETE', `${STREAMS}?stream_id=${stream_id}`)).statusCode);
  expect(statuses).toEqual([204, 404]);
});

test.each([
  ['no token', undefined, /^Bearer$/],
  ['a token that is none', 'Bearer a.b.c', /^Bearer error="invalid_token"$/],
  ['another scheme', 'Basic dXNlcjpwYXNzd29yZA==', /^Bearer/],
])(
  'RFC 8935 3: a push with %s is answered 401 with a challenge (RFC 6750 section 3)',
  async (_, authorization, challenge) => {
    const answer = await eu.api.app.inject({
      ...{ method: 'POST', url: '/exchange/events', payload: 'a.b.c' },
      headers: { 'content-type': SET_MEDIA_TYPE, ...(authorization !== undefined && { authorization }) },
    });
    expect(answer.statusCode).toBe(401);
    expect(answer.headers['www-authenticate']).toMatch(challenge);
    expect((await eu.database.asOwner('select from inbound_event')).rowCount).toBe(0);
  },
);

test('RFC 8935 3: a push without the scope is answered 403 with a challenge that names it', async () => {
  const answer = await eu.call('POST', '/exchange/events', {}, { scopes: ['registry:write'] });
  expect([answer.statusCode, answer.headers['www-authenticate']]).toEqual([
    403,
    'Bearer error="insufficient_scope", scope="exchange"',
  ]);
});
