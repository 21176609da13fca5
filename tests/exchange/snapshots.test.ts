import { setTimeout as pause } from 'node:timers/promises';
import { compareDigest } from '@mra/exchange';
import { beforeAll, describe, expect, test } from 'vitest';
import { aTrader, createLoadingPair, type LoadingPair, numberOf, one, reportsOf } from './loading.ts';

/** A snapshot brings all that is communicated, ends what is no longer, and loses nothing that changes meanwhile. */

describe('a first load', () => {
  let pair: LoadingPair;
  beforeAll(async () => {
    pair = await createLoadingPair({ members: 20 });
    const { members } = pair;
    await members.put(numberOf(20), aTrader(20, { consent: { given: false, from: '2019-04-01' } }));
    await members.put(numberOf(21), aTrader(21, { type: 'AEOC' }));
    await members.event(numberOf(1), { type: 'suspended', effectiveFrom: '2024-02-01' });
    await members.event(numberOf(2), { type: 'consent_withdrawn', effectiveFrom: '2099-01-01T00:00:00Z' });
  });

  test('before it nothing is known', async () => {
    expect(await pair.ask(numberOf(0))).toMatchObject({ outcome: 'not_recognised', reason: 'UNKNOWN_TRADER' });
  });

  test('brings every member that is communicated, with status and consent, and nobody else', async () => {
    const { jp, load, ask } = pair;
    const loaded = await load();
    expect(loaded).toMatchObject({
      outcome: 'applied',
      seq: 2,
      records: 20,
      written: 20,
      ended: 0,
      refused: 0,
      askFrom: null,
    });
    expect(await ask(numberOf(0))).toMatchObject({ outcome: 'recognised', membership: { status: 'active' } });
    expect(await ask(numberOf(1))).toMatchObject({ outcome: 'not_recognised', reason: 'NOT_ACTIVE' });
    expect(await ask(numberOf(1), { at: '2023-06-01T00:00:00Z' })).toMatchObject({ outcome: 'recognised' });
    // A consent that ends ends here too, with nothing sent.
    expect(await ask(numberOf(2), { at: '2098-12-31T23:59:59Z' })).toMatchObject({ outcome: 'recognised' });
    expect(await ask(numberOf(2), { at: '2099-01-01T00:00:00Z' })).toMatchObject({ reason: 'UNKNOWN_TRADER' });
    // Consent withheld; a type that no rule covers.
    for (const place of [20, 21])
      expect(await ask(numberOf(place)), numberOf(place)).toMatchObject({ reason: 'UNKNOWN_TRADER' });
    expect(await one(jp, 'select count(*)::int as held from membership where source = $1', ['EU'])).toEqual({
      held: 20,
    });
  });

  test('is noted and reported, and the partner counts as heard from when it was asked', async () => {
    const { jp } = pair;
    const stream = await one<Record<string, unknown>>(
      jp,
      'select last_applied, needs_snapshot, snapshot_reason from inbound_stream',
    );
    expect(stream).toEqual({ last_applied: 2, needs_snapshot: false, snapshot_reason: null });
    expect(await one(jp, `select administration, programme from synchronisation`)).toEqual({
      administration: 'EU',
      programme: null,
    });
    expect(await reportsOf(jp)).toMatchObject([{ kind: 'snapshot_applied', detail: { records: 20, written: 20 } }]);
    expect(await one(jp, 'select count(*)::int as staged from snapshot_load_line')).toEqual({ staged: 0 });
  });

  test('a second one says nothing new and writes no version', async () => {
    const { jp, load } = pair;
    const versions = 'select count(*)::int as versions from membership_record';
    const before = await one(jp, versions);
    expect(await load()).toMatchObject({ outcome: 'applied', records: 20, written: 0, ended: 0 });
    expect(await one(jp, versions)).toEqual(before);
  });

  test('rows changed by hand are put right by it', async () => {
    const { jp, load, ask } = pair;
    await jp.database.asOwner(`update membership_status set status = 'active' where status = 'suspended'`);
    expect(await ask(numberOf(1))).toMatchObject({ outcome: 'recognised' });
    expect(await load()).toMatchObject({ outcome: 'applied', written: 1, differences: { rows: 1 } });
    expect(await ask(numberOf(1))).toMatchObject({ reason: 'NOT_ACTIVE' });
  });
});

