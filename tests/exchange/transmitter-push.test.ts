import { deliverStream } from '@mra/exchange';
import { decodeProtectedHeader } from 'jose';
import { beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type SelfSigned, startSelfSigned } from './fixtures/self-signed.ts';
import { aReceiver, aTransmitter, type Receiver, type Reply, type Transmitter } from './transmitter.ts';

/**
 * Every MUST of RFC 8935 that binds a transmitter, by its section, and what follows of its SHOULDs about sending again. That TLS is used, and
 * the name in a certificate (3, 5.3, 6), is in certificate-names.test.ts. Not tested here: the versions of TLS and RFC 7525 (5.3), which
 * are those of Node as it comes, and agreements and consent (6), which are those of sharing-terms.test.ts.
 */

let eu: Transmitter;
let receiver: Receiver;
let untrusted: SelfSigned;
beforeAll(async () => {
  receiver = await aReceiver();
  untrusted = await startSelfSigned((request, response) => {
    request.resume().on('end', () => response.writeHead(202).end());
  });
  eu = await aTransmitter({ pushOrigins: [receiver.origin, untrusted.origin] });
});
beforeEach(async () => {
  receiver.arrivals.length = 0;
  receiver.answer = () => ({ status: 202 });
  await eu.clear();
});

const deliver = (id: string) => deliverStream(eu.exchange, id, new AbortController().signal);
const rowsOf = async () =>
  (await eu.database.asOwner('select seq, outcome, error from outbox order by seq')).rows as readonly object[];
const refusal = (err: string): Reply => ({
  status: 400,
  headers: { 'content-type': 'application/json', 'content-language': 'en' },
  body: JSON.stringify({ err, description: 'for a test' }),
});

describe('2.1 Transmitting a SET', () => {
  test('POST; Content-Type MUST be application/secevent+jwt, Accept application/json, and the body MUST be the SET', async () => {
    const stream = await eu.stream({ delivery: receiver.delivery });
    await eu.publish(1, 2);
    expect(await deliver(stream.stream_id)).toEqual({ outcome: 'done', settled: 2, retryAt: null });
    expect(receiver.arrivals).toHaveLength(2);
    for (const [index, { method, headers, body }] of receiver.arrivals.entries()) {
      expect(method).toBe('POST');
      expect(headers).toMatchObject({ 'content-type': 'application/secevent+jwt', accept: 'application/json' });
      // Section 2.3: in which language an error is to be described.
      expect(headers['accept-language']).toBe('en');
      expect((await eu.read(body, stream)).event.seq).toBe(index + 1);
    }
  });

  test('without an authorization_header our access token is shown, which names whom it is for', async () => {
    const stream = await eu.stream({ delivery: receiver.delivery });
    await eu.publish(1);
    await deliver(stream.stream_id);
    const token = receiver.arrivals[0]?.headers.authorization?.replace('Bearer ', '') ?? '';
    expect(decodeProtectedHeader(token)).toMatchObject({ typ: 'at+jwt' });
  });
});

describe('2.2 Success', () => {
  test('202 acknowledges: it is not sent again', async () => {
    const stream = await eu.stream({ delivery: receiver.delivery });
    await eu.publish(1);
    for (const _ of [1, 2]) await deliver(stream.stream_id);
    expect(receiver.arrivals).toHaveLength(1);
    expect(await rowsOf()).toEqual([{ seq: 1, outcome: 'delivered', error: null }]);
  });

  test.each([200, 201, 204])('%i does not: a page of a proxy is no receipt', async (status) => {
    const stream = await eu.stream({ delivery: receiver.delivery });
    await eu.publish(1);
    receiver.answer = () => ({ status });
    expect(await deliver(stream.stream_id)).toMatchObject({ outcome: 'later', settled: 0 });
    expect(await rowsOf()).toEqual([{ seq: 1, outcome: null, error: null }]);
  });
});

describe('2.3, 2.4 Failure', () => {
  test.each(['invalid_request', 'access_denied', 'invalid_state', 'jwtParse'])(
    '400 %s is about the event: kept with its error, told to operations, never sent again; the next follows',
    async (err) => {
      const stream = await eu.stream({ delivery: receiver.delivery });
      await eu.publish(1, 2);
      receiver.answer = (_, index) => (index === 0 ? refusal(err) : { status: 202 });
      expect(await deliver(stream.stream_id)).toEqual({ outcome: 'done', settled: 2, retryAt: null });
      await deliver(stream.stream_id);
      expect(receiver.arrivals).toHaveLength(2);
      const error = { err, description: 'for a test' };
      expect(await rowsOf()).toEqual([
        { seq: 1, outcome: 'refused', error },
        { seq: 2, outcome: 'delivered', error: null },
      ]);
      const { rows } = await eu.database.asOwner('select partner, kind, detail from exchange_report');
      const detail = { streamId: stream.stream_id, seq: 1, error };
      expect(rows).toEqual([{ partner: 'JP', kind: 'delivery_refused', detail }]);
    },
  );

  test.each(['invalid_key', 'invalid_issuer', 'invalid_audience', 'authentication_failed'])(
    '400 %s would come for every event: the order is kept, the same event comes again',
    async (err) => {
      const stream = await eu.stream({ delivery: receiver.delivery });
      await eu.publish(1, 2);
      receiver.answer = (_, index) => (index === 0 ? refusal(err) : { status: 202 });
      expect(await deliver(stream.stream_id)).toMatchObject({ outcome: 'later', settled: 0 });
      eu.clock.ahead = 3600;
      expect(await deliver(stream.stream_id)).toMatchObject({ outcome: 'done', settled: 2 });
      const seqs = await Promise.all(
        receiver.arrivals.map(async ({ body }) => (await eu.read(body, stream)).event.seq),
      );
      expect(seqs).toEqual([1, 1, 2]);
    },
  );
});

describe('3, 5.3 Confidentiality', () => {
  test('the certificate of the server MUST be checked: nothing is sent to one that nobody vouches for', async () => {
    const delivery = { ...receiver.delivery, endpoint_url: `${untrusted.origin}/exchange/events` };
    const stream = await eu.stream({ delivery });
    await eu.publish(1);
    expect(await deliver(stream.stream_id)).toMatchObject({ outcome: 'later', settled: 0 });
    const { rows } = await eu.database.asOwner('select last_error from stream');
    expect(rows[0].last_error).toMatch(/SELF_SIGNED/);
    expect(untrusted.arrivals).toEqual([]);
  });
});
