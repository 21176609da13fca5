import { createHash } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { pruneSnapshots, registerPartners } from '@mra/exchange';
import { SnapshotManifest } from '@mra/exchange-protocol';
import { afterEach, beforeAll, describe, expect, test } from 'vitest';
import { as } from '../support/api.ts';
import { aPartner } from '../support/exchange.ts';
import { createLoadingPair, type LoadingPair } from './loading.ts';

/** The calls by which a partner has a snapshot made, fetches it and gives it back. */

describe('the calls of a partner', () => {
  let pair: LoadingPair;
  let token: Record<string, string>;
  beforeAll(async () => {
    pair = await createLoadingPair({ members: 3 });
    token = await as(['exchange'], 'JP');
  });
  afterEach(() => pair.eu.database.asOwner('delete from snapshot'));

  const call = (
    method: 'GET' | 'POST' | 'DELETE',
    url: string,
    payload?: object,
    headers: Record<string, string> = token,
  ) => pair.eu.api.app.inject({ method, url, headers, ...(payload && { payload }) });
  const ask = async (body: object = {}) =>
    new URL((await call('POST', '/exchange/snapshots', body)).headers['content-location'] as string);
  const made = async (body: object = {}) => {
    const { pathname } = await ask(body);
    await pair.building(pause(1));
    await expect.poll(async () => (await call('GET', pathname)).statusCode).toBe(200);
    return pathname;
  };

  test('202 with the address, 202 with Retry-After while it is made, 200 with the manifest, files as they are summed, 204', async () => {
    const asked = await call('POST', '/exchange/snapshots', {});
    expect(asked.statusCode).toBe(202);
    const { pathname, origin } = new URL(asked.headers['content-location'] as string);
    expect(origin).toBe(pair.eu.url);
    const waiting = await call('GET', pathname);
    expect([waiting.statusCode, waiting.headers['retry-after']]).toEqual([202, '1']);
    expect((await call('GET', `${pathname}/files/1`)).statusCode).toBe(404);

    await pair.building(pause(1));
    const manifest = SnapshotManifest.parse((await call('GET', pathname)).json());
    expect(manifest).toMatchObject({
      recordCount: 3,
      buckets: null,
      files: [{ recordCount: 3 }],
      digest: { count: 3 },
    });
    const [file] = manifest.files;
    const content = await call('GET', new URL(file?.url ?? '').pathname);
    expect(content.headers['content-type']).toBe('application/x-ndjson');
    expect(createHash('sha256').update(content.rawPayload).digest('base64url')).toBe(file?.sha256);
    const lines = content.body
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(lines).toHaveLength(3);
    expect(lines[0]).toMatchObject({
      agreement: 'eu-jp-2010',
      record: { programme: 'eu-aeo' },
      communicated: { to: null },
    });

    expect((await call('DELETE', pathname)).statusCode).toBe(204);
    for (const gone of [pathname, `${pathname}/files/1`]) expect((await call('GET', gone)).statusCode).toBe(404);
    expect((await call('DELETE', pathname)).statusCode).toBe(404);
  });

  test('asking again while it is made gives the same one, for the same buckets alone; afterwards another', async () => {
    const first = await ask();
    expect(await ask()).toEqual(first);
    expect(await ask({ buckets: [7, 3, 7] })).not.toEqual(first);
    expect(await ask({ buckets: [3, 7] })).toEqual(await ask({ buckets: [7, 3] }));
    await pair.building(pause(1));
    expect(await ask()).not.toEqual(first);
  });

  test('the newest four are kept, and none longer than a day', async () => {
    const paths: string[] = [];
    for (let place = 0; place < 5; place += 1) paths.push((await ask({ buckets: [place] })).pathname);
    const statuses = await Promise.all(paths.map(async (path) => (await call('GET', path)).statusCode));
    expect(statuses).toEqual([404, 202, 202, 202, 202]);
    expect(await pruneSnapshots(pair.eu.exchange)).toBe(0);
    await pair.eu.database.asOwner(`update snapshot set requested_at = now() - interval '25 hours'`);
    expect(await pruneSnapshots(pair.eu.exchange)).toBe(4);
  });

  test('what is of another partner, or of nobody, does not exist', async () => {
    const path = await made();
    await registerPartners(pair.eu.database.db, [aPartner({ code: 'KR' })]);
    const other = await as(['exchange'], 'KR');
    for (const url of [path, `${path}/files/1`])
      expect((await call('GET', url, undefined, other)).statusCode).toBe(404);
    expect((await call('DELETE', path, undefined, other)).statusCode).toBe(404);
    // A partner without a stream.
    expect((await call('POST', '/exchange/snapshots', {}, other)).statusCode).toBe(404);
    expect((await call('GET', '/exchange/digest', undefined, other)).statusCode).toBe(404);
    expect((await call('GET', path)).statusCode).toBe(200);
    expect((await call('GET', `${path}/files/2`)).statusCode).toBe(404);
  });

  test('403 to whoever is no partner', async () => {
    for (const administration of ['US', undefined]) {
      const stranger = await as(['exchange'], administration);
      for (const [method, url] of [
        ['POST', '/exchange/snapshots'],
        ['GET', '/exchange/snapshots/x'],
        ['GET', '/exchange/snapshots/x/files/1'],
        ['DELETE', '/exchange/snapshots/x'],
        ['GET', '/exchange/digest'],
      ] as const) {
        const { statusCode } = await call(method, url, method === 'POST' ? {} : undefined, stranger);
        expect(statusCode, `${method} ${url}`).toBe(403);
      }
    }
  });

  test('400 to buckets that no digest of 256 has', async () => {
    const answer = await call('POST', '/exchange/snapshots', { buckets: [255, 256] });
    expect(answer.statusCode).toBe(400);
    expect(answer.json().errors).toEqual([{ pointer: '/buckets/1', detail: 'must be a bucket of a digest with 256' }]);
    expect((await call('POST', '/exchange/snapshots', { buckets: [] })).statusCode).toBe(400);
    expect((await call('GET', '/exchange/digest?buckets=100')).statusCode).toBe(400);
  });

  test('404 where the stream is disabled, and what waits to be made is given up', async () => {
    const { pathname } = await ask();
    await pair.eu.database.asOwner(`update stream set wanted_receiver = 'disabled'`);
    expect((await call('POST', '/exchange/snapshots', {})).statusCode).toBe(404);
    await pair.building(pause(1));
    expect((await call('GET', pathname)).statusCode).toBe(404);
    await pair.eu.database.asOwner(`update stream set wanted_receiver = 'enabled'`);
  });
});