describe('while the registry goes on changing', () => {
  test('following on from the snapshot misses nothing, whatever changes during building and loading', async () => {
    const { eu, jp, members, load, flow } = await createLoadingPair({ members: 30 });
    let isLoaded = false;
    let changes = 0;
    const change = async () => {
      while (!isLoaded || changes < 40) {
        const place = (changes * 7) % 36;
        const { statusCode } = await (changes % 3 === 0
          ? members.put(numberOf(place), aTrader(place, { names: [{ name: `Trader ${changes}`, kind: 'legal' }] }))
          : members.event(numberOf(place), {
              ...(changes % 3 === 1 ? { type: 'suspended' } : { type: 'reinstated' }),
              effectiveFrom: new Date(Date.now() - 60_000 + changes * 1000).toISOString(),
            }));
        expect([200, 201, 404, 409]).toContain(statusCode);
        changes += 1;
      }
    };
    const receive = async () => {
      while (!isLoaded) {
        await flow();
        await pause(10);
      }
    };
    // Ten changes before it is asked for, ten and more while its file is on the way.
    eu.intercept = (request, response) => {
      if (!/\/files\//.test(request.url ?? '')) return false;
      const until = changes + 10;
      void expect
        .poll(() => changes, { timeout: 30_000 })
        .toBeGreaterThan(until)
        .then(() => eu.api.app.routing(request, response));
      return true;
    };
    const changing = change();
    const receiving = receive();
    await expect.poll(() => changes, { timeout: 30_000 }).toBeGreaterThan(10);
    const loaded = await load().finally(() => {
      isLoaded = true;
    });
    await Promise.all([changing, receiving]);
    await flow();
    const { last_seq: last } = await one<{ last_seq: number }>(eu, 'select last_seq from stream');
    // Changes before it was made and after.
    const seq = loaded.outcome === 'applied' ? loaded.seq : 0;
    expect([seq > 0, seq < last]).toEqual([true, true]);
    const told = `select record ->> 'number' as number, hash_of.hash, communicated::text from share, lateral (select md5((record - 'version')::text) as hash) hash_of order by 1`;
    const held = `select record ->> 'number' as number, md5((record - 'version')::text) as hash, communicated::text from copy where record is not null order by 1`;
    expect((await jp.database.asOwner(held)).rows).toEqual((await eu.database.asOwner(told)).rows);
    expect(await compareDigest(jp.exchange, jp.partner)).toEqual({ outcome: 'equal' });
  });
});

describe('of which members are gone', () => {
  let pair: LoadingPair;
  beforeAll(async () => {
    pair = await createLoadingPair({ members: 20 });
    await pair.load();
  });

  test('a member missing from a full snapshot is no longer communicated, not revoked', async () => {
    const { jp, members, load, ask } = pair;
    const before = new Date().toISOString();
    await members.event(numberOf(3), { type: 'consent_withdrawn', effectiveFrom: new Date().toISOString() });
    expect(await load()).toMatchObject({
      outcome: 'applied',
      records: 19,
      written: 0,
      ended: 1,
      differences: { extra: 1 },
    });
    expect(await ask(numberOf(3))).toMatchObject({ outcome: 'not_recognised', reason: 'UNKNOWN_TRADER' });
    expect(await ask(numberOf(3), { at: before })).toMatchObject({ outcome: 'recognised' });
    const statuses = `select distinct status from membership_status s join membership m on m.id = s.membership_id where m.number = $1`;
    expect(await one(jp, statuses, [numberOf(3)])).toEqual({ status: 'active' });
  });

  test('one that comes back is communicated again', async () => {
    const { members, load, ask } = pair;
    await members.event(numberOf(3), { type: 'consent_given', effectiveFrom: new Date().toISOString() });
    expect(await load()).toMatchObject({ outcome: 'applied', records: 20, written: 1, differences: { missing: 1 } });
    expect(await ask(numberOf(3))).toMatchObject({ outcome: 'recognised' });
  });

  test('the events that it contains have no effect afterwards', async () => {
    const { jp, flow, ask } = pair;
    const versions = 'select count(*)::int as versions from membership_record';
    const before = await one(jp, versions);
    await flow();
    expect(await one(jp, versions)).toEqual(before);
    expect(await ask(numberOf(3))).toMatchObject({ outcome: 'recognised' });
  });

  test('sharply fewer are refused, and the copy stays, until somebody allows as few', async () => {
    const { jp, members, load, ask } = pair;
    for (let place = 10; place < 14; place += 1)
      await members.event(numberOf(place), { type: 'consent_withdrawn', effectiveFrom: new Date().toISOString() });
    const head = await one(jp, 'select seq from log_head');
    expect(await load()).toEqual({
      outcome: 'refused',
      reasons: [{ code: 'SHRUNK', detail: 'leaves 16 members, held are 20' }],
    });
    expect(await one(jp, 'select seq from log_head')).toEqual(head);
    expect(await ask(numberOf(10))).toMatchObject({ outcome: 'recognised' });
    expect((await reportsOf(jp)).at(-1)).toMatchObject({
      kind: 'snapshot_refused',
      detail: { reasons: [{ code: 'SHRUNK' }] },
    });
    const { last_error: error } = await one<{ last_error: string }>(jp, 'select last_error from inbound_stream');
    expect(error).toBe('snapshot refused: SHRUNK');

    expect(await load({ allowShrinkTo: 17 })).toMatchObject({ outcome: 'refused' });
    await jp.database.asOwner('update inbound_stream set allow_shrink_to = 16, needs_snapshot = true');
    expect(await load()).toMatchObject({ outcome: 'applied', ended: 4 });
    expect(await ask(numberOf(10))).toMatchObject({ reason: 'UNKNOWN_TRADER' });
    expect(await one(jp, 'select allow_shrink_to, needs_snapshot from inbound_stream')).toEqual({
      allow_shrink_to: null,
      needs_snapshot: false,
    });
  });
});
