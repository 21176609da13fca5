import {
  createOutboundStream,
  inExchange,
  readPartner,
  readPartners,
  registerPartners,
  unregisterOthers,
} from '@mra/exchange';
import { expect, test } from 'vitest';
import { createTestDatabase } from '../support/database.ts';
import { aPartner, createTestExchange } from '../support/exchange.ts';

const codesIn = async (db: Parameters<typeof registerPartners>[0]) =>
  (await inExchange(db, readPartners)).map(({ code }) => code);

test('a partner that is taken out of the list is none any more, and begins anew when it is registered again', async () => {
  const database = await createTestDatabase();
  const { db } = database;
  const { exchange, partners } = await createTestExchange(database, { partners: [{ code: 'JP' }, { code: 'CH' }] });
  const { partner: jp } = partners.JP as (typeof partners)[string];
  await createOutboundStream(exchange, jp, {});
  await database.asOwner(`update inbound_stream set stream_id = 's1', configuration = '{}', needs_snapshot = false`);

  expect(await unregisterOthers(db, ['CH'])).toEqual(['JP']);
  expect(await codesIn(db)).toEqual(['CH']);
  expect(await inExchange(db, (tx) => readPartner(tx, 'JP'), 'JP')).toBeNull();
  const rows = await database.asOwner(`
    select (select count(*)::int from stream) as streams,
           (select array_agg(partner || ' ' || coalesce(stream_id, 'none') || ' ' || needs_snapshot order by partner) from inbound_stream) as inbound`);
  expect(rows.rows).toEqual([{ streams: 0, inbound: ['CH s1 false', 'JP none true'] }]);
  expect(await unregisterOthers(db, ['CH'])).toEqual([]);

  await registerPartners(db, [aPartner({ code: 'KR', issuer: jp.issuer }), { ...jp, issuer: 'https://new.jp.test' }]);
  expect(await codesIn(db)).toEqual(['CH', 'JP', 'KR']);
});
