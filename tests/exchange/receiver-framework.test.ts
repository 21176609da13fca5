import { describe, expect, test } from 'vitest';
import { A, aRecord, expectRefusal, numberOf, RECOGNISED, STREAMS, shareReceiver, since } from './receiver.ts';

/**
 * What the Shared Signals Framework 1.0 asks of a receiver, one test for each MUST and SHALL, by section. In brackets the class of the
 * OpenID conformance suite that looks at the same (prefix OIDSSFReceiver, suffix Test left out). What a receiver does when it manages
 * its stream at the transmitter is the worker's.
 */

const it = shareReceiver();
const good = () => it.jp.published(1, aRecord(A));
const stream = (id: string = STREAMS.JP) => ({ subject: { format: 'opaque', id } });

describe('Shared Signals Framework 1.0, receiver', () => {
  test('3.1: the subject is in sub_id; one that says another member than the event is refused, one left out is not missed', async () => {
    const subject = { format: 'uri', uri: `urn:aeo-mra:member:jp-aeo:${A}0` };
    await expectRefusal(it, (await it.jp.published(1, aRecord(A), { subject })).compact, 'invalid_request');
    const { compact } = await it.jp.published(2, aRecord(A), { claims: { sub_id: undefined } });
    expect((await it.push(compact)).statusCode).toBe(202);
    expect(await it.ask(A)).toBe(RECOGNISED);
  });

  test('3.6: an event MUST be discarded whose subject has a member that cannot be processed', async () => {
    const subject = { format: 'complex', user: { format: 'email', email: 'a@b.test' } };
    await expectRefusal(it, (await it.jp.published(1, aRecord(A), { subject })).compact, 'invalid_request');
  });

  test('4.1.1: SETs MUST be typed', async () => {
    for (const typ of [undefined, 'JWT', 'at+jwt']) {
      await expectRefusal(it, (await it.jp.published(1, aRecord(A), { header: { typ } })).compact, 'invalid_request');
    }
  });

  test('4.1.2, 4.1.7: sub and exp MUST NOT be there', async () => {
    for (const claims of [{ sub: A }, { exp: 9_999_999_999 }]) {
      await expectRefusal(it, (await it.jp.published(1, aRecord(A), { claims })).compact, 'invalid_request');
    }
  });

  test('4.1.6: receivers MUST validate iss against that of the stream and of the transmitter’s configuration', async () => {
    const claims = { iss: `${it.jp.partner.issuer}/` };
    await expectRefusal(it, (await it.jp.published(1, aRecord(A), { claims })).compact, 'invalid_issuer');
  });

  test('4.1.8: aud may be several, one of which is the receiver', async () => {
    const claims = { aud: ['https://other.test', it.exchange.issuer] };
    expect((await it.push((await it.jp.published(1, aRecord(A), { claims })).compact)).statusCode).toBe(202);
  });

  test('4.2.1: events is one event', async () => {
    const { compact } = await it.jp.published(1, aRecord(A), { claims: { events: {} } });
    await expectRefusal(it, compact, 'invalid_request');
  });

  test('4.2.3: receivers MUST ignore fields that they do not understand, wherever they are', async () => {
    const { compact } = await it.jp.published(1, aRecord(A, { colour: 'blue' }), {
      claims: { mood: 'good', sub_id: { format: 'uri', uri: `urn:aeo-mra:member:jp-aeo:${A}`, since: 2019 } },
      header: { extra: true },
      payload: { weather: { today: 'rain' } },
    });
    expect((await it.push(compact)).statusCode).toBe(202);
    expect(await it.ask(A)).toBe(RECOGNISED);
  });

  test('6.1: all events of the stream can be received, none of another type [SupportedEvents]', async () => {
    const corrected = await it.jp.event('recordCorrected', { seq: 3, agreement: 'eu-jp-2010', record: aRecord(A) });
    const sets = [await good(), await it.jp.changed(2, aRecord(A)), corrected, await it.jp.ended(4, A)];
    expect(await it.outcomes(sets)).toEqual(Array(4).fill('accepted'));
    const other = 'https://schemas.openid.net/secevent/caep/event-type/session-revoked';
    expect(await it.outcomes([await it.jp.event(other, { event_timestamp: 1 }, stream())])).toEqual([
      'invalid_request',
    ]);
    expect(await it.lastApplied()).toBe(4);
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
      await expectRefusal(it, (await it.jp.heartbeat(1, 'another')).compact, 'invalid_state');
      expect((await it.stream()).expected_state).toBe('asked');
      expect(await it.outcomes([await it.jp.heartbeat(2, 'asked')])).toEqual(['accepted']);
      expect(await it.outcomes([await it.jp.heartbeat(3, 'asked')])).toEqual(['invalid_state']);
    });

    test('MUST have the stream as its opaque subject [VerificationWrongSubject]', async () => {
      await expectRefusal(it, (await it.jp.heartbeat(1, null, stream('another'))).compact, 'invalid_request');
      const subject = { format: 'uri', uri: STREAMS.JP };
      await expectRefusal(it, (await it.jp.heartbeat(2, null, { subject })).compact, 'invalid_request');
      expect(await it.rows('select from quarantine')).toEqual([]);
      expect(await it.lastApplied()).toBe(2);
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
      await expectRefusal(it, (await updated(1, 'disabled', stream('another'))).compact, 'invalid_request');
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
