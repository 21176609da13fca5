import { type IncomingMessage, request as requestTo, type ServerResponse } from 'node:http';
import {
  compareDigest,
  KeysUnavailable,
  loadSnapshot,
  type Partner,
  PartnerUnreachable,
  pollStream,
  receiveSets,
  registerPartners,
} from '@mra/exchange';
import { PollRequest } from '@mra/exchange-protocol';
import { afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { as } from '../support/api.ts';
import { type SelfSigned, startSelfSigned } from './fixtures/self-signed.ts';
import { aSnapshotOf, createLoadingPair, type LoadingPair, numberOf, one, serveInstead, toldLines } from './loading.ts';
import { tamperWith } from './tamper.ts';

/**
 * RFC 8936 sections 3 and 4.3, RFC 9110 section 4.3.4: whatever a receiver fetches, the certificate of the server is checked. One that nobody
 * vouches for, which would say what the partner says, gets no request, and nothing comes of it.
 */

const SELF_SIGNED = /SELF_SIGNED/;

let pair: LoadingPair;
let untrusted: SelfSigned;
/** The EU as registered at JP, with the other server's origin beside its own. */
let partner: Partner;
beforeAll(async () => {
  pair = await createLoadingPair({ members: 3 });
  await pair.load();
  untrusted = await startSelfSigned(passOn);
  const { eu, jp } = pair;
  partner = { ...jp.partner, pushOrigins: [eu.url, untrusted.origin] };
  await registerPartners(jp.database.db, [partner]);
  // What would come of each.
  await pair.members.event(numberOf(0), { type: 'suspended' });
});

/** Answers as the EU does, and what the EU has not: a token endpoint. */
function passOn(incoming: IncomingMessage, response: ServerResponse): void {
  const { url = '', method = 'GET', headers } = incoming;
  if (url === '/token') {
    void as(['exchange'], 'JP').then(({ authorization }) => {
      const token = { access_token: authorization.replace('Bearer ', ''), token_type: 'Bearer', expires_in: 300 };
      response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(token));
    });
    return;
  }
  const outgoing = requestTo(new URL(url, pair.eu.url), { method, headers }, (answer) => {
    response.writeHead(answer.statusCode ?? 502, answer.headers);
    answer.pipe(response);
  });
  incoming.pipe(outgoing.on('error', () => response.destroy()));
}

const TABLES = ['membership', 'membership_record', 'membership_status', 'copy', 'quarantine', 'inbound_event'];

/** Whatever an answer about a member depends on. */
async function registry(): Promise<string> {
  const { database } = pair.jp;
  const all = TABLES.map(async (table) => (await database.asOwner(`select t::text from ${table} t order by 1`)).rows);
  return JSON.stringify(await Promise.all(all));
}

let before: string;
beforeEach(async () => {
  before = await registry();
});
afterEach(async () => {
  pair.eu.intercept = null;
  expect(untrusted.arrivals.splice(0)).toEqual([]);
});

/** As it was before the test. */
async function expectUnchanged(): Promise<void> {
  expect(await registry()).toBe(before);
  expect(await pair.ask(numberOf(0))).toMatchObject({ outcome: 'recognised' });
}

const load = (changes: Partial<Partner> = {}) =>
  pair.building(loadSnapshot(pair.jp.exchange, { ...partner, ...changes }));

