import type { IncomingMessage } from 'node:http';
import { setTimeout as pause } from 'node:timers/promises';
import { registerPartners } from '@mra/exchange';
import { afterEach, beforeAll, expect, test, vi } from 'vitest';
import { as } from '../support/api.ts';
import { createPartneredNodes, type TestNode } from '../support/exchange-nodes.ts';
import { aMember, membersOf } from '../support/members.ts';

/** What a worker fetches beside events, and operations when that fails: the polls go well all the time. */

vi.setConfig({ testTimeout: 150_000, hookTimeout: 120_000 });

const NUMBER = 'DEAEOF00000001';

let eu: TestNode;
let jp: TestNode;
beforeAll(async () => {
  ({ eu, jp } = await createPartneredNodes({ cadenceSeconds: 10 }));
  await membersOf(eu.api).put(NUMBER, aMember());
  await eu.startWorker();
  await jp.startWorker();
  await vi.waitFor(
    async () => expect((await partner()).inbound).toMatchObject({ ...CALM, comparedAt: expect.any(String) }),
    { timeout: 60_000, interval: 200 },
  );
});

afterEach(() => {
  eu.intercept = null;
});

/** Nothing fails, and nothing is left to be done. */
const CALM = { needsSnapshot: false, failures: 0, nextAttemptAt: null };

async function callJp(method: 'GET' | 'POST', url: string, payload?: object) {
  const headers = await as(['operations'], 'JP');
  return (await jp.api.app.inject({ method, url, headers, ...(payload && { payload }) })).json();
}
const partner = () => callJp('GET', '/v1/partners/EU');
const resynchronise = () => callJp('POST', '/v1/partners/EU/resynchronise', {});
const compare = () => jp.database.asOwner('update inbound_stream set compared_at = null');
/** What waits is tried again at once, and goes well. */
async function hurry(): Promise<void> {
  eu.intercept = null;
  await jp.database.asOwner(`update jobs.job set start_after = now() where state = 'retry'`);
}
const forget = () => jp.database.asOwner('update inbound_stream set last_error = null, last_error_at = null');

/** The EU answers so wherever it is asked for that, until the test ends. @returns when it was asked, by `performance` */
function refuse(
  isMeant: (path: string, method: string) => boolean,
  answer: { readonly status: number; readonly headers?: Readonly<Record<string, string>> },
): number[] {
  const asked: number[] = [];
  eu.intercept = ({ url = '', method = '' }: IncomingMessage, response) => {
    if (!isMeant(url, method)) return false;
    asked.push(performance.now());
    response.writeHead(answer.status, answer.headers).end();
    return true;
  };
  return asked;
}

/** It is what operations see, also a while later, while events are polled as ever. */
async function expectSeen(lastError: RegExp): Promise<void> {
  const isSeen = {
    lastError: expect.stringMatching(lastError),
    inbound: { lastError: expect.stringMatching(lastError) },
  };
  await expect.poll(partner, { timeout: 60_000 }).toMatchObject(isSeen);
  for (const type of ['suspended', 'reinstated', 'suspended', 'reinstated']) {
    const { lastSequence } = (await partner()).inbound;
    await membersOf(eu.api).event(NUMBER, { type });
    const applied = async () => (await partner()).inbound.lastSequence;
    await expect.poll(applied, { timeout: 30_000, interval: 50 }).toBeGreaterThan(lastSequence);
    // By then the turn in which it was polled is over.
    await pause(100);
    expect(await partner()).toMatchObject(isSeen);
    expect((await partner()).inbound.failures).toBeGreaterThan(0);
  }
}

/** As other failures are: the last one can still be read, but nothing fails any more. */
async function expectOver(lastError: RegExp): Promise<void> {
  eu.intercept = null;
  const isOver = { ...CALM, lastError: expect.stringMatching(lastError), comparedAt: expect.any(String) };
  await expect.poll(async () => (await partner()).inbound, { timeout: 60_000 }).toMatchObject(isOver);
}

