import { receiveSets } from '@mra/exchange';
import { SET_ERROR_CODES } from '@mra/exchange-protocol';
import { generateKeyPair } from 'jose';
import { describe, expect, test } from 'vitest';
import { as } from '../support/api.ts';
import { A, aRecord, expectRefusal, NOT_ACTIVE, shareReceiver, since, UNKNOWN } from './receiver.ts';

/**
 * What RFC 8935 and RFC 8936 ask of a recipient, one test for each MUST and SHALL, by section. In brackets the class of the OpenID
 * conformance suite that looks at the same (prefix OIDSSFReceiver, suffix Test left out). What the requests of polls say (8936 2, 2.4.2,
 * 2.6) is in receiver-poll-requests.test.ts; that TLS is used and certificates are checked (8935 3, 5.3, 6; 8936 3, 4.3, 5) in
 * certificate-names.test.ts and untrusted-servers.test.ts.
 *
 * Not tested here:
 * - TLS 1.2 or newer at the endpoint, and RFC 7525 (8935 5.3; 8936 4.3): the gateway in front of the API ends TLS.
 * - legal agreements and consent (8935 6; 8936 5): that nothing is sent without them is in sharing.test.ts and sharing-terms.test.ts, that
 *   they exist is for the administrations.
 * - the threats of RFC 7521 section 8 (8936 4.4): those of the authorisation server; our assertions are in partner-client.test.ts.
 * - the form of new error codes (8935 7.1.1): this exchange registers none.
 */

const it = shareReceiver();
const good = () => it.jp.published(1, aRecord(A));

describe('RFC 8935, push', () => {
  describe('2: the recipient SHALL validate that', () => {
    test('it can parse the SET', () => expectRefusal(it, 'eyJhbGciOiJFZERTQSJ9.e30', 'invalid_request'));

    test('the SET is authentic: signed by a key that belongs to its issuer [InvalidSetRejection]', async () => {
      const { privateKey } = await generateKeyPair('EdDSA', { crv: 'Ed25519' });
      await expectRefusal(it, (await it.jp.published(1, aRecord(A), { key: privateKey })).compact, 'invalid_key');
      await expectRefusal(
        it,
        (await it.jp.published(1, aRecord(A), { header: { kid: 'none' } })).compact,
        'invalid_key',
      );
      const { compact } = await good();
      await expectRefusal(it, `${compact.slice(0, -8)}AAAAAAAA`, 'invalid_key');
    });

    test('it is identified as an intended audience [InvalidSetRejection]', async () => {
      const claims = { aud: 'https://other.test' };
      await expectRefusal(it, (await it.jp.published(1, aRecord(A), { claims })).compact, 'invalid_audience');
    });

    test('the issuer is one that it is willing to receive SETs from [InvalidSetRejection]', async () => {
      const claims = { iss: 'https://other.test' };
      await expectRefusal(it, (await it.jp.published(1, aRecord(A), { claims })).compact, 'invalid_issuer');
    });

    test('it is willing to accept this SET from this transmitter, for its issuer and its subject', async () => {
      const member = aRecord('DEAEOF00012345', { programme: 'eu-aeo' });
      await expectRefusal(it, (await it.jp.published(1, member)).compact, 'access_denied');
      await expectRefusal(it, (await it.us.published(1, aRecord(A))).compact, 'invalid_key');
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
    expect(await it.ask(A)).toBe(NOT_ACTIVE);
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
      // No language was asked for.
      expect(headers['content-language']).toBe('en');
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

  test('2.4: err is a code of the registry, in which each MUST be', async () => {
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
    expect(await it.ask(A)).toBe(UNKNOWN);
  });

  test('5.4: a body that is too long is not read', async () => {
    const { statusCode } = await it.push('x'.repeat(5 * 1024 * 1024));
    expect(statusCode).toBe(413);
    await expectRefusal(it, 'x'.repeat(3 * 1024 * 1024), 'invalid_request');
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
    expect(await it.ask(A)).toBe(UNKNOWN);
  });

  test('2.4: it SHOULD accept repeated SETs and acknowledge them regardless [RedeliveredSet]', async () => {
    const first = await good();
    await poll([first]);
    expect((await poll([first]))[0]).toEqual({ jti: first.jti, outcome: 'duplicate' });
  });

  test('2.6, RFC 8935 2.4: errors are codes of the registry, in which each MUST be [InvalidSetRejection]', async () => {
    const foreign = await it.jp.published(1, aRecord(A), { claims: { iss: 'https://other.test' } });
    const [receipt] = await poll([foreign]);
    expect(SET_ERROR_CODES).toContain(receipt?.error?.err);
    expect(receipt?.error?.description).toMatch(/^[A-Za-z].{10,}/);
  });
});
