import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openDevelopmentIssuer } from '@mra/api';
import { SET_MEDIA_TYPE } from '@mra/exchange-protocol';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { aRecord, createSender, numberOf, type Sender, since } from '../exchange/receiver.ts';
import { killServices, type ServiceProcess, startService, urlOf } from '../start/fixtures/service-process.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { aPartner, createTestKeys } from '../support/exchange.ts';
import { expectShed, loadOn } from './fixtures/load.ts';

/** Pushes of a partner while more is asked than can be answered: each is taken in, and what it says is answered. */

const QUESTION = '/v1/recognition?recogniser=JP&identifier=DEAEOF00012345';
const MEMBERS = 12;
/** As a receiver has it of a partner whose base is complete. */
const STREAM = 'jp-to-eu';
/** Beyond the members of the demonstration. */
const FIRST = 900;

let database: TestDatabase;
let dataDir: string;
let service: ServiceProcess;
let jp: Sender;
let tokens: { readonly asking: string; readonly pushing: string };
beforeAll(async () => {
  database = await createTestDatabase({ demo: true });
  dataDir = await mkdtemp(join(tmpdir(), 'mra-overload-pushes-'));
  const keys = await createTestKeys();
  const jwks = await keys.jwks();
  const partner = aPartner({ code: 'JP', jwks, receiveBy: 'push' });
  jp = await createSender({ JP: { partner, keys } }, 'JP', 'eu-jp-2010');
  const { code, actsAs, issuer, receiveBy, cadenceSeconds } = partner;
  const partnersFile = join(dataDir, 'partners.json');
  await writeFile(partnersFile, JSON.stringify([{ code, actsAs, issuer, jwks, receiveBy, cadenceSeconds }]));
  service = await startService(dataDir, {
    env: {
      ...{ DATABASE_URL: database.url, DEMO_MEMBERS: 'off', LOCAL_ADMINISTRATIONS: 'EU', EXCHANGE_WORKER: 'off' },
      ...{ PUBLIC_URL: 'https://eu.test', PARTNERS_FILE: partnersFile },
      ...{ MAX_REQUESTS_UNDER_WAY: '20', RATE_LIMIT_PER_MINUTE: '1000000' },
    },
  });
  // Its log, a line for each of many thousands of requests, is read and let go.
  service.child.stdout?.removeAllListeners('data').resume();
  await database.asOwner(
    `update inbound_stream set stream_id = $1, needs_snapshot = false, snapshot_reason = null, compared_at = now()`,
    [STREAM],
  );
  const own = await openDevelopmentIssuer(dataDir);
  const sign = (scope: string, administration: string) => own.sign({ scope, administration, ttlSeconds: 3600 });
  tokens = { asking: await sign('recognition:read', 'EU'), pushing: await sign('exchange', 'JP') };
});
afterAll(async () => {
  killServices();
  await rm(dataDir, { recursive: true, force: true, maxRetries: 5 });
});

const { send, underLoad } = loadOn(() => ({ url: urlOf(service), token: tokens.asking }));

async function push(body: string): Promise<number> {
  const content = { type: SET_MEDIA_TYPE, body };
  return (await send('/exchange/events', { method: 'POST', token: tokens.pushing, content })).status;
}

async function reasonOf(number: string): Promise<string> {
  const { body } = await send(`/v1/recognition?${new URLSearchParams({ recogniser: 'EU', identifier: number })}`);
  return JSON.parse(body).reason;
}

/** As many as a record may have, of nearly the length that they may have. */
const manyNames = Array.from({ length: 50 }, (_, place) => ({
  name: `${'Mihon '.repeat(30)}${place}`,
  kind: 'legal',
  language: 'en',
}));

test('each security event token is taken in once and in full, be it short, long or unreadable', async () => {
  const numbers = Array.from({ length: MEMBERS }, (_, place) => numberOf(FIRST + place));
  const now = new Date().toISOString();
  const published = numbers.map((number, place) => jp.published(place + 1, aRecord(number)));
  const changed = numbers.map((number, place) =>
    jp.changed(MEMBERS + place + 1, aRecord(number, { version: 2, ...since(now) })),
  );
  const long = numberOf(FIRST + MEMBERS);
  const last = jp.published(2 * MEMBERS + 1, aRecord(long, { names: manyNames }));
  const sets = (await Promise.all([...published, ...changed, last])).map(({ compact }) => compact);

  const statuses: number[] = [];
  const others: number[] = [];
  const answers = await underLoad(QUESTION, async () => {
    for (const set of sets) statuses.push(await push(set));
    // One that comes again, and what cannot be read.
    others.push(await push(sets[0] ?? ''), await push('x.y'));
  });
  expectShed(answers);
  expect(statuses).toEqual(sets.map(() => 202));
  expect(others).toEqual([202, 400]);

  // What still queues is answered first.
  await expect.poll(() => reasonOf(long), { timeout: 20_000 }).toBe('RECOGNISED');
  for (const number of numbers) expect(await reasonOf(number)).toBe('NOT_ACTIVE');
  expect((await database.asOwner('select last_applied from inbound_stream')).rows).toEqual([
    { last_applied: sets.length },
  ]);
  const { rows } = await database.asOwner(
    `select count(*)::int as versions from membership_record r join membership m on m.id = r.membership_id
      where m.number = any ($1) group by m.id`,
    [numbers],
  );
  expect(rows).toEqual(numbers.map(() => ({ versions: 2 })));
});
