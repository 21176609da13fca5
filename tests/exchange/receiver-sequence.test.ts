import { applyWaiting, receiveSets } from '@mra/exchange';
import { exportJWK, generateKeyPair } from 'jose';
import { describe, expect, test } from 'vitest';
import {
  A,
  aRecord,
  B,
  NOT_ACTIVE,
  numberOf,
  RECOGNISED,
  type Sent,
  shareReceiver,
  since,
  UNKNOWN,
} from './receiver.ts';

/** Events take effect once and in the order of their places in the stream, however often and in whatever order they come. */

const it = shareReceiver();
const askFrom = async (sets: readonly Sent[]) => (await receiveSets(it.exchange, it.jp.partner, sets)).askFrom;

describe('an event is lost', () => {
  test('nothing behind it is applied, it is asked for again, and then all are applied in order', async () => {
    await it.receive([await it.jp.published(1, aRecord(A))]);
    const lost = await it.jp.changed(2, aRecord(A, since('2024-06-03')));
    const third = await it.jp.published(3, aRecord(B));
    expect(await askFrom([third])).toBe(2);
    expect([await it.ask(B), await it.lastApplied()]).toEqual([UNKNOWN, 1]);
    expect(await askFrom([await it.jp.heartbeat(4)])).toBe(2);
    expect(await it.outcomes([lost])).toEqual(['accepted']);
    expect([await it.ask(A), await it.ask(B), await it.lastApplied()]).toEqual([NOT_ACTIVE, RECOGNISED, 4]);
    expect(await it.rows('select from inbound_event where waiting is not null')).toEqual([]);
  });

  test('what waits is kept when it is acknowledged, whatever happens to the process', async () => {
    expect(await it.outcomes([await it.jp.changed(2, aRecord(A, since('2024-06-03')))])).toEqual(['waiting']);
    const [kept] = await it.rows(
      'select seq, waiting -> $$payload$$ -> $$record$$ ->> $$number$$ as number from inbound_event',
    );
    expect(kept).toEqual({ seq: 2, number: A });
  });

  test('more than a thousand behind a gap are not kept, and come again', async () => {
    await it.rows(
      `insert into inbound_event (partner, jti, seq, received_at, waiting)
       select 'JP', 'waiting-' || n, n, now(), '{}' from generate_series(2, 1001) n`,
    );
    const late = await it.jp.heartbeat(1002);
    expect(await it.outcomes([late])).toEqual(['not_kept']);
    expect(await it.rows('select from inbound_event where jti = $1', [late.jti])).toEqual([]);
    const pushed = await it.push(late.compact);
    expect([pushed.statusCode, pushed.headers['retry-after']]).toEqual([503, '2']);
  });

  test('behind a snapshot what it contains waits no longer, and what follows it is applied', async () => {
    const waiting = [
      await it.jp.published(3, aRecord(A, since('2024-06-03'))),
      await it.jp.published(5, aRecord(B)),
      await it.jp.heartbeat(6),
      await it.jp.heartbeat(8),
    ];
    expect(await it.outcomes(waiting)).toEqual(Array(4).fill('waiting'));
    await it.rows('update inbound_stream set last_applied = 4');
    expect(await applyWaiting(it.exchange, it.jp.partner)).toBe(7);
    expect([await it.ask(A), await it.ask(B), await it.lastApplied()]).toEqual([UNKNOWN, RECOGNISED, 6]);
    expect(await it.rows('select seq from inbound_event where waiting is not null')).toEqual([{ seq: 8 }]);
  });

  test('a bad one beyond the gap is told at once and put aside in its turn', async () => {
    const bad = await it.jp.published(2, aRecord(B, { type: 'NONE', version: 0 }));
    expect(await it.outcomes([bad])).toEqual(['invalid_request']);
    expect(await it.rows('select from quarantine')).toEqual([]);
    await it.receive([await it.jp.published(1, aRecord(A))]);
    expect(await it.rows('select seq, number from quarantine')).toEqual([{ seq: 2, number: B }]);
    expect([await it.lastApplied(), await it.outcomes([bad])]).toEqual([2, ['invalid_request']]);
  });
});