async function expectUnreachable(work: Promise<unknown>): Promise<void> {
  const error = await work.then(
    () => null,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(PartnerUnreachable);
  expect((error as Error).message).toMatch(SELF_SIGNED);
  await expectUnchanged();
}

/** What operators see of a worker that tries in vain. */
async function expectNoted(): Promise<void> {
  const { database } = pair.jp;
  const lastError = async () => (await database.asOwner('select last_error from inbound_stream')).rows[0].last_error;
  await expect.poll(lastError, { timeout: 30_000 }).toMatch(SELF_SIGNED);
  await database.asOwner('update inbound_stream set last_error = null');
}

/** A snapshot that says what the EU tells now, and files of which are elsewhere. */
async function standIn() {
  const { eu } = pair;
  const { last_seq: seq } = await one<{ last_seq: number }>(eu, 'select last_seq from stream');
  return aSnapshotOf(await toldLines(eu), eu, seq);
}

describe('a server that nobody vouches for is refused', () => {
  test('where an access token is asked for', async () => {
    await expectUnreachable(load({ tokenEndpoint: `${untrusted.origin}/token`, clientId: 'jp' }));
  });

  test('where a snapshot is asked for', async () => {
    await expectUnreachable(load({ issuer: untrusted.origin }));
  });

  test('where a digest is asked for', async () => {
    await expectUnreachable(compareDigest(pair.jp.exchange, { ...partner, issuer: untrusted.origin }));
  });

  test('where the manifest is fetched', async () => {
    const location = `${untrusted.origin}/exchange/snapshots/stand-in`;
    serveInstead(pair.eu, await standIn(), ({ method }, response) => {
      if (method !== 'POST') return false;
      response.writeHead(202, { 'content-location': location }).end();
      return true;
    });
    await expectUnreachable(load());
  });

  test('where files are fetched: the snapshot is refused whole', async () => {
    const { manifest, ...rest } = await standIn();
    const files = manifest.files.map((file) => ({ ...file, url: file.url.replace(pair.eu.url, untrusted.origin) }));
    serveInstead(pair.eu, { ...rest, manifest: { ...manifest, files } });
    const loaded = await load();
    expect(loaded).toMatchObject({ outcome: 'refused' });
    expect(JSON.stringify(loaded)).toContain('FILE_MISSING');
    const reasons = pair.jp.log.flatMap(({ msg, reason }) => (msg === 'a snapshot file broke off' ? [reason] : []));
    expect(reasons).toEqual(Array(3).fill(expect.stringMatching(SELF_SIGNED)));
    await expectUnchanged();
  });

  test('where keys are fetched: what they should verify is not acknowledged', async () => {
    const { eu, jp } = pair;
    const polled = await pollStream(eu.exchange, 'JP', pair.streamId, PollRequest.parse({ returnImmediately: true }));
    const sets = Object.entries(polled.ok ? polled.response.sets : {}).map(([jti, compact]) => ({ jti, compact }));
    expect(sets).not.toEqual([]);
    const keys = { jwks: null, jwksUrl: `${untrusted.origin}/.well-known/jwks.json` };
    const error = await receiveSets(jp.exchange, { ...partner, ...keys }, sets).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(KeysUnavailable);
    expect(String(((error as Error).cause as Error).cause ?? (error as Error).cause)).toMatch(/self-signed/);
    await expectUnchanged();
  });

  test('where metadata are read, before there is a stream', async () => {
    const { database, startWorker, stopWorkers } = pair.jp;
    await registerPartners(database.db, [{ ...partner, issuer: untrusted.origin }]);
    await startWorker();
    await expectNoted();
    await stopWorkers();
    await registerPartners(database.db, [partner]);
    await expectUnchanged();
  });

  test('where events are polled; a server that is trusted says them', async () => {
    const { eu, jp } = pair;
    const pollAt = async (origin: string) => {
      tamperWith(
        eu,
        (path) => path.startsWith('/exchange/streams?'),
        async ({ pass }) => {
          const reply = await pass();
          return {
            ...reply,
            body: reply.body.replaceAll(`${eu.url}/exchange/streams/`, `${origin}/exchange/streams/`),
          };
        },
      );
      await jp.stopWorkers();
      await jp.startWorker();
    };
    await pollAt(untrusted.origin);
    await expectNoted();
    await expectUnchanged();
    await pollAt(eu.url);
    await expect.poll(async () => (await pair.ask(numberOf(0))).reason, { timeout: 30_000 }).toBe('NOT_ACTIVE');
  });
});
