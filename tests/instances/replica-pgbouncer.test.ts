import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { endService, killServices, startService, tokenOf, urlOf } from '../start/fixtures/service-process.ts';
import { as } from '../support/api.ts';
import { aMember, membersOf, memberUrl } from '../support/members.ts';
import { startReplica } from './fixtures/clusters.ts';
import { anInstance, type Instance } from './fixtures/instances.ts';
import {
  findPgBouncer,
  type Login,
  type PgBouncer,
  type Program,
  startPgBouncer,
  withReason,
} from './fixtures/pgbouncer.ts';
import { KNOWN, minSeq, shareReplicated } from './fixtures/replicated.ts';

/** A replica behind a pooler that gives each transaction whatever connection is free: what is true of either is true of both. */

const found = await findPgBouncer();
const program = typeof found === 'string' ? null : found;
const title = `a replica behind PgBouncer ${program?.version ?? ''} in transaction mode`;

const service: Login = { user: 'mra_api', password: 'for-these-tests' };
const decisionOf = ({ decidedAt: _, ...decision }: Record<string, unknown>) => decision;

describe.skipIf(program === null)(withReason(title, typeof found === 'string' ? found : null), () => {
  const { primary, standby, writer, aNewMember, suspend, caughtUp, paused } = shareReplicated();
  let pooler: PgBouncer;
  let reader: Instance;
  let members: ReturnType<typeof membersOf>;
  const toStop: (() => Promise<void>)[] = [];

  /** Of fewer connections than there are questions. */
  async function poolerTo(target: string, poolSize = 2): Promise<PgBouncer> {
    const started = await startPgBouncer(program as Program, { target, logins: [service], poolSize });
    toStop.push(() => started.stop());
    return started;
  }

  beforeAll(async () => {
    // Roles come to the replica as all else does.
    await primary.query(`create role ${service.user} login password '${service.password}' in role mra_service`);
    await primary.query(`alter role ${service.user} set timezone = 'UTC'`);
    pooler = await poolerTo(standby.url);
    reader = await anInstance(pooler.urlFor(service), { isReplica: true, session: false, max: 8 });
    members = membersOf(reader);
  });
  afterAll(async () => {
    killServices();
    for (const stop of toStop.toReversed()) await stop();
  });

  test('answers with the change that the caller has seen, whichever connection it gets', async () => {
    for (let round = 0; round < 5; round += 1) {
      const number = await aNewMember();
      const seq = (await suspend(number)).headers['change-seq'];
      const answers = await Promise.all(
        Array.from({ length: 8 }, () => members.ask({ identifier: number }, minSeq(seq))),
      );
      for (const answer of answers) {
        expect(answer.json()).toMatchObject({ outcome: 'not_recognised', reason: 'NOT_ACTIVE' });
        expect(Number(answer.headers['change-seq'])).toBeGreaterThanOrEqual(Number(seq));
        expect(answer.headers['replica-lag-ms']).toMatch(/^\d+$/);
      }
    }
  });

  test('while changes do not arrive, says up to when an answer is true, and is as the primary of that instant', async () => {
    const number = await aNewMember();
    await paused(async () => {
      const { present } = await writer.replication.state();
      const { 'change-seq': seq } = (await suspend(number)).headers;
      const stale = (await members.ask({ identifier: number })).json();
      expect([stale.reason, stale.question.knownAt <= present]).toEqual(['RECOGNISED', true]);
      const { at, knownAt } = stale.question;
      const then = await membersOf(writer).ask({ identifier: number, at, knownAt });
      expect(decisionOf(stale)).toEqual(decisionOf(then.json()));
      const refused = await members.ask({ identifier: number }, minSeq(seq));
      expect([refused.statusCode, refused.json().code]).toEqual([503, 'SERVICE_UNAVAILABLE']);
      expect(refused.headers['retry-after']).toMatch(/^\d+$/);
    });
    await expect.poll(async () => (await members.ask({ identifier: number })).json().reason).toBe('NOT_ACTIVE');
  });

  test('shows each administration its own, however few connections they share', async () => {
    const secret = 'DEAEOF00810001';
    const put = await membersOf(writer).put(secret, aMember({ consent: { given: false } }));
    await caughtUp(put.headers['change-seq']);
    const asked = Array.from({ length: 90 }, async (_, index) => {
      const administration = ['EU', 'JP', null][index % 3] ?? null;
      if (index % 2 === 0) return members.ask({ identifier: secret }, { administration });
      return members.get(secret, '', { administration });
    });
    for (const [index, answer] of (await Promise.all(asked)).entries()) {
      const isOwner = index % 3 === 0;
      if (index % 2 === 0) expect(answer.json().reason).toBe(isOwner ? 'NO_CONSENT' : 'UNKNOWN_TRADER');
      else expect(answer.statusCode).toBe(isOwner ? 200 : 404);
    }
  });

  test('is not misled by what another program has left on a connection', async () => {
    const secret = 'DEAEOF00810002';
    const put = await membersOf(writer).put(secret, aMember({ consent: { given: false } }));
    await caughtUp(put.headers['change-seq']);
    const single = await poolerTo(standby.url, 1);
    const instance = membersOf(await anInstance(single.urlFor(service), { isReplica: true, session: false }));
    const other = new pg.Client({ connectionString: single.urlFor(service) });
    await other.connect();
    for (const left of [`set mra.administration = 'EU'`, `set mra.copies = 'on'`, 'set role none']) {
      await other.query(left);
      expect((await instance.get(secret, '', { administration: 'JP' })).statusCode).toBe(404);
      expect((await instance.ask({ identifier: secret }, { administration: 'JP' })).json().reason).toBe(
        'UNKNOWN_TRADER',
      );
      expect((await instance.get(secret, '', { administration: 'EU' })).statusCode).toBe(200);
    }
    await other.end();
  });

  test('refuses what writes, and streams what reads', async () => {
    const headers = await as(['registry:write', 'recognition:read'], 'EU');
    const refused = await reader.app.inject({ method: 'PUT', url: memberUrl(KNOWN), headers, payload: aMember() });
    expect([refused.statusCode, refused.json().detail]).toEqual([503, 'This instance only reads.']);
    const line = `${JSON.stringify({ recogniser: 'JP', identifier: KNOWN })}\n`;
    const answer = await reader.app.inject({
      ...{ method: 'POST', url: '/v1/recognition/batch', payload: line.repeat(2000) },
      headers: { ...headers, 'content-type': 'application/x-ndjson' },
    });
    const answers = answer.body.trimEnd().split('\n');
    expect(answers).toHaveLength(2000);
    expect(new Set(answers.map((one) => JSON.parse(one).outcome))).toEqual(new Set(['recognised']));
  });

  test('a process reads there, and writes once the replica behind the pooler has been promoted', async () => {
    const dataDir = await mkdtemp(join(tmpdir(), 'mra-replica-pooled-'));
    toStop.push(() => rm(dataDir, { recursive: true, force: true, maxRetries: 5 }));
    const successor = await startReplica(primary);
    toStop.push(() => successor.stop());
    const env = {
      DATABASE_URL: (await poolerTo(successor.url)).urlFor(service),
      DATABASE_POOLER: 'on',
      DEMO_MEMBERS: 'on',
    };
    const started = await startService(dataDir, { env });
    const call = (path: string, init: RequestInit = {}) =>
      fetch(`${urlOf(started)}${path}`, {
        ...init,
        headers: { authorization: `Bearer ${tokenOf(started)}`, 'content-type': 'application/json' },
      });
    expect(started.stdout()).toContain('read-only: the database is a streaming replica');
    expect(await (await call(`/v1/recognition?recogniser=JP&identifier=${KNOWN}`)).json()).toMatchObject({
      outcome: 'recognised',
    });
    const put = async () => {
      const body = JSON.stringify(aMember());
      return (await call(memberUrl('DEAEOF00810003'), { method: 'PUT', body })).status;
    };
    expect(await put()).toBe(503);
    await successor.promote();
    await expect.poll(put, { timeout: 20_000 }).toBe(201);
    expect((await endService(started)).code).toBe(0);
  });
});