describe('an event comes again', () => {
  test('gets the answer that it got before, and has no effect', async () => {
    const first = await it.jp.published(1, aRecord(A));
    const bad = await it.jp.published(2, aRecord(B, { type: 'NONE' }));
    const beyond = await it.jp.heartbeat(4);
    const before = await it.outcomes([first, bad, beyond]);
    expect(before).toEqual(['accepted', 'invalid_request', 'waiting']);
    const registry = await it.registry();
    expect(await it.outcomes([first, bad, beyond])).toEqual(['duplicate', 'invalid_request', 'waiting']);
    expect([await it.registry(), (await it.rows('select from quarantine')).length]).toEqual([registry, 1]);
  });

  test('within one set as well', async () => {
    const first = await it.jp.published(1, aRecord(A));
    expect(await it.outcomes([first, first])).toEqual(['accepted', 'duplicate']);
    expect(await it.rows('select version from membership_record')).toEqual([{ version: 1 }]);
  });

  test('a day later, after the member was suspended, it does not lift the suspension', async () => {
    const yesterday = { claims: { iat: Math.floor(Date.now() / 1000) - 86_400 } };
    const published = await it.jp.published(1, aRecord(A), yesterday);
    await it.receive([published]);
    await it.receive([await it.jp.changed(2, aRecord(A, since('2024-06-03')))]);
    const registry = await it.registry();
    expect(await it.outcomes([published])).toEqual(['duplicate']);
    expect([await it.registry(), await it.ask(A)]).toEqual([registry, NOT_ACTIVE]);
  });

  test('under a new jti it is known by its place in the sequence', async () => {
    await it.receive([await it.jp.published(1, aRecord(A)), await it.jp.changed(2, aRecord(A, since('2024-06-03')))]);
    const registry = await it.registry();
    expect(await it.outcomes([await it.jp.published(1, aRecord(A))])).toEqual(['duplicate']);
    expect(await it.registry()).toBe(registry);
  });

  test('with the other signature that an ES256 token has, it is the same event', async () => {
    const { privateKey, publicKey } = await generateKeyPair('ES256', { extractable: true });
    const jwk = { ...(await exportJWK(publicKey)), kid: 'es', alg: 'ES256', use: 'sig' };
    const partner = { ...it.jp.partner, jwks: { keys: [jwk] } };
    const header = { alg: 'ES256', kid: 'es' };
    const { compact } = await it.jp.published(1, aRecord(A), { key: privateKey, header });
    const twin = otherSignature(compact);
    expect(twin).not.toBe(compact);
    const { receipts } = await receiveSets(it.exchange, partner, [{ compact }, { compact: twin }]);
    expect(receipts.map(({ outcome }) => outcome)).toEqual(['accepted', 'duplicate']);
  });

  test('an event of years ago that comes for the first time is applied: there is no oldest one', async () => {
    const old = { claims: { iat: 1_000_000_000 } };
    expect(await it.outcomes([await it.jp.published(1, aRecord(A), old)])).toEqual(['accepted']);
  });

  test('at the same time by two ways, it is applied once', async () => {
    const sets = [await it.jp.published(1, aRecord(A)), await it.jp.published(2, aRecord(B))];
    const both = await Promise.all([it.outcomes(sets), it.outcomes(sets), it.outcomes(sets)]);
    expect(both.flat().toSorted()).toEqual(['accepted', 'accepted', ...Array(4).fill('duplicate')]);
    expect(await it.rows('select version from membership_record')).toEqual([{ version: 1 }, { version: 1 }]);
    expect(await it.lastApplied()).toBe(2);
  });
});

describe('events come in another order', () => {
  test('of one poll they are applied by their places, so the last word holds', async () => {
    const sets = [
      await it.jp.changed(3, aRecord(A, since('2024-06-03'))),
      await it.jp.published(1, aRecord(A)),
      await it.jp.changed(2, aRecord(A, { issuingOffice: 'Kobe' })),
    ];
    expect(await it.outcomes(sets)).toEqual(['accepted', 'accepted', 'accepted']);
    expect([await it.ask(A), await it.lastApplied()]).toEqual([NOT_ACTIVE, 3]);
  });

  test('one by one, the later waits for the earlier', async () => {
    expect(await it.outcomes([await it.jp.changed(2, aRecord(A, since('2024-06-03')))])).toEqual(['waiting']);
    expect(await it.ask(A)).toBe(UNKNOWN);
    expect(await it.outcomes([await it.jp.published(1, aRecord(A))])).toEqual(['accepted']);
    expect(await it.ask(A)).toBe(NOT_ACTIVE);
  });

  test('more than one recording holds, they all arrive in one order', async () => {
    const sets = await Promise.all(
      Array.from({ length: 250 }, (_, index) => it.jp.published(index + 1, aRecord(numberOf(index + 1)))),
    );
    expect(new Set(await it.outcomes(sets.toReversed()))).toEqual(new Set(['accepted']));
    expect([await it.lastApplied(), (await it.rows('select from copy')).length]).toEqual([250, 250]);
  });
});

/** r and n − s make as good a signature as r and s (FIPS 186-5 section 6.4.2). */
function otherSignature(compact: string): string {
  const [header, payload, seal = ''] = compact.split('.');
  const bytes = Buffer.from(seal, 'base64url');
  const order = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n;
  const s = (order - BigInt(`0x${bytes.subarray(32).toString('hex')}`)).toString(16).padStart(64, '0');
  return `${header}.${payload}.${Buffer.concat([bytes.subarray(0, 32), Buffer.from(s, 'hex')]).toString('base64url')}`;
}
