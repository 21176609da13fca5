import { registerPartners } from '@mra/exchange';
import { describe, expect, test } from 'vitest';
import { A, aRecord, B, NOT_ACTIVE, numberOf, period, RECOGNISED, shareReceiver, since } from './receiver.ts';

/** What fails at the receiver and not at the event: nothing is lost of it, and nothing of it is half done. */

const it = shareReceiver();
const suspended = () => aRecord(A, since('2024-06-03'));

describe('whatever goes wrong on this side', () => {
  test('nothing is noted when the recording fails, and the event is applied when it comes again', async () => {
    await it.receive([await it.jp.published(1, aRecord(A))]);
    const suspension = await it.jp.changed(2, suspended());
    await it.rows('alter table synchronisation rename to gone');
    try {
      await it.rows(`update inbound_stream set heard_at = null`);
      await expect(it.receive([suspension])).rejects.toThrow();
    } finally {
      await it.rows('alter table gone rename to synchronisation');
    }
    expect([await it.ask(A), await it.lastApplied()]).toEqual([RECOGNISED, 1]);
    expect(await it.outcomes([suspension])).toEqual(['accepted']);
    expect(await it.ask(A)).toBe(NOT_ACTIVE);
  });

  test('what the registry refuses though no check did is put aside, and the others of the set go on', async () => {
    // A constraint that no check of the receiver knows.
    await it.rows(`alter table membership_record add constraint no_kobe check (issuing_office <> 'Kobe') not valid`);
    try {
      const sets = [
        await it.jp.published(1, aRecord(A)),
        await it.jp.published(3, aRecord(B, { issuingOffice: 'Kobe' })),
        await it.jp.published(4, aRecord(numberOf(3))),
      ];
      expect(await it.outcomes(sets)).toEqual(['accepted', 'waiting', 'waiting']);
      expect(await it.outcomes([await it.jp.heartbeat(2)])).toEqual(['accepted']);
    } finally {
      await it.rows('alter table membership_record drop constraint no_kobe');
    }
    expect([await it.ask(A), await it.ask(numberOf(3)), await it.lastApplied()]).toEqual([RECOGNISED, RECOGNISED, 4]);
    expect(await it.rows('select seq, code, number from quarantine')).toEqual([
      { seq: 3, code: 'NOT_STORABLE', number: B },
    ]);
  });

  test('the same where it is refused only at the commit, and for those that had waited', async () => {
    await it.rows(`
      create function refuse_brokers() returns trigger language plpgsql as $$
      begin raise exception 'no brokers' using errcode = 'check_violation'; end $$`);
    await it.rows(`create constraint trigger no_brokers after insert on membership_status deferrable initially deferred
                     for each row when (new.type = 'BROKER') execute function refuse_brokers()`);
    const broker = {
      type: 'BROKER',
      statuses: [{ ...period('active', '2019-04-01'), type: 'BROKER', component: 'BROKER' }],
    };
    try {
      const waiting = [await it.jp.published(3, aRecord(B, broker)), await it.jp.published(4, aRecord(numberOf(4)))];
      expect(await it.outcomes(waiting)).toEqual(['waiting', 'waiting']);
      const sets = [await it.jp.published(1, aRecord(A)), await it.jp.published(2, aRecord(numberOf(3), broker))];
      expect(await it.outcomes(sets)).toEqual(['accepted', 'invalid_request']);
    } finally {
      await it.rows('drop trigger no_brokers on membership_status');
      await it.rows('drop function refuse_brokers');
    }
    expect([await it.ask(A), await it.ask(numberOf(4)), await it.lastApplied()]).toEqual([RECOGNISED, RECOGNISED, 4]);
    expect(await it.rows('select seq, code from quarantine order by seq')).toEqual([
      { seq: 2, code: 'NOT_STORABLE' },
      { seq: 3, code: 'NOT_STORABLE' },
    ]);
  });

  test('without a stream nothing is taken: it must come again', async () => {
    await it.rows('update inbound_stream set stream_id = null');
    const first = await it.jp.published(1, aRecord(A));
    await expect(it.receive([first])).rejects.toMatchObject({ name: 'NoInboundStream' });
    const pushed = await it.push(first.compact);
    expect([pushed.statusCode, pushed.json().code]).toEqual([503, 'SERVICE_UNAVAILABLE']);
  });

  test('keys that cannot be fetched say nothing about the event: it must come again', async () => {
    const { partner } = it.jp;
    await registerPartners(it.exchange.db, [{ ...partner, jwks: null, jwksUrl: 'http://127.0.0.1:9/jwks.json' }]);
    const first = await it.jp.published(1, aRecord(A));
    const pushed = await it.push(first.compact);
    expect([pushed.statusCode, pushed.headers['retry-after']]).toEqual([503, '2']);
    await registerPartners(it.exchange.db, [partner]);
    expect(await it.outcomes([first])).toEqual(['accepted']);
  });
});
