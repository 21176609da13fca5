import type { PartnerDetail } from '@mra/contracts';
import { beforeAll, expect, test, vi } from 'vitest';
import { as } from '../support/api.ts';
import { createPartneredNodes, type TestNode } from '../support/exchange-nodes.ts';
import { aMember, membersOf } from '../support/members.ts';

/** What is known to differ and cannot be repaired is not believed for ever, however often the partner is heard. */

vi.setConfig({ testTimeout: 60_000 });

/** Heartbeats come twice as often; the copy is stale after one and a half times that. */
const CADENCE = 4;

const NUMBERS = Array.from({ length: 20 }, (_, place) => `DEAEOF${10_000_000 + place}`);
const [KEPT = '', LOST = ''] = [NUMBERS[0], NUMBERS[19]];

let eu: TestNode;
let jp: TestNode;
beforeAll(async () => {
  ({ eu, jp } = await createPartneredNodes({ cadenceSeconds: CADENCE }));
  for (const number of NUMBERS) await membersOf(eu.api).put(number, aMember());
  await eu.startWorker();
  await jp.startWorker();
});

const eventually = <T>(look: () => Promise<T>): Promise<T> => vi.waitFor(look, { timeout: 30_000, interval: 50 });
const expectAnswer = (identifier: string, answer: object) =>
  eventually(async () => expect(await jp.ask({ recogniser: 'JP', identifier })).toMatchObject(answer));
async function call<T = PartnerDetail>(method: 'GET' | 'POST', path: string, payload?: object): Promise<T> {
  const headers = await as(['operations'], 'JP');
  return (await jp.api.app.inject({ method, url: path, headers, ...(payload && { payload }) })).json();
}

test('a repair that is refused makes the copy age although heartbeats go on, until operations let it heal', async () => {
  await expectAnswer(KEPT, { outcome: 'recognised' });
  await expectAnswer(LOST, { outcome: 'recognised' });
  // By hand, past every event: EU communicates half of its members no more, and takes it that JP was never told of them.
  await eu.database.asOwner(`
    with lost as (select id from membership order by number desc limit 10),
         unsaid as (delete from share where membership_id in (select id from lost))
    delete from membership_consent where membership_id in (select id from lost)`);
  await jp.database.asOwner(`update inbound_stream set compared_at = compared_at - interval '1 hour'`);
  const refused = await eventually(async () => {
    const detail = await call('GET', '/v1/partners/EU');
    expect(detail.inbound).toMatchObject({ needsSnapshot: true, snapshotReason: expect.stringContaining('SHRUNK') });
    return detail;
  });
  expect(refused.lastError).toContain('SHRUNK');
  await expectAnswer(KEPT, { outcome: 'indeterminate', reason: 'DATA_STALE' });
  await expectAnswer(LOST, { outcome: 'indeterminate', reason: 'DATA_STALE' });
  const stale = await call('GET', '/v1/partners/EU');
  // It was heard all the same.
  expect(stale).toMatchObject({ fresh: false, inbound: { needsSnapshot: true, failures: 0 } });
  expect(stale.inbound.lastSequence).toBeGreaterThan(refused.inbound.lastSequence);
  await call('POST', '/v1/partners/EU/resynchronise', { allowShrinkTo: 10 });
  await expectAnswer(KEPT, { outcome: 'recognised' });
  await expectAnswer(LOST, { outcome: 'not_recognised', reason: 'UNKNOWN_TRADER' });
  expect(await call('GET', '/v1/partners/EU')).toMatchObject({ fresh: true, inbound: { needsSnapshot: false } });
});

test('a partner without members does not keep those of its list fresh', async () => {
  const partners = await createPartneredNodes({ cadenceSeconds: CADENCE });
  const [here, there] = [partners.eu, partners.jp];
  const line = { number: '899000000000010000', ...aMember({ type: 'EXPORTER', issuingCountry: 'JP' }) };
  const imported = await here.api.app.inject({
    method: 'POST',
    url: '/v1/imports?programme=jp-aeo&mode=delta',
    headers: { ...(await as(['operations'])), 'content-type': 'application/x-ndjson' },
    payload: JSON.stringify(line),
  });
  expect(imported.json()).toMatchObject({ created: 1 });
  await here.startWorker();
  await there.startWorker();
  const state = async () =>
    (await here.database.asOwner('select needs_snapshot, snapshot_after, heard_at from inbound_stream')).rows[0];
  await eventually(async () => expect(await state()).toMatchObject({ snapshot_after: expect.anything() }));
  expect(await state()).toMatchObject({ needs_snapshot: true, heard_at: null });
});
