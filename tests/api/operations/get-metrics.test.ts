import { createMetrics } from '@mra/api';
import { beforeAll, describe, expect, test } from 'vitest';
import { as, createTestApi } from '../../support/api.ts';
import { createTestDatabase, type TestDatabase } from '../../support/database.ts';

let database: TestDatabase;
beforeAll(async () => {
  database = await createTestDatabase({ demo: true });
});

async function read(api: Awaited<ReturnType<typeof createTestApi>>): Promise<string[]> {
  const answer = await api.app.inject({ url: '/metrics', headers: await as(['operations']) });
  expect(answer.statusCode).toBe(200);
  expect(answer.headers['content-type']).toBe('text/plain; version=0.0.4; charset=utf-8');
  return answer.body.split('\n');
}

describe('200', () => {
  test('counts requests by operation and status, never by URL', async () => {
    const api = await createTestApi(database);
    for (const url of ['/livez', '/livez', '/v1/nothing/DEAEOF00012345', '/v1/recognition?identifier=DEAEOF00012345'])
      await api.app.inject({ url });
    const lines = await read(api);
    expect(lines).toContain('http_request_duration_seconds_count{operation="getLiveness",status="200"} 2');
    expect(lines).toContain('http_request_duration_seconds_count{operation="unmatched",status="404"} 1');
    expect(lines).toContain('http_request_duration_seconds_count{operation="askRecognitionByQuery",status="401"} 1');
    expect(lines.join()).not.toContain('DEAEOF');
  });

  test('counts answers by outcome and reason, single and in batches', async () => {
    const api = await createTestApi(database);
    const headers = await as(['recognition:read']);
    const recognised = { recogniser: 'JP', identifier: 'DEAEOF00012345', role: 'exporter' };
    const notRecognised = { ...recognised, identifier: 'DEAEOC00012346' };
    const questions = [recognised, notRecognised, notRecognised];
    const batch = await api.app.inject({
      method: 'POST',
      url: '/v1/recognition/batch',
      headers,
      payload: { questions },
    });
    const single = await api.app.inject({ method: 'POST', url: '/v1/recognition', headers, payload: recognised });
    expect([batch.statusCode, single.statusCode]).toEqual([200, 200]);
    const lines = await read(api);
    expect(lines).toContain('recognition_decisions_total{outcome="recognised",reason="RECOGNISED"} 2');
    expect(lines).toContain('recognition_decisions_total{outcome="not_recognised",reason="TYPE_NOT_COVERED"} 2');
  });

  test('measures the pool and the process', async () => {
    const metrics = createMetrics({ pool: { totalCount: 7, idleCount: 3, waitingCount: 2 } });
    const lines = await read(await createTestApi(database, { metrics }));
    expect(lines).toContain('database_pool_connections 7');
    expect(lines).toContain('database_pool_idle_connections 3');
    expect(lines).toContain('database_pool_waiting_requests 2');
    expect(lines.some((line) => /^process_resident_memory_bytes \d+/.test(line))).toBe(true);
  });

  test('each app counts for itself', async () => {
    const [one, other] = [await createTestApi(database), await createTestApi(database)];
    await one.app.inject({ url: '/livez' });
    expect((await read(other)).join()).not.toContain('getLiveness');
  });
});
