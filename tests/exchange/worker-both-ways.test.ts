import { setTimeout as pause } from 'node:timers/promises';
import { rotateKeyFile } from '@mra/exchange';
import { beforeAll, describe, expect, test } from 'vitest';
import { createPartneredNodes, type TestNode } from '../support/exchange-nodes.ts';
import { aMember, membersOf } from '../support/members.ts';

/** What a change at the EU becomes at JP, by what the workers of both do. */
describe.each(['poll', 'push'] as const)('by %s', (method) => {
  let eu: TestNode;
  let jp: TestNode;
  let members: ReturnType<typeof membersOf>;
  const answerAt = async (node: TestNode, identifier: string) => {
    const { outcome, reason } = await node.ask({ recogniser: 'JP', identifier, role: 'exporter' });
    return `${outcome} ${reason}`;
  };
  const expectAtJp = (number: string, answer: string) =>
    expect.poll(() => answerAt(jp, number), { timeout: 30_000, interval: 20 }).toBe(answer);

  beforeAll(async () => {
    ({ eu, jp } = await createPartneredNodes({ receiveBy: { EU: method, JP: method }, keysBy: 'address' }));
    members = membersOf(eu.api);
    await members.put('DEAEOF00000001', aMember());
    await members.put('DEAEOF00000002', aMember({ consent: { given: false } }));
    await eu.startWorker();
    await jp.startWorker();
  });

  test('the first snapshot brings who is communicated, and nobody else', async () => {
    await expectAtJp('DEAEOF00000001', 'recognised RECOGNISED');
    const { rows } = await jp.database.asOwner('select number from membership order by number');
    expect(rows).toEqual([{ number: 'DEAEOF00000001' }]);
  });

  test('a partner without members needs no snapshot, and is heard', async () => {
    await expect
      .poll(async () => (await eu.database.asOwner('select needs_snapshot from inbound_stream')).rows, {
        timeout: 30_000,
      })
      .toEqual([{ needs_snapshot: false }]);
  });

  test('a new member, its suspension and its reinstatement', async () => {
    await members.put('DEAEOF00000003', aMember());
    await expectAtJp('DEAEOF00000003', 'recognised RECOGNISED');
    await members.event('DEAEOF00000003', { type: 'suspended' });
    await expectAtJp('DEAEOF00000003', 'not_recognised NOT_ACTIVE');
    await members.event('DEAEOF00000003', { type: 'reinstated' });
    await expectAtJp('DEAEOF00000003', 'recognised RECOGNISED');
  });

  test('a consent that is withdrawn makes the member unknown, and one that is given makes it known', async () => {
    await members.event('DEAEOF00000001', { type: 'consent_withdrawn' });
    await expectAtJp('DEAEOF00000001', 'not_recognised UNKNOWN_TRADER');
    await members.event('DEAEOF00000002', { type: 'consent_given' });
    await expectAtJp('DEAEOF00000002', 'recognised RECOGNISED');
  });

  test('an end that was recorded beforehand takes effect by itself', async () => {
    const effectiveFrom = new Date(Date.now() + 6000).toISOString();
    await members.event('DEAEOF00000002', { type: 'consent_withdrawn', effectiveFrom });
    await expect
      .poll(
        async () =>
          (await jp.database.asOwner(`select from copy where upper(communicated) = $1`, [effectiveFrom])).rowCount,
        { timeout: 30_000 },
      )
      .toBe(1);
    expect(await answerAt(jp, 'DEAEOF00000002')).toBe('recognised RECOGNISED');
    await eu.stopWorkers();
    await expectAtJp('DEAEOF00000002', 'not_recognised UNKNOWN_TRADER');
    expect(new Date().toISOString() >= effectiveFrom).toBe(true);
    await eu.startWorker();
  });

  test('events that were lost on the way are asked for again', async () => {
    await jp.stopWorkers();
    await eu.stopWorkers();
    await members.put('DEAEOF00000004', aMember());
    await members.put('DEAEOF00000005', aMember());
    // As if the first had been delivered, and had never arrived.
    await eu.database.asOwner(
      `update outbox set settled_at = now(), outcome = 'delivered' where payload #>> '{record,number}' = 'DEAEOF00000004'`,
    );
    await eu.startWorker();
    await jp.startWorker();
    await expectAtJp('DEAEOF00000005', 'recognised RECOGNISED');
    await expectAtJp('DEAEOF00000004', 'recognised RECOGNISED');
    expect(jp.log.filter(({ msg }) => msg === 'asked for missing events')).not.toEqual([]);
  });

  test('those that are gone are made up for by a snapshot', async () => {
    await jp.stopWorkers();
    await eu.stopWorkers();
    await members.put('DEAEOF00000006', aMember());
    await members.put('DEAEOF00000007', aMember());
    await eu.database.asOwner(`delete from outbox where payload #>> '{record,number}' = 'DEAEOF00000006'`);
    await eu.startWorker();
    await jp.startWorker();
    await expectAtJp('DEAEOF00000007', 'recognised RECOGNISED');
    await expectAtJp('DEAEOF00000006', 'recognised RECOGNISED');
    const { rows } = await jp.database.asOwner(
      `select count(*)::int as count from exchange_report where kind = 'snapshot_applied'`,
    );
    expect(rows[0].count).toBeGreaterThan(1);
  });

  test('a stream that the partner has lost is made anew, and what was told in the old one gives way', async () => {
    await eu.database.asOwner('delete from stream');
    await jp.stopWorkers();
    await jp.startWorker();
    await members.event('DEAEOF00000007', { type: 'suspended' });
    await expectAtJp('DEAEOF00000007', 'not_recognised NOT_ACTIVE');
    await members.event('DEAEOF00000007', { type: 'reinstated' });
    await expectAtJp('DEAEOF00000007', 'recognised RECOGNISED');
  });

  test('keys that are rotated while both run hold nothing up', async () => {
    const before = (await eu.exchange.keys.signingKey()).kid;
    await rotateKeyFile(eu.keys.file, { now: new Date().toISOString(), leadSeconds: 0, overlapSeconds: 0 });
    await expect.poll(async () => (await eu.exchange.keys.signingKey()).kid, { timeout: 5000 }).not.toBe(before);
    await members.event('DEAEOF00000007', { type: 'suspended' });
    await expectAtJp('DEAEOF00000007', 'not_recognised NOT_ACTIVE');
  });

  test('a worker ends although a poll is held open for half a minute', async () => {
    const stopped = Promise.all([eu.stopWorkers(), jp.stopWorkers()]).then(() => 'stopped');
    expect(await Promise.race([stopped, pause(15_000, 'still at it')])).toBe('stopped');
  });
});
