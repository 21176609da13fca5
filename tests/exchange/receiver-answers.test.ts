import { describe, expect, test } from 'vitest';
import { A, aRecord, numberOf, period, RECOGNISED, STALE, shareReceiver, since, UNKNOWN } from './receiver.ts';

const it = shareReceiver();

describe('what partners tell decides answers', () => {
  test('a member that is published is recognised, and was not known before', async () => {
    expect(await it.ask(A)).toBe(UNKNOWN);
    expect(await it.outcomes([await it.jp.published(1, aRecord(A))])).toEqual(['accepted']);
    expect(await it.ask(A)).toBe(RECOGNISED);
    expect(await it.ask(A, '2019-03-31T23:59:59Z')).toBe('not_recognised NOT_ACTIVE');
  });

  test('a suspended one is not active from then on, a reinstated one is again', async () => {
    await it.receive([await it.jp.published(1, aRecord(A))]);
    await it.receive([await it.jp.changed(2, aRecord(A, since('2024-06-03')))]);
    expect(await it.ask(A)).toBe('not_recognised NOT_ACTIVE');
    expect(await it.ask(A, '2024-06-02T23:59:59Z')).toBe(RECOGNISED);
    const reinstated = [
      period('active', '2019-04-01', '2024-06-03'),
      period('suspended', '2024-06-03', '2024-07-01'),
      period('active', '2024-07-01'),
    ];
    await it.receive([await it.jp.changed(3, aRecord(A, { statuses: reinstated }))]);
    expect(await it.ask(A)).toBe(RECOGNISED);
    expect(await it.ask(A, '2024-06-15T00:00:00Z')).toBe('not_recognised NOT_ACTIVE');
  });

  test('an end that was told beforehand takes effect at its instant without another event', async () => {
    const statuses = [period('active', '2019-04-01', '2031-01-01'), period('expired', '2031-01-01')];
    await it.receive([await it.jp.published(1, aRecord(A, { statuses, validTo: '2031-01-01' }))]);
    expect(await it.ask(A, '2030-12-31T23:59:59Z')).toBe(RECOGNISED);
    expect(await it.ask(A, '2031-01-01T00:00:00Z')).toBe('not_recognised NOT_ACTIVE');
  });

  test('nobody is active after validTo or before validFrom, also where the periods do not say so', async () => {
    await it.receive([await it.jp.published(1, aRecord(A, { validFrom: '2020-01-01', validTo: '2025-01-01' }))]);
    expect(await it.ask(A, '2019-12-31T23:59:59Z')).toBe('not_recognised NOT_ACTIVE');
    expect(await it.ask(A, '2024-12-31T23:59:59Z')).toBe(RECOGNISED);
    expect(await it.ask(A)).toBe('not_recognised NOT_ACTIVE');
  });

  test('one that is no longer communicated is unknown from then on, and was not revoked', async () => {
    await it.receive([await it.jp.published(1, aRecord(A))]);
    await it.receive([await it.jp.ended(2, A, { toe: '2025-05-01T00:00:00Z' })]);
    expect(await it.ask(A)).toBe(UNKNOWN);
    expect(await it.ask(A, '2025-04-30T23:59:59Z')).toBe(RECOGNISED);
    const [status] = await it.rows(`select status from membership_status where upper_inf(known) and upper_inf(valid)`);
    expect(status).toEqual({ status: 'active' });
  });

  test('communicated again, it is known again, but not for the time between', async () => {
    await it.receive([await it.jp.published(1, aRecord(A))]);
    await it.receive([await it.jp.ended(2, A, { toe: '2025-05-01T00:00:00Z' })]);
    const communicated = { from: '2025-09-01T00:00:00Z', to: null };
    await it.receive([await it.jp.published(3, aRecord(A), { payload: { communicated } })]);
    expect(await it.ask(A)).toBe(RECOGNISED);
    expect(await it.ask(A, '2025-06-01T00:00:00Z')).toBe(UNKNOWN);
    expect(await it.ask(A, '2025-04-01T00:00:00Z')).toBe(RECOGNISED);
  });

  test('a consent with an end takes effect on this side too', async () => {
    const communicated = { from: '2020-01-01T00:00:00Z', to: '2030-01-01T00:00:00Z' };
    await it.receive([await it.jp.published(1, aRecord(A), { payload: { communicated } })]);
    expect(await it.ask(A, '2019-12-31T23:59:59Z')).toBe(UNKNOWN);
    expect(await it.ask(A)).toBe(RECOGNISED);
    expect(await it.ask(A, '2030-01-01T00:00:00Z')).toBe(UNKNOWN);
  });

  test('it is known to the administration whose partner JP is, and to nobody else', async () => {
    await it.receive([await it.jp.published(1, aRecord(A))]);
    expect(await it.rows('select scope, partners from membership_consent')).toEqual([
      { scope: 'none', partners: ['EU'] },
    ]);
  });
});

