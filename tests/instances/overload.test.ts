import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { Agent } from 'node:http';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { promisify } from 'node:util';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { killServices, MAIN, type ServiceProcess, startService, urlOf } from '../start/fixtures/service-process.ts';
import { buildApiDocument, exampleUrlOf, operationsOf } from '../support/api-document.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { expectShed, loadOn } from './fixtures/load.ts';

/** What the process works on at once. */
const MOST_UNDER_WAY = 20;
const QUESTION = '/v1/recognition?recogniser=JP&identifier=DEAEOF00012345';

let database: TestDatabase;
let dataDir: string;
let service: ServiceProcess;
let token: string;
beforeAll(async () => {
  database = await createTestDatabase({ demo: true });
  dataDir = await mkdtemp(join(tmpdir(), 'mra-overload-'));
  service = await startService(dataDir, {
    env: {
      DATABASE_URL: database.url,
      MAX_REQUESTS_UNDER_WAY: String(MOST_UNDER_WAY),
      RATE_LIMIT_PER_MINUTE: '1000000',
    },
  });
  // Its log, a line for each of many thousands of requests, is read and let go.
  service.child.stdout?.removeAllListeners('data').resume();
  const scope = 'recognition:read registry:read exchange operations';
  const args = [join(dirname(MAIN), 'token.ts'), '--scope', scope, '--administration', 'JP'];
  const { stdout } = await promisify(execFile)(process.execPath, args, { env: { ...process.env, DATA_DIR: dataDir } });
  token = stdout.trim();
});
afterAll(async () => {
  killServices();
  await rm(dataDir, { recursive: true, force: true, maxRetries: 5 });
});

const { send, underLoad } = loadOn(() => ({ url: urlOf(service), token }));

/** What a balancer and partners send. */
async function essentialCalls(): Promise<readonly (() => Promise<readonly [string, number]>)[]> {
  const partners = operationsOf(await buildApiDocument()).filter(({ security }) =>
    security.some((one) => Object.values(one).flat().includes('exchange')),
  );
  expect(partners.length).toBeGreaterThan(5);
  const calls = partners.map((operation) => ({ path: exampleUrlOf(operation), method: operation.method }));
  const health = ['/livez', '/readyz', '/metrics'].map((path) => ({ path, method: 'GET' }));
  return [...health, ...calls].map(({ path, method }) => async () => {
    const { status } = await send(path, { method });
    return [`${method} ${path}`, status] as const;
  });
}

async function expectAsBefore(): Promise<void> {
  const agent = new Agent({ keepAlive: true });
  for (let round = 0; round < 5; round += 1) {
    const answers = await Promise.all(Array.from({ length: MOST_UNDER_WAY }, () => send(QUESTION, { agent })));
    expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 200));
  }
  agent.destroy();
}

describe('more than can be answered', () => {
  test('is shed with 503 and Retry-After, health checks and partners get through, and afterwards all is as before', async () => {
    const calls = await essentialCalls();
    const essential: (readonly [string, number])[] = [];
    const answers = await underLoad(QUESTION, async () => {
      for (let round = 0; round < 2; round += 1) for (const call of calls) essential.push(await call());
    });
    expectShed(answers);
    for (const { status, body } of answers) if (status === 200) expect(JSON.parse(body).outcome).toBe('recognised');
    expect(essential.filter(([, status]) => status >= 500)).toEqual([]);
    await expectAsBefore();
  });

  test('is shed as well where the database is what is slow, and leaves connections for health checks', async () => {
    const essential: number[] = [];
    const answers = await underLoad('/v1/memberships?limit=100&name=a', async () => {
      for (let round = 0; round < 5; round += 1) {
        essential.push((await send('/livez')).status, (await send('/readyz')).status);
        await pause(100);
      }
    });
    expectShed(answers);
    expect(new Set(essential)).toEqual(new Set([200]));
    await expectAsBefore();
  });

  test('does not pile up while the database answers nothing at all: what is taken in is answered once it does', async () => {
    const lock = new pg.Client({ connectionString: database.url });
    await lock.connect();
    // As a writer holds it who cannot commit.
    await lock.query('select pg_advisory_lock(7002)');
    const agent = new Agent({ keepAlive: true });
    const asked = Array.from({ length: 100 }, () => send(QUESTION, { agent }));
    const refused = await Promise.any(asked);
    expect([refused.status, refused.retryAfter]).toEqual([503, '1']);
    expect((await send('/livez')).status).toBe(200);
    expect((await send('/readyz')).status).toBe(200);
    // Those that have not arrived by then would be taken in after it.
    let answered = 0;
    for (const one of asked) void one.then(() => (answered += 1));
    while (answered < 100 - MOST_UNDER_WAY) await pause(10);
    await lock.end();
    const statuses = (await Promise.all(asked)).map(({ status }) => status);
    expect(statuses.filter((status) => status === 200)).toHaveLength(MOST_UNDER_WAY);
    expect(statuses.filter((status) => status === 503)).toHaveLength(100 - MOST_UNDER_WAY);
    agent.destroy();
    await expectAsBefore();
  });
});
