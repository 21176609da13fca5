import { execFile } from 'node:child_process';
import { mkdtemp, readFile, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import pg from 'pg';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { endEverything } from './fixtures/host-process.ts';
import {
  endService,
  killServices,
  type ServiceProcess,
  startService,
  tokenOf,
  urlOf,
} from './fixtures/service-process.ts';

const WARN = 40;
const MANY = 10;
const EU = { LOCAL_ADMINISTRATIONS: 'EU', PUBLIC_URL: 'http://eu.example' };
const PARTNERS = join(import.meta.dirname, '../../services/exchange/partners/of-eu.json');

const temporaryFolder = async () => realpath(await mkdtemp(join(tmpdir(), 'service-')));

/** A data folder that has everything, to be copied: starts on it are three times as fast as on an empty one. */
let filled: string;
let folder: string;
let dataDir: string;
beforeAll(async () => {
  filled = await temporaryFolder();
  const service = await startService(join(filled, 'data'));
  urlOf(service);
  await endService(service);
});
afterAll(async () => {
  await endEverything(filled);
  await rm(filled, { recursive: true, force: true, maxRetries: 5 });
});
beforeEach(async () => {
  folder = await temporaryFolder();
  dataDir = join(folder, 'data');
  await promisify(execFile)('cp', ['-a', join(filled, 'data'), dataDir]);
});
afterEach(async () => {
  killServices();
  await endEverything(folder);
  await rm(folder, { recursive: true, force: true, maxRetries: 5 });
});

function logOf(service: ServiceProcess): { readonly level: number; readonly msg: string }[] {
  return service
    .stdout()
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line));
}

/** To the embedded database, past the service. */
async function connectTo(data: string): Promise<pg.Client> {
  const port = (await readFile(join(data, 'postgres', 'postmaster.pid'), 'utf8')).split('\n')[3];
  const password = (await readFile(join(data, 'postgres-password'), 'utf8')).trim();
  const client = new pg.Client({ connectionString: `postgres://postgres:${password}@127.0.0.1:${port}/mra` });
  client.on('error', () => undefined);
  await client.connect();
  return client;
}

test('says what is served when a service has started, and that it has stopped', async () => {
  const service = await startService(dataDir, { env: { LOCAL_ADMINISTRATIONS: 'EU,JP' } });
  const { port } = new URL(urlOf(service));
  await endService(service);
  const log = logOf(service);
  expect(log.filter(({ msg }) => /^service /.test(msg))).toEqual([
    {
      ...{ level: 30, time: expect.any(String), msg: 'service started' },
      ...{ host: '127.0.0.1', port: Number(port), administrations: ['EU', 'JP'], database: 'embedded', dataDir },
    },
    { level: 30, time: expect.any(String), msg: 'service stopped' },
  ]);
  expect(log.at(-1)?.msg).toBe('service stopped');
});

describe('says nothing about the connections that an end cuts off', () => {
  test.each([
    [{ HOST: 'nohost.invalid' }, /^Cannot listen: /],
    [{ LOCAL_ADMINISTRATIONS: 'ZZ,EU' }, /^LOCAL_ADMINISTRATIONS names no administration/],
    [{ ...EU, PARTNERS_FILE: '/nowhere/partners.json' }, /^PARTNERS_FILE \S+ cannot be read/],
    [{ ...EU, PARTNERS_FILE: PARTNERS, HOST: 'nohost.invalid' }, /^Cannot listen: /],
  ] as readonly (readonly [Record<string, string>, RegExp])[])('of a start that fails with %o', async (env, reason) => {
    const service = await startService(dataDir, { env });
    expect(await service.ended).toMatchObject({ code: 1 });
    expect(service.stderr()).toMatch(reason);
    expect(service.stderr().trimEnd()).not.toContain('\n');
    expect(logOf(service).filter(({ level, msg }) => level >= WARN || msg.startsWith('service '))).toEqual([]);
  });

  test('of a service with many of them', async () => {
    const service = await startService(dataDir);
    const other = await connectTo(dataDir);
    const authorization = `Bearer ${tokenOf(service)}`;
    // Held up, so that each takes a connection of its own.
    await other.query('begin; lock table membership in access exclusive mode');
    const answers = Array.from({ length: MANY }, () =>
      fetch(`${urlOf(service)}/v1/programmes/eu-aeo/memberships/DEAEOF00012345`, { headers: { authorization } }).then(
        ({ status }) => status,
        () => null,
      ),
    );
    await vi.waitFor(async () => {
      const { rows } = await other.query("select from pg_stat_activity where wait_event_type = 'Lock'");
      expect(rows.length).toBeGreaterThan(5);
    }, 10_000);
    await other.query('commit');
    expect(await Promise.all(answers)).toContain(200);
    expect(await endService(service)).toMatchObject({ code: 0 });
    expect(logOf(service).map(({ msg }) => msg)).not.toContain('a database connection was lost');
  });
});