const isAsking = (path: string, method: string) => method === 'POST' && path === '/exchange/snapshots';
const isManifest = (path: string, method: string) => method === 'GET' && /^\/exchange\/snapshots\/[^/]+$/.test(path);
const isDigest = (path: string) => path.startsWith('/exchange/digest');

test.each([
  ['a snapshot', isAsking, resynchronise, /^loading a snapshot: asking for a snapshot: answered 503$/],
  ['a manifest', isManifest, resynchronise, /^loading a snapshot: waiting for a snapshot: answered 503$/],
  ['a digest', isDigest, compare, /^comparing digests: asking for a digest: answered 503$/],
])('%s that is answered 503 is seen for as long as it fails', async (_, isMeant, begin, lastError) => {
  await forget();
  refuse(isMeant, { status: 503 });
  await begin();
  await expectSeen(lastError);
  await expectOver(lastError);
});

test('an access token that cannot be had, without which nothing else can', async () => {
  await forget();
  const tokenEndpoint = `${eu.url}/token`;
  refuse((path) => path === '/token', { status: 503 });
  await registerPartners(jp.database.db, [{ ...jp.partner, tokenEndpoint, clientId: 'jp' }]);
  await resynchronise();
  const lastError = /no access token: \S+ answers 503$/;
  const isSeen = {
    lastError: expect.stringMatching(lastError),
    failures: expect.any(Number),
    nextAttemptAt: expect.any(String),
  };
  await expect.poll(async () => (await partner()).inbound, { timeout: 60_000 }).toMatchObject(isSeen);
  expect((await partner()).inbound.failures).toBeGreaterThan(0);
  await registerPartners(jp.database.db, [jp.partner]);
  // Whoever has begun to ask by then is answered 404: there is no such endpoint, only the refusal that stood for it.
  await expectOver(/no access token: \S+ answers (503|404)$/);
});

test('why the files of a snapshot that was refused could not be had', async () => {
  await forget();
  refuse((path) => /\/files\//.test(path), { status: 503 });
  await resynchronise();
  const seen = expect.stringMatching(
    /^snapshot refused: FILE_MISSING.* \(fetching a file of a snapshot: answered 503\)$/,
  );
  await expect.poll(partner, { timeout: 60_000 }).toMatchObject({ lastError: seen });
  await resynchronise();
  eu.intercept = null;
  await expect.poll(async () => (await partner()).inbound, { timeout: 60_000 }).toMatchObject(CALM);
});

test.each([
  ['a snapshot', isAsking, resynchronise],
  ['a digest', isDigest, compare],
])(
  '%s is asked for again when operations are told that it is, and the failures are counted',
  async (_, isMeant, begin) => {
    refuse(isMeant, { status: 503 });
    await begin();
    const SAME = `
    select count(*)::int as count from inbound_stream i join jobs.job j on j.singleton_key = i.partner and j.state = 'retry'
     where j.retry_count + 1 = i.failures and i.failures >= 2
       and date_trunc('milliseconds', j.start_after) = date_trunc('milliseconds', i.next_attempt_at)`;
    const isSame = async () => (await jp.database.asOwner(SAME)).rows[0].count;
    await expect.poll(isSame, { timeout: 90_000, interval: 100 }).toBe(1);
    await jp.database.asOwner(`update jobs.job set start_after = now() where state = 'retry'`);
    await expectOver(/answered 503$/);
  },
);

test.each([
  ['a snapshot', isAsking, resynchronise],
  ['a digest', isDigest, compare],
])('%s is not asked for before the partner says (Retry-After)', async (_, isMeant, begin) => {
  // Longer than either would wait of itself, and than what is waited for while a request is still open.
  const LATER_SECONDS = 12;
  const asked = refuse(isMeant, { status: 429, headers: { 'retry-after': String(LATER_SECONDS) } });
  await begin();
  await expect.poll(() => asked.length, { timeout: 60_000, interval: 100 }).toBeGreaterThanOrEqual(2);
  const [first = 0, second = 0] = asked;
  // Clocks of whole milliseconds round down.
  expect(second - first).toBeGreaterThan(LATER_SECONDS * 1000 - 10);
  await hurry();
  await expectOver(/answered 429$/);
});