describe('what cannot be read', () => {
  test('puts the copy in doubt until a later event about the member applies', async () => {
    await it.receive([await it.jp.published(1, aRecord(A)), await it.jp.published(2, aRecord(numberOf(2)))]);
    const bad = await it.jp.changed(3, aRecord(A, { statuses: [period('on holiday', '2024-01-01')] }));
    expect(await it.outcomes([bad])).toEqual(['invalid_request']);
    expect([await it.ask(A), await it.ask(numberOf(2))]).toEqual([STALE, RECOGNISED]);
    await it.receive([await it.jp.changed(4, aRecord(A, since('2024-06-03')))]);
    expect(await it.ask(A)).toBe('not_recognised NOT_ACTIVE');
    const [entry] = await it.rows('select state, decided_by from quarantine');
    expect(entry).toEqual({ state: 'superseded', decided_by: 'exchange' });
  });

  test('the same within one set of events', async () => {
    const bad = (seq: number) => it.jp.changed(seq, aRecord(A, { type: 'NONE' }));
    await it.receive([await it.jp.published(1, aRecord(A)), await bad(2), await it.jp.changed(3, aRecord(A))]);
    expect(await it.ask(A)).toBe(RECOGNISED);
    await it.receive([await it.jp.changed(4, aRecord(A, { issuingOffice: 'Kobe' })), await bad(5)]);
    expect(await it.ask(A)).toBe(STALE);
    const states = await it.rows('select seq, state from quarantine order by seq');
    expect(states).toEqual([
      { seq: 2, state: 'superseded' },
      { seq: 5, state: 'open' },
    ]);
  });

  test('an end that cannot be read is a doubt as well', async () => {
    await it.receive([await it.jp.published(1, aRecord(A))]);
    const ended = await it.jp.ended(2, A, { payload: { agreement: 'No Agreement' } });
    expect(await it.outcomes([ended])).toEqual(['invalid_request']);
    expect(await it.ask(A)).toBe(STALE);
  });

  test('whom it is about not even that: both sides are to compare what is held', async () => {
    await it.receive([await it.jp.published(1, aRecord(A))]);
    expect((await it.stream()).compared_at).not.toBeNull();
    await it.receive([await it.jp.event('statusChanged', { seq: 2, agreement: 'eu-jp-2010', record: 'lost' })]);
    expect((await it.stream()).compared_at).toBeNull();
    expect(await it.rows('select programme, number, code from quarantine')).toEqual([
      { programme: null, number: null, code: 'SCHEMA_INVALID' },
    ]);
  });

  test('a partner makes no other partner’s copy doubtful', async () => {
    await it.receive([await it.jp.published(1, aRecord(A))]);
    const foreign = await it.us.changed(1, aRecord(A, since('2020-01-01', 'revoked')));
    expect(await it.outcomes([foreign], it.us)).toEqual(['access_denied']);
    expect(await it.ask(A)).toBe(RECOGNISED);
  });
});

describe('silence', () => {
  /** As if every note of having been heard were that much older. */
  const age = (seconds: number) =>
    it.rows(`update synchronisation set synchronised_at = synchronised_at - make_interval(secs => ${seconds})`);

  test('for longer than 1.5 cadences makes answers indeterminate, and any event in its turn ends that', async () => {
    await it.receive([await it.jp.published(1, aRecord(A))]);
    await age(1.5 * 3600 - 60);
    expect(await it.ask(A)).toBe(RECOGNISED);
    await age(120);
    expect(await it.ask(A)).toBe(STALE);
    await it.receive([await it.jp.heartbeat(2)]);
    expect(await it.ask(A)).toBe(RECOGNISED);
  });

  test.each([
    ['an event that came before', async () => [await it.jp.published(1, aRecord(A), { jti: 'first' })]],
    ['an event beyond a gap', async () => [await it.jp.heartbeat(3)]],
    ['a verification outside the sequence', async () => [await it.jp.heartbeat(null)]],
    ['a verification that nobody asked for', async () => [await it.jp.heartbeat(2, 'somebody else’s')]],
    ['an event signed by nobody known', async () => [await it.jp.heartbeat(2, null, { header: { kid: 'other' } })]],
  ])('is not ended by %s', async (_, make) => {
    await it.receive([await it.jp.published(1, aRecord(A), { jti: 'first' })]);
    await age(2 * 3600);
    await it.receive(await make());
    expect(await it.ask(A)).toBe(STALE);
  });

  test('is not ended while a snapshot is needed, since what was missed is not known', async () => {
    await it.receive([await it.jp.published(1, aRecord(A))]);
    await age(2 * 3600);
    await it.rows('update inbound_stream set needs_snapshot = true');
    expect(await it.outcomes([await it.jp.heartbeat(2)])).toEqual(['accepted']);
    expect(await it.ask(A)).toBe(STALE);
  });

  test('a bad record in its turn is heard: the others stay fresh', async () => {
    await it.receive([await it.jp.published(1, aRecord(A))]);
    await age(2 * 3600);
    await it.receive([await it.jp.published(2, aRecord(numberOf(2), { type: 'NONE' }))]);
    expect(await it.ask(A)).toBe(RECOGNISED);
  });

  test('is noted at most once a minute, however much is heard', async () => {
    for (let seq = 1; seq <= 5; seq += 1) await it.receive([await it.jp.heartbeat(seq)]);
    expect(await it.rows('select administration, max_age_seconds from synchronisation')).toEqual([
      { administration: 'JP', max_age_seconds: 5400 },
    ]);
    expect((await it.stream()).last_applied).toBe(5);
  });
});
