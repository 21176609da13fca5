import { receiveSets } from '@mra/exchange';
import { SET_ERROR_CODES } from '@mra/exchange-protocol';
import { generateKeyPair } from 'jose';
import { beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { as } from '../support/api.ts';
import { aRecord, createReceiver, numberOf, type Receiver, STREAMS, since } from './receiver.ts';

/**
 * What RFC 8935, RFC 8936 and the Shared Signals Framework 1.0 ask of a recipient, one test for each MUST and SHALL, by section. In
 * brackets the class of the OpenID conformance suite that looks at the same (prefix OIDSSFReceiver, suffix Test left out). What a
 * receiver does when it manages its stream at the transmitter is the worker's.
 */
let it: Receiver;
beforeAll(async () => {
  it = await createReceiver();
});
beforeEach(() => it.reset());

const A = numberOf(1);
const good = () => it.jp.published(1, aRecord(A));
const stream = (id: string = STREAMS.JP) => ({ subject: { format: 'opaque', id } });

/** Refused as RFC 8935 section 2.3 has it, and without effect. */
async function expectRefusal(compact: string, err: string): Promise<void> {
  const before = await it.registry();
  const answer = await it.push(compact);
  expect([answer.statusCode, answer.json().err]).toEqual([400, err]);
  expect(await it.registry()).toBe(before);
}

describe('RFC 8935, push', () => {
  describe('2: the recipient SHALL validate that', () => {
    test('it can parse the SET', () => expectRefusal('eyJhbGciOiJFZERTQSJ9.e30', 'invalid_request'));

    test('the SET is authentic: signed by a key that belongs to its issuer [InvalidSetRejection]', async () => {
      const { privateKey } = await generateKeyPair('EdDSA', { crv: 'Ed25519' });
      await expectRefusal((await it.jp.published(1, aRecord(A), { key: privateKey })).compact, 'invalid_key');
      await expectRefusal((await it.jp.published(1, aRecord(A), { header: { kid: 'none' } })).compact, 'invalid_key');
      const { compact } = await good();
      await expectRefusal(`${compact.slice(0, -8)}AAAAAAAA`, 'invalid_key');
    });

    test('it is identified as an intended audience [InvalidSetRejection]', async () => {
      const claims = { aud: 'https://other.test' };
      await expectRefusal((await it.jp.published(1, aRecord(A), { claims })).compact, 'invalid_audience');
    });

    test('the issuer is one that it is willing to receive SETs from [InvalidSetRejection]', async () => {
      const claims = { iss: 'https://other.test' };
      await expectRefusal((await it.jp.published(1, aRecord(A), { claims })).compact, 'invalid_issuer');
    });

    test('it is willing to accept this SET from this transmitter, for its issuer and its subject', async () => {
      const member = aRecord('DEAEOF00012345', { programme: 'eu-aeo' });
      await expectRefusal((await it.jp.published(1, member)).compact, 'access_denied');
      await expectRefusal((await it.us.published(1, aRecord(A))).compact, 'invalid_key');
    });
  });

  test('2: the SET SHOULD be persisted before the answer says so', async () => {
    const { compact, jti } = await good();
    expect((await it.push(compact)).statusCode).toBe(202);
    expect(await it.rows('select seq from inbound_event where jti = $1', [jti])).toEqual([{ seq: 1 }]);
  });

  test('2: the recipient MUST respond as if the SET had not been received before [RedeliveredSet]', async () => {
    const { compact } = await good();
    const bad = await it.jp.published(2, aRecord(A, { type: 'NONE' }));
    const answers = async (body: string) => {
      const { statusCode, body: text } = await it.push(body);
      return [statusCode, text];
    };
    const [first, refused] = [await answers(compact), await answers(bad.compact)];
    expect([first[0], refused[0]]).toEqual([202, 400]);
    expect([await answers(compact), await answers(bad.compact)]).toEqual([first, refused]);
  });

  test('2: it MUST NOT depend on the SET being transmitted again once it has acknowledged it', async () => {
    const second = await it.jp.changed(2, aRecord(A, since('2024-06-03')));
    expect((await it.push(second.compact)).statusCode).toBe(202);
    expect((await it.push((await good()).compact)).statusCode).toBe(202);
    expect(await it.ask(A)).toBe('not_recognised NOT_ACTIVE');
  });

  test('2.1: one SET as application/secevent+jwt, whatever case and parameters the media type has', async () => {
    const { compact } = await good();
    for (const type of ['application/jwt', 'application/json', 'text/plain']) {
      const refused = await it.push(compact, { 'content-type': type });
      expect([refused.statusCode, refused.headers.accept]).toEqual([415, 'application/secevent+jwt']);
    }
    expect((await it.push(compact, { 'content-type': 'Application/SecEvent+JWT; charset=utf-8' })).statusCode).toBe(
      202,
    );
  });

  test('2.2: success SHALL be 202, with an empty body', async () => {
    const { statusCode, body, headers } = await it.push((await good()).compact);
    expect([statusCode, body, headers['content-type']]).toEqual([202, '', undefined]);
  });

  describe('2.3: a failure to parse, validate or authenticate', () => {
    test('SHALL be 400, with application/json of err and description', async () => {
      const { statusCode, headers, ...answer } = await it.push('no token');
      expect([statusCode, headers['content-type']]).toEqual([400, 'application/json; charset=utf-8']);
      expect(answer.json()).toEqual({
        err: 'invalid_request',
        description: expect.stringMatching(/^The body is not /),
      });
    });

    test.each(['de, fr;q=0.5', 'ja', '', '*'])(
      'MUST name the language in Content-Language, English where %j cannot be had',
      async (language) => {
        const { headers } = await it.push('no token', { 'accept-language': language });
        expect(headers['content-language']).toBe('en');
      },
    );
  });

  test('2.4: err is a code of the registry of error codes', async () => {
    const codes = [
      (await it.push('')).json().err,
      (await it.push((await it.jp.published(1, aRecord(A), { claims: { aud: 'x' } })).compact)).json().err,
      (await it.push((await it.jp.published(1, aRecord(A, { programme: 'eu-aeo' }))).compact)).json().err,
    ];
    expect(codes).toEqual(['invalid_request', 'invalid_audience', 'access_denied']);
    expect(SET_ERROR_CODES).toEqual(expect.arrayContaining(codes));
  });

  test('3: who transmits is authenticated by the HTTP request, and holds nobody else’s right', async () => {
    const { compact } = await good();
    expect((await it.push(compact, { authorization: '' })).statusCode).toBe(401);
    expect((await it.push(compact, await as(['registry:write', 'operations'], 'JP'))).statusCode).toBe(403);
    expect((await it.push(compact, await as(['exchange']))).statusCode).toBe(403);
    expect((await it.push(compact, await as(['exchange'], 'BR'))).statusCode).toBe(403);
    // A partner that is polled pushes nothing.
    expect((await it.push(compact, await as(['exchange'], 'US'))).statusCode).toBe(404);
    expect(await it.ask(A)).toBe('not_recognised UNKNOWN_TRADER');
  });

  test('5.4: a body that is too long is not read', async () => {
    const { statusCode } = await it.push('x'.repeat(5 * 1024 * 1024));
    expect(statusCode).toBe(413);
    await expectRefusal('x'.repeat(3 * 1024 * 1024), 'invalid_request');
  });
});

describe('RFC 8936, poll', () => {
  const poll = async (sets: readonly { compact: string; jti: string }[]) =>
    (await receiveSets(it.exchange, it.jp.partner, sets)).receipts;

  test('2: the recipient MUST acknowledge receipt of each SET, or report its error, by its jti', async () => {
    const sets = [await it.jp.heartbeat(4), await good(), await it.jp.published(2, aRecord(A, { type: 'NONE' }))];
    const receipts = await poll(sets);
    expect(receipts.map(({ jti }) => jti)).toEqual(sets.map(({ jti }) => jti));
    expect(receipts.map(({ outcome }) => outcome)).toEqual(['waiting', 'accepted', 'error']);
  });

  test('2: once it has acknowledged a SET it SHALL be responsible for its retention', async () => {
    await poll([await it.jp.changed(2, aRecord(A, since('2024-06-03')))]);
    const [kept] = await it.rows('select waiting -> $$payload$$ as payload from inbound_event');
    expect(kept).toMatchObject({ payload: { seq: 2 } });
  });

  test('2: it SHALL NOT report errors other than those of parsing and validation: its own failures leave the SET open', async () => {
    const first = await good();
    await it.rows('alter table copy rename to gone');
    await expect(poll([first])).rejects.toThrow();
    await it.rows('alter table gone rename to copy');
    expect((await poll([first]))[0]?.outcome).toBe('accepted');
  });

  test('2.3: a SET returned under another name than its jti is none of that name', async () => {
    const { compact } = await good();
    const [receipt] = await poll([{ compact, jti: 'another' }]);
    expect(receipt).toMatchObject({ jti: 'another', outcome: 'error', error: { err: 'invalid_request' } });
    expect(await it.ask(A)).toBe('not_recognised UNKNOWN_TRADER');
  });

  test('2.4: it SHOULD accept repeated SETs and acknowledge them regardless [RedeliveredSet]', async () => {
    const first = await good();
    await poll([first]);
    expect((await poll([first]))[0]).toEqual({ jti: first.jti, outcome: 'duplicate' });
  });

  test('2.6: errors MUST be codes of the registry of error codes [InvalidSetRejection]', async () => {
    const foreign = await it.jp.published(1, aRecord(A), { claims: { iss: 'https://other.test' } });
    const [receipt] = await poll([foreign]);
    expect(SET_ERROR_CODES).toContain(receipt?.error?.err);
    expect(receipt?.error?.description).toMatch(/^[A-Za-z].{10,}/);
  });
});

describe('Shared Signals Framework 1.0, receiver', () => {
  test('3.1: the subject is in sub_id', async () => {
    const { compact } = await it.jp.published(1, aRecord(A), { claims: { sub_id: undefined } });
    await expectRefusal(compact, 'invalid_request');
  });

  test('3.6: an event MUST be discarded whose subject has a member that cannot be processed', async () => {
    const subject = { format: 'complex', user: { format: 'email', email: 'a@b.test' } };
    await expectRefusal((await it.jp.published(1, aRecord(A), { subject })).compact, 'invalid_request');
  });

  test('4.1.1: SETs MUST be typed', async () => {
    for (const typ of [undefined, 'JWT', 'at+jwt']) {
      await expectRefusal((await it.jp.published(1, aRecord(A), { header: { typ } })).compact, 'invalid_request');
    }
  });

  test('4.1.2, 4.1.7: sub and exp MUST NOT be there', async () => {
    for (const claims of [{ sub: A }, { exp: 9_999_999_999 }]) {
      await expectRefusal((await it.jp.published(1, aRecord(A), { claims })).compact, 'invalid_request');
    }
  });

  test('4.1.6: receivers MUST validate iss against that of the stream and of the transmitter’s configuration', async () => {
    const claims = { iss: `${it.jp.partner.issuer}/` };
    await expectRefusal((await it.jp.published(1, aRecord(A), { claims })).compact, 'invalid_issuer');
  });

  test('4.1.8: aud may be several, one of which is the receiver', async () => {
    const claims = { aud: ['https://other.test', it.exchange.issuer] };
    expect((await it.push((await it.jp.published(1, aRecord(A), { claims })).compact)).statusCode).toBe(202);
  });

  test('4.2.1: events is one event', async () => {
    const { compact } = await it.jp.published(1, aRecord(A), { claims: { events: {} } });
    await expectRefusal(compact, 'invalid_request');
  });

  test('4.2.3: receivers MUST ignore fields that they do not understand, wherever they are', async () => {
    const { compact } = await it.jp.published(1, aRecord(A, { colour: 'blue' }), {
      claims: { mood: 'good', sub_id: { format: 'uri', uri: `urn:aeo-mra:member:jp-aeo:${A}`, since: 2019 } },
      header: { extra: true },
      payload: { weather: { today: 'rain' } },
    });
    expect((await it.push(compact)).statusCode).toBe(202);
    expect(await it.ask(A)).toBe('recognised RECOGNISED');
  });

  test('6.1: all events of the stream can be received, none of another type [SupportedEvents]', async () => {
    const corrected = await it.jp.event('recordCorrected', { seq: 3, agreement: 'eu-jp-2010', record: aRecord(A) });
    const sets = [await good(), await it.jp.changed(2, aRecord(A)), corrected, await it.jp.ended(4, A)];
    expect(await it.outcomes(sets)).toEqual(Array(4).fill('accepted'));
    const other = 'https://schemas.openid.net/secevent/caep/event-type/session-revoked';
    expect(await it.outcomes([await it.jp.event(other, { event_timestamp: 1 }, stream())])).toEqual([
      'invalid_request',
    ]);
    expect((await it.stream()).last_applied).toBe(4);
  });

  describe('8.1.4.1: a verification event', () => {
    const expecting = (state: string) => it.rows('update inbound_stream set expected_state = $1', [state]);

    test('with the state that was asked for is accepted, and then awaited no longer [StreamVerification]', async () => {
      await expecting('asked');
      expect(await it.outcomes([await it.jp.heartbeat(1, 'asked')])).toEqual(['accepted']);
      expect((await it.stream()).expected_state).toBeNull();
    });

    test('that nobody asked for is accepted where it has no state [UnsolicitedStreamVerification]', async () => {
      expect(await it.outcomes([await it.jp.heartbeat(1), await it.jp.heartbeat(null)])).toEqual([
        'accepted',
        'accepted',
      ]);
    });

    test('SHALL have the expected state, else the error is invalid_state [VerificationWrongState]', async () => {
      await expecting('asked');
      await expectRefusal((await it.jp.heartbeat(1, 'another')).compact, 'invalid_state');
      expect((await it.stream()).expected_state).toBe('asked');
      expect(await it.outcomes([await it.jp.heartbeat(2, 'asked')])).toEqual(['accepted']);
      expect(await it.outcomes([await it.jp.heartbeat(3, 'asked')])).toEqual(['invalid_state']);
    });

    test('MUST have the stream as its opaque subject [VerificationWrongSubject]', async () => {
      await expectRefusal((await it.jp.heartbeat(1, null, stream('another'))).compact, 'invalid_request');
      const subject = { format: 'uri', uri: STREAMS.JP };
      await expectRefusal((await it.jp.heartbeat(2, null, { subject })).compact, 'invalid_request');
      expect(await it.rows('select from quarantine')).toEqual([]);
      expect((await it.stream()).last_applied).toBe(2);
    });

    test('8.1.4.2: MUST NOT be depended on to come at once or in any order [VerificationBehindQueuedEvents]', async () => {
      await expecting('asked');
      const sets = [
        await good(),
        await it.jp.changed(2, aRecord(A, since('2024-06-03'))),
        await it.jp.heartbeat(3, 'asked'),
      ];
      expect(await it.outcomes(sets)).toEqual(Array(3).fill('accepted'));
      await expecting('again');
      expect(await it.outcomes([await it.jp.heartbeat(null, 'again')])).toEqual(['accepted']);
    });
  });

  describe('8.1.5: a stream-updated event [TransmitterInitiatedStatusChange]', () => {
    const updated = (seq: number, status: string, changes: object = stream()) =>
      it.jp.event('streamUpdated', { seq, status, reason: 'maintenance' }, changes);

    test('is acknowledged and reported', async () => {
      expect((await it.push((await updated(1, 'paused')).compact)).statusCode).toBe(202);
      expect(await it.rows('select kind, detail from exchange_report')).toEqual([
        { kind: 'stream_updated', detail: { seq: 1, status: 'paused', reason: 'maintenance' } },
      ]);
      expect((await it.stream()).needs_snapshot).toBe(false);
    });

    test.each(['disabled', 'enabled'])(
      '%s: changes may have been left out, so a snapshot is needed',
      async (status) => {
        expect(await it.outcomes([await updated(1, status)])).toEqual(['accepted']);
        const { needs_snapshot, snapshot_reason, heard_at } = await it.stream();
        expect([needs_snapshot, snapshot_reason, heard_at]).toEqual([
          true,
          `the partner has ${status} the stream`,
          null,
        ]);
      },
    );

    test('MUST have the stream as its opaque subject', async () => {
      await expectRefusal((await updated(1, 'disabled', stream('another'))).compact, 'invalid_request');
      expect((await it.stream()).needs_snapshot).toBe(false);
    });
  });

  test('9.3: events of subjects that were removed MUST be tolerated and not reported as errors [RemovedSubjectEvent]', async () => {
    const sets = [
      await good(),
      await it.jp.ended(2, A),
      await it.jp.ended(3, A),
      await it.jp.ended(4, numberOf(2)),
      await it.jp.changed(5, aRecord(A)),
    ];
    expect(await it.outcomes(sets)).toEqual(Array(5).fill('accepted'));
  });
});
