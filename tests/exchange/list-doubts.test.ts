import { beforeAll, expect, test } from 'vitest';
import { as } from '../support/api.ts';
import { aTrader, createLoadingPair, type LoadingPair, numberOf } from './loading.ts';

/** A partner that sent lists sends a stream from now on: what a list left in doubt is told by the snapshot that begins it. */
let pair: LoadingPair;
beforeAll(async () => {
  pair = await createLoadingPair({ members: 3 });
});

async function list(...lines: readonly object[]): Promise<void> {
  const response = await pair.jp.api.app.inject({
    method: 'POST',
    url: '/v1/imports?programme=eu-aeo&mode=delta',
    headers: { ...(await as(['operations'])), 'content-type': 'application/x-ndjson' },
    payload: lines.map((line) => `${JSON.stringify(line)}\n`).join(''),
  });
  expect(response.statusCode, response.body).toBe(200);
}
const line = (place: number, changes: object = {}) => ({ number: numberOf(place), ...aTrader(place), ...changes });
const reasons = () => Promise.all([0, 1].map(async (place) => (await pair.ask(numberOf(place))).reason));

test('a copy whose line could not be read is in doubt until then, and not any more', async () => {
  await list(line(0), line(1));
  await list(line(0), line(1, { validTo: 'soon' }));
  expect(await reasons()).toEqual(['RECOGNISED', 'DATA_STALE']);
  expect(await pair.load()).toMatchObject({ outcome: 'applied', records: 3 });
  expect(await reasons()).toEqual(['RECOGNISED', 'RECOGNISED']);
});

test('a line that could not be read since then puts it in doubt, which a snapshot from before does not end', async () => {
  await list(line(1, { validTo: 'soon' }));
  await pair.jp.database.asOwner(
    "update membership_doubt set known = tstzrange(now() + interval '1 hour', null) where upper_inf(known)",
  );
  await pair.jp.database.asOwner("update copy set hash = ''");
  expect(await pair.load()).toMatchObject({ outcome: 'applied' });
  const { rows } = await pair.jp.database.asOwner('select count(*) as n from membership_doubt where upper_inf(known)');
  expect(Number(rows[0].n)).toBe(1);
});
