import { randomUUID } from 'node:crypto';
import { beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { aRecord, createReceiver, numberOf, type Receiver, STREAMS } from '../../exchange/receiver.ts';
import { as, createTestApi, type TestApi } from '../../support/api.ts';
import { createTestDatabase } from '../../support/database.ts';

let it: Receiver;
let none: TestApi;
beforeAll(async () => {
  it = await createReceiver();
  none = await createTestApi(await createTestDatabase());
});
beforeEach(async () => {
  await it.reset();
  await it.rows('delete from stream');
});

const A = numberOf(1);

const send = async (
  method: 'GET' | 'POST',
  path: string,
  payload?: object,
  headers: Record<string, string> = {},
  api = it.api,
) =>
  api.app.inject({
    method,
    url: `/v1/partners${path}`,
    headers: { ...(await as(['operations'])), ...headers },
    ...(payload && { payload }),
  });
const jp = async () => (await send('GET', '/JP')).json();

describe('GET /v1/partners', () => {
  test('200: registered partners by code, page by page', async () => {
    const first = (await send('GET', '?limit=1')).json();
    expect(first.data.map(({ code }: { code: string }) => code)).toEqual(['JP']);
    const second = (await send('GET', `?limit=1&cursor=${first.nextCursor}`)).json();
    expect([second.data.map(({ code }: { code: string }) => code), second.nextCursor]).toEqual([['US'], null]);
  });

  test('200: none where none is registered', async () => {
    expect((await send('GET', '', undefined, {}, none)).json()).toEqual({ data: [], nextCursor: null });
  });

  test('400: a cursor of another list', async () => {
    expect((await send('GET', '?cursor=x')).json()).toMatchObject({ status: 400, code: 'VALIDATION_FAILED' });
  });
});

describe('GET /v1/partners/{code}', () => {
  test('200: of a partner that was never heard', async () => {
    const { inbound, ...partner } = await jp();
    expect(partner).toMatchObject({
      ...{ code: 'JP', administrations: ['JP'], actsAs: 'EU', issuer: 'https://jp.test', receiveBy: 'push' },
      ...{ heardAt: null, staleFrom: null, fresh: false, quarantined: 0, lastError: null, outbound: null, reports: [] },
    });
    expect(inbound).toMatchObject({ streamId: STREAMS.JP, lastSequence: 0, lagEvents: 0, needsSnapshot: false });
  });

  test('200: how far it has been heard, and until when its copy is fresh', async () => {
    await it.receive([await it.jp.published(1, aRecord(A)), await it.jp.heartbeat(2)]);
    const { inbound, heardAt, staleFrom, fresh } = await jp();
    expect(inbound).toMatchObject({ lastSequence: 2, newestSequence: 2, lagEvents: 0, lagSeconds: 0, waiting: 0 });
    expect([Date.parse(staleFrom) - Date.parse(heardAt), fresh]).toEqual([5_400_000, true]);
    await it.rows(`update synchronisation set synchronised_at = now() - interval '2 hours'`);
    expect((await jp()).fresh).toBe(false);
  });

  test('200: what waits for events that are missing', async () => {
    await it.receive([await it.jp.heartbeat(4), await it.jp.heartbeat(3)]);
    await it.rows(`update inbound_event set received_at = now() - interval '90 seconds' where seq = 4`);
    const { inbound } = await jp();
    expect(inbound).toMatchObject({ lastSequence: 0, newestSequence: 4, lagEvents: 4, waiting: 2 });
    expect(inbound.lagSeconds).toBeGreaterThanOrEqual(90);
  });

  test('200: what was put aside, and the last reports', async () => {
    await it.receive([await it.jp.published(1, aRecord(A, { type: 'NONE' }))]);
    await it.receive([{ compact: 'forged' }]);
    const { quarantined, reports } = await jp();
    expect(quarantined).toBe(1);
    expect(reports).toEqual([
      { reportedAt: expect.stringMatching(/Z$/), kind: 'set_refused', detail: { err: 'invalid_request' } },
    ]);
  });

  test('200: the stream to it, what it has not taken, and the latest failure of either direction', async () => {
    await it.rows(
      `insert into stream (id, partner, configuration, wanted_receiver, last_seq, attempts, last_error, last_error_at)
       values ('eu-to-jp', 'JP', '{}', 'paused', 3, 2, $1, now())`,
      ['answered 500\u0007'],
    );
    await it.rows(
      `insert into outbox (stream_id, seq, jti, event, payload, toe, txn, committed_at)
       select 'eu-to-jp', n, $1 || n, 'verification', '{}', now(), 'tests', now() - interval '70 seconds' from generate_series(2, 3) n`,
      [randomUUID()],
    );
    await it.rows(
      `update inbound_stream set last_error = 'refused', last_error_at = now() - interval '1 day', failures = 3`,
    );
    const { outbound, inbound, lastError } = await jp();
    expect(outbound).toMatchObject({
      status: 'paused',
      lastSequence: 3,
      undelivered: 2,
      attempts: 2,
      lastError: 'answered 500 ',
    });
    expect(outbound.lagSeconds).toBeGreaterThanOrEqual(70);
    expect([inbound.lastError, inbound.failures, lastError]).toEqual(['refused', 3, 'answered 500 ']);
  });

  test('404: no such partner, or none at all', async () => {
    expect((await send('GET', '/BR')).json()).toMatchObject({ status: 404, code: 'NOT_FOUND' });
    expect((await send('GET', '/JP', undefined, {}, none)).statusCode).toBe(404);
  });

  test('404: one that is registered no longer', async () => {
    await it.rows(`update partner set is_registered = false where code = 'US'`);
    const codes = (await send('GET', '')).json().data.map(({ code }: { code: string }) => code);
    const answers = [await send('GET', '/US'), await send('POST', '/US/resynchronise')];
    await it.rows(`update partner set is_registered = true where code = 'US'`);
    expect([codes, ...answers.map(({ statusCode }) => statusCode)]).toEqual([['JP'], 404, 404]);
  });

  test('400: no code of an administration', async () => {
    expect((await send('GET', '/japan')).json()).toMatchObject({ status: 400, code: 'VALIDATION_FAILED' });
  });
});

describe('POST /v1/partners/{code}/resynchronise', () => {
  const wanted = async () => {
    const { needs_snapshot, snapshot_reason, allow_shrink_to } = await it.stream();
    return [needs_snapshot, snapshot_reason, allow_shrink_to];
  };

  test('202: a snapshot is asked for, and whoever listens is told', async () => {
    const told: string[] = [];
    const listening = await listen(it, (payload) => told.push(payload));
    const answer = await send('POST', '/JP/resynchronise');
    expect([answer.statusCode, answer.json().inbound.needsSnapshot]).toEqual([202, true]);
    expect(await wanted()).toEqual([true, 'asked for by operations', null]);
    await expect.poll(() => told).toEqual(['JP']);
    await listening.end();
  });

  test.each([
    [{}, null],
    [{ allowShrinkTo: 0 }, 0],
    [{ allowShrinkTo: 900 }, 900],
  ])('202: %j, how few members it may leave', async (body, kept) => {
    expect((await send('POST', '/JP/resynchronise', body)).statusCode).toBe(202);
    expect(await wanted()).toEqual([true, 'asked for by operations', kept]);
  });

  test('202: the same with the same idempotency key; another request with it is 422', async () => {
    const key = { 'idempotency-key': 'once' };
    await send('POST', '/JP/resynchronise', {}, key);
    await it.rows('update inbound_stream set needs_snapshot = false');
    expect((await send('POST', '/JP/resynchronise', {}, key)).statusCode).toBe(202);
    expect((await it.stream()).needs_snapshot).toBe(false);
    expect((await send('POST', '/JP/resynchronise', { allowShrinkTo: 1 }, key)).statusCode).toBe(422);
  });

  test.each([{ allowShrinkTo: -1 }, { allowShrinkTo: '9' }, { allowShrinkto: 9 }])('400: %j', async (body) => {
    expect((await send('POST', '/JP/resynchronise', body)).json()).toMatchObject({
      status: 400,
      code: 'VALIDATION_FAILED',
    });
    expect((await it.stream()).needs_snapshot).toBe(false);
  });

  test('404 and 409', async () => {
    expect((await send('POST', '/BR/resynchronise')).json()).toMatchObject({ status: 404, code: 'NOT_FOUND' });
    await it.rows(`update partner set receive_by = 'nothing' where code = 'US'`);
    expect((await send('POST', '/US/resynchronise')).json()).toMatchObject({ status: 409, code: 'CONFLICT' });
    await it.rows(`update partner set receive_by = 'poll' where code = 'US'`);
  });
});

async function listen({ database }: Receiver, onPayload: (payload: string) => void) {
  const { default: pg } = await import('pg');
  const client = new pg.Client({ connectionString: database.url });
  await client.connect();
  client.on('notification', ({ payload }) => onPayload(payload ?? ''));
  await client.query('listen mra_inbound');
  return client;
}
