import { SCOPES } from '@mra/http';
import { describe, expect, test } from 'vitest';
import { as } from '../support/api.ts';
import { buildApiDocument, exampleUrlOf, operationsOf } from '../support/api-document.ts';
import { aMember, membersOf } from '../support/members.ts';
import { startReplica } from './fixtures/clusters.ts';
import { anInstance } from './fixtures/instances.ts';
import { KNOWN, minSeq, shareReplicated } from './fixtures/replicated.ts';

/** An instance on a replica answers all that only reads, and nothing that it should not. */

const { primary, standby, writer, reader, aNewMember, suspend, caughtUp, paused } = shareReplicated();

describe('a replica', () => {
  test('answers every route that reads, and says how far it has got', async () => {
    const headers = await as(['recognition:read', 'registry:read'], 'EU');
    const operations = operationsOf(await buildApiDocument()).filter(
      ({ method, path }) =>
        method === 'GET' &&
        /^\/v1\/(administrations|programmes|agreements|network|memberships|mutual|benefits)/.test(path),
    );
    expect(operations.length).toBeGreaterThan(10);
    for (const operation of operations) {
      const answer = await reader.app.inject({ url: exampleUrlOf(operation), headers });
      expect([operation.path, answer.statusCode]).toEqual([operation.path, 200]);
      expect(answer.headers).toMatchObject({ 'change-seq': expect.any(String), 'replica-lag-ms': expect.any(String) });
    }
  });

  test('refuses every route that writes, whatever is sent, and nothing changes', async () => {
    const headers = await as(SCOPES, 'EU');
    const before = (await primary.query('select seq, recorded_at from log_head')).rows;
    const operations = operationsOf(await buildApiDocument()).filter(
      ({ method, path, security }) => method !== 'GET' && !path.startsWith('/v1/recognition') && security.length > 0,
    );
    expect(operations.length).toBeGreaterThan(6);
    for (const operation of operations) {
      const [type = 'application/json'] = Object.keys(operation.requestBody?.content ?? {});
      const answer = await reader.app.inject({
        method: operation.method as 'PUT',
        url: exampleUrlOf(operation),
        headers: { ...headers, 'content-type': type, 'idempotency-key': 'k' },
        payload: '{}',
      });
      expect([operation.path, answer.statusCode]).toEqual([operation.path, 503]);
      expect(answer.json()).toMatchObject({ code: 'SERVICE_UNAVAILABLE', detail: 'This instance only reads.' });
      expect(answer.headers).toHaveProperty('retry-after');
    }
    expect((await primary.query('select seq, recorded_at from log_head')).rows).toEqual(before);
  });

  test('that an instance takes for a primary refuses writes itself, and answers no fresher than it is', async () => {
    const mistaken = await anInstance(standby.url);
    const number = await aNewMember();
    const refused = await membersOf(mistaken).put(number, aMember({ roles: [] }));
    expect([refused.statusCode, refused.json().code]).toEqual([503, 'SERVICE_UNAVAILABLE']);
    await paused(async () => {
      const before = (await writer.replication.state()).present;
      await suspend(number);
      const stale = (await membersOf(mistaken).ask({ identifier: number })).json();
      expect([stale.reason, stale.question.knownAt <= before]).toEqual(['RECOGNISED', true]);
    });
    await mistaken.replication.beat();
    expect(mistaken.replication.isReplica).toBe(true);
    expect((await membersOf(mistaken).ask({ identifier: number })).headers).toHaveProperty('replica-lag-ms');
  });

  test('that has less than it had answers nothing: as after a crash, or when connections lead now here, now there', async () => {
    const other = await startReplica(primary);
    try {
      const mixed = await anInstance(other.url, { isReplica: true, dependencies: { replication: reader.replication } });
      const number = await aNewMember();
      await other.pause();
      const suspended = await suspend(number);
      await caughtUp(suspended.headers['change-seq']);
      const refused = await membersOf(mixed).ask({ identifier: number }, minSeq(suspended.headers['change-seq']));
      expect([refused.statusCode, refused.json().code]).toEqual([503, 'SERVICE_UNAVAILABLE']);
      await other.resume();
      const answer = () => membersOf(mixed).ask({ identifier: number }, minSeq(suspended.headers['change-seq']));
      await expect.poll(async () => (await answer()).statusCode).toBe(200);
      expect((await answer()).json().reason).toBe('NOT_ACTIVE');
    } finally {
      await other.stop();
    }
  });

  test('that is too far behind answers nothing and is not ready, until it has caught up', async () => {
    const strict = await anInstance(standby.url, { isReplica: true, dependencies: { replicaMaxLagSeconds: 1 } });
    const ready = async () => (await strict.app.inject({ url: '/readyz' })).statusCode;
    const ask = () => membersOf(strict).ask({ identifier: KNOWN });
    await paused(async () => {
      await expect.poll(async () => (await ask()).statusCode, { timeout: 10_000 }).toBe(503);
      const refused = await ask();
      expect(refused.json().detail).toMatch(/^This read-only instance is \d+ seconds behind\.$/);
      expect(refused.headers).toHaveProperty('retry-after');
      await expect.poll(ready, { timeout: 10_000 }).toBe(503);
    });
    const beating = setInterval(() => void writer.replication.beat(), 200);
    await expect.poll(async () => (await ask()).statusCode, { timeout: 10_000 }).toBe(200);
    await expect.poll(ready, { timeout: 10_000 }).toBe(200);
    clearInterval(beating);
    expect((await strict.app.inject({ url: '/readyz' })).json()).toEqual({
      status: 'ready',
      replica: { changeSeq: expect.any(Number), lagMs: expect.any(Number) },
    });
  });
});
