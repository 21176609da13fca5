import { setTimeout as pause } from 'node:timers/promises';
import { beforeAll, expect, test } from 'vitest';
import { as } from '../support/api.ts';
import { createPartneredNodes, type TestNode } from '../support/exchange-nodes.ts';
import { aMember, membersOf } from '../support/members.ts';

/** A snapshot that is refused, as the worker and whoever asks for a member live through it. */

const CADENCE_SECONDS = 4;
const NUMBER = 'DEAEOF00000001';

let eu: TestNode;
let jp: TestNode;
beforeAll(async () => {
  ({ eu, jp } = await createPartneredNodes({ cadenceSeconds: CADENCE_SECONDS }));
  await membersOf(eu.api).put(NUMBER, aMember());
  await eu.startWorker();
  await jp.startWorker();
});

const answer = async () => (await jp.ask({ recogniser: 'JP', identifier: NUMBER })).reason;
const expectAnswer = (reason: string) => expect.poll(answer, { timeout: 40_000 }).toBe(reason);

async function callJp(method: 'GET' | 'POST', url: string, payload?: object) {
  const headers = await as(['operations'], 'JP');
  return (await jp.api.app.inject({ method, url, headers, ...(payload && { payload }) })).json();
}
const inbound = async () => (await callJp('GET', '/v1/partners/EU')).inbound;
const copies = async () => (await jp.database.asOwner('select * from copy order by membership_id')).rows;
const snapshotAfter = async (): Promise<Date | null> =>
  (await jp.database.asOwner('select snapshot_after from inbound_stream')).rows[0].snapshot_after;

test('the old copy stays and ages although the partner is heard; the worker asks again later, and then all is well', async () => {
  await expectAnswer('RECOGNISED');
  const before = await copies();
  let asked = 0;
  let isWhole = false;
  eu.intercept = ({ method, url = '' }, response) => {
    if (method === 'POST' && url === '/exchange/snapshots') asked += 1;
    if (isWhole || !/^\/exchange\/snapshots\/[^/]+\/files\//.test(url)) return false;
    response.writeHead(200, { 'content-type': 'application/x-ndjson' }).end('{}\n');
    return true;
  };
  await callJp('POST', '/v1/partners/EU/resynchronise', {});
  await expect
    .poll(inbound, { timeout: 30_000 })
    .toMatchObject({ needsSnapshot: true, lastError: expect.stringMatching(/^snapshot refused: /) });
  await expect.poll(snapshotAfter, { timeout: 10_000 }).not.toBeNull();
  const minutes = (Date.parse(String(await snapshotAfter())) - Date.now()) / 60_000;
  expect(minutes).toBeGreaterThan(10);
  expect(minutes).toBeLessThan(20);

  await expectAnswer('DATA_STALE');
  const { lastSequence } = await inbound();
  await expect.poll(async () => (await inbound()).lastSequence, { timeout: 20_000 }).toBeGreaterThan(lastSequence + 1);
  expect(await answer()).toBe('DATA_STALE');
  expect(await copies()).toEqual(before);
  expect((await callJp('GET', '/v1/partners/EU')).fresh).toBe(false);
  // Long enough for the worker to have looked a few times.
  await pause(2500);
  expect(asked).toBe(1);

  isWhole = true;
  await jp.database.asOwner(`update inbound_stream set snapshot_after = now()`);
  await expectAnswer('RECOGNISED');
  expect(await inbound()).toMatchObject({ needsSnapshot: false });
  expect(asked).toBe(2);
  await expect.poll(snapshotAfter, { timeout: 10_000 }).toBeNull();
  const { rows } = await jp.database.asOwner(
    `select kind from exchange_report where kind in ('snapshot_refused', 'snapshot_applied') order by id desc limit 2`,
  );
  expect(rows.map(({ kind }) => kind)).toEqual(['snapshot_applied', 'snapshot_refused']);
});
