import { randomUUID } from 'node:crypto';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import pg from 'pg';
import { afterAll, afterEach, beforeAll, beforeEach, expect, inject, test } from 'vitest';
import { endService, killServices, startService, urlOf } from './fixtures/service-process.ts';

let dataDir: string;
beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'service-'));
});
afterEach(async () => {
  killServices();
  await rm(dataDir, { recursive: true, force: true, maxRetries: 5 });
});

const name = `mra_start_${randomUUID().replaceAll('-', '')}`;
const user = `${name}_user`;
const url = new URL(inject('databaseServerUrl'));
url.pathname = `/${name}`;

async function onServer(text: string, target: string = inject('databaseServerUrl')): Promise<void> {
  const client = new pg.Client({ connectionString: target });
  await client.connect();
  await client.query(text).finally(() => client.end());
}
beforeAll(() => onServer(`create database ${name}`));
afterAll(async () => {
  await onServer(`drop database ${name} with (force)`);
  await onServer(`drop role if exists ${user}`);
});

test('two that start at once on a new database both serve it; they print no questions about members that are not there', async () => {
  const env = { DATABASE_URL: url.href };
  const services = await Promise.all([startService(dataDir, { env }), startService(dataDir, { env })]);
  for (const service of services) {
    expect((await fetch(`${urlOf(service)}/readyz`)).status).toBe(200);
    expect(service.stdout()).toContain(`Swagger UI: ${service.url}/docs\n`);
    expect(service.stdout()).not.toMatch(/TOKEN=|curl/);
  }
  expect(await readdir(dataDir)).not.toContain('postgres');
  const endings = await Promise.all(services.map((service) => endService(service)));
  for (const { code, milliseconds } of endings) expect([code, milliseconds < 2000]).toEqual([0, true]);
});

test('a migrated one is served in production by a user who owns nothing, with JSON lines alone', async () => {
  await onServer(`create role ${user} login password 'geheim'; grant mra_service to ${user}`, url.href);
  const own = new URL(url);
  own.username = user;
  own.password = 'geheim';
  const issuers = { TOKEN_ISSUERS: 'https://id.example=https://id.example/keys' };
  const service = await startService(dataDir, {
    env: { NODE_ENV: 'production', DATABASE_URL: own.href, ...issuers },
  });
  expect((await fetch(`${urlOf(service)}/readyz`)).status).toBe(200);
  for (const line of service.stdout().trimEnd().split('\n')) expect(JSON.parse(line)).toHaveProperty('msg');
  expect(service.stdout()).not.toContain('geheim');
});

test.each([
  ['DATABASE_URL', 'migrate as the owner: MIGRATION_DATABASE_URL'],
  ['MIGRATION_DATABASE_URL', 'it must be the login that owns the database and its tables'],
])('a login of %s that may not migrate is told what would do', async (variable, advice) => {
  const empty = `${name}_empty`;
  const login = `${name}_login`;
  const target = new URL(inject('databaseServerUrl'));
  target.pathname = `/${empty}`;
  await onServer(`create database ${empty}`);
  try {
    await onServer(`create role ${login} login password 'geheim'`);
    const own = new URL(target);
    own.username = login;
    own.password = 'geheim';
    const env = { DATABASE_URL: target.href, [variable]: own.href };
    const service = await startService(dataDir, { env });
    expect(await service.ended).toMatchObject({ code: 1 });
    expect(service.stderr()).toBe(
      `The database of ${variable} cannot be used: permission denied for schema public (${advice})\n`,
    );
  } finally {
    await onServer(`drop database ${empty} with (force)`);
    await onServer(`drop role if exists ${login}`);
  }
});

test('a second signal ends it at once, whatever is under way', async () => {
  const service = await startService(dataDir, { env: { DATABASE_URL: url.href } });
  const socket = connect(Number(new URL(urlOf(service)).port), '127.0.0.1').on('error', () => undefined);
  await new Promise((resolve) => socket.write('GET /livez HTTP/1.1\r\n', resolve));
  await pause(100);
  service.child.kill('SIGINT');
  await pause(600);
  const { code, milliseconds } = await endService(service, 'SIGINT');
  expect(code).toBe(1);
  expect(milliseconds).toBeLessThan(500);
});
