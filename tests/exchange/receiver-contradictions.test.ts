import { describe, expect, test } from 'vitest';
import { A, aRecord, B, NOT_ACTIVE, RECOGNISED, STALE, shareReceiver, since, UNKNOWN } from './receiver.ts';

/** A partner whose later word contradicts an earlier one: nobody is recognised by it, and it shows. */

const it = shareReceiver();
const codes = () => it.rows('select seq, code, state from quarantine order by id');
const VERSION_BEHIND = { seq: 2, code: 'VERSION_BEHIND', state: 'open' };

describe('an event tells an older version of a member than one before it', () => {
  test('whoever was revoked stays so', async () => {
    const revoked = await it.jp.changed(1, aRecord(A, { version: 50, ...since('2024-06-03', 'revoked') }));
    await it.receive([revoked]);
    expect(await it.outcomes([await it.jp.changed(2, aRecord(A, { version: 3 }))])).toEqual(['invalid_request']);
    expect(await codes()).toEqual([VERSION_BEHIND]);
    expect(await it.ask(A)).toBe(NOT_ACTIVE);
  });

  test('whoever was active is in doubt until a later version comes', async () => {
    await it.receive([await it.jp.published(1, aRecord(A, { version: 9 }))]);
    await it.receive([await it.jp.changed(2, aRecord(A, { version: 8, ...since('2024-06-03') }))]);
    expect([await codes(), await it.ask(A)]).toEqual([[VERSION_BEHIND], STALE]);
    await it.receive([await it.jp.changed(3, aRecord(A, { version: 9, ...since('2024-06-03') }))]);
    expect(await it.ask(A)).toBe(NOT_ACTIVE);
    expect(await codes()).toEqual([{ ...VERSION_BEHIND, state: 'superseded' }]);
  });

  test('also within one set of events; the others go on', async () => {
    const sets = [
      await it.jp.published(1, aRecord(A, { version: 2, ...since('2024-06-03') })),
      await it.jp.changed(2, aRecord(A, { version: 1 })),
      await it.jp.published(3, aRecord(B)),
    ];
    expect(await it.outcomes(sets)).toEqual(['accepted', 'invalid_request', 'accepted']);
    expect([await it.ask(A), await it.ask(B)]).toEqual([NOT_ACTIVE, RECOGNISED]);
  });

  test('a member that was no longer communicated may come back with any', async () => {
    await it.receive([await it.jp.published(1, aRecord(A, { version: 9 })), await it.jp.ended(2, A)]);
    expect(await it.outcomes([await it.jp.published(3, aRecord(A, { version: 1 }))])).toEqual(['accepted']);
    expect(await it.ask(A)).toBe(RECOGNISED);
  });
});

describe('a place in the stream that comes with another event', () => {
  const REASON = 'the partner has used places of its stream twice';
  const state = async () => {
    const { needs_snapshot: needed, snapshot_reason: reason, last_applied: applied } = await it.stream();
    return { needed, reason, applied };
  };
  const reports = () => it.rows(`select kind, detail -> 'seqs' as seqs from exchange_report`);

  test('a snapshot says what went unread', async () => {
    await it.receive([await it.jp.published(1, aRecord(A)), await it.jp.published(2, aRecord(B))]);
    const again = await it.jp.changed(1, aRecord(B, since('2024-06-03')));
    expect(await it.outcomes([again])).toEqual(['duplicate']);
    expect(await state()).toEqual({ needed: true, reason: REASON, applied: 2 });
    expect(await reports()).toEqual([{ kind: 'seq_reused', seqs: [1] }]);
  });

  test('so it does for two events of one poll, and for one that waits', async () => {
    const sets = [await it.jp.published(1, aRecord(A)), await it.jp.changed(1, aRecord(B, since('2024-06-03')))];
    expect(await it.outcomes(sets)).toEqual(['accepted', 'duplicate']);
    expect(await state()).toEqual({ needed: true, reason: REASON, applied: 1 });
    await it.reset();
    await it.receive([await it.jp.published(3, aRecord(A))]);
    await it.receive([await it.jp.published(3, aRecord(B))]);
    expect(await reports()).toEqual([{ kind: 'seq_reused', seqs: [3] }]);
    expect([await it.ask(A), await it.ask(B)]).toEqual([UNKNOWN, UNKNOWN]);
  });

  test('the same event again, and one that a snapshot contains, say nothing of the kind', async () => {
    const first = await it.jp.published(1, aRecord(A));
    await it.receive([first]);
    await it.receive([first, first]);
    await it.rows('update inbound_stream set last_applied = 5');
    expect(await it.outcomes([await it.jp.published(4, aRecord(B))])).toEqual(['duplicate']);
    expect([await state(), await reports()]).toEqual([{ needed: false, reason: null, applied: 5 }, []]);
  });
});
