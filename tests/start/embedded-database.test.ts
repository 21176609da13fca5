import { execFile, spawn } from 'node:child_process';
import { mkdtemp, readdir, readFile, realpath, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { promisify } from 'node:util';
import pg from 'pg';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import {
  endEverything,
  type HostProcess,
  killHost,
  serversIn,
  startHost,
  stopHost,
  urlOf,
} from './fixtures/host-process.ts';

const temporaryFolder = async () => realpath(await mkdtemp(join(tmpdir(), 'embedded-database-')));

/** Holds a data folder after its first start: a copy of it starts five times faster than a new one. */
let started: string;
beforeAll(async () => {
  started = await temporaryFolder();
  const host = await startHost(join(started, 'data'));
  urlOf(host);
  await stopHost(host);
});
afterAll(async () => {
  await endEverything(started);
  await rm(started, { recursive: true, force: true, maxRetries: 5 });
});

let folder: string;
let dataDir: string;
beforeEach(async () => {
  folder = await temporaryFolder();
  dataDir = join(folder, 'data');
});
afterEach(async () => {
  await endEverything(folder);
  await rm(folder, { recursive: true, force: true, maxRetries: 5 });
});

async function startCopy(options: { fast?: boolean } = {}): Promise<HostProcess> {
  await promisify(execFile)('cp', ['-a', join(started, 'data'), dataDir]);
  return startHost(dataDir, options);
}

async function query(url: string, text: string): Promise<Record<string, unknown>[]> {
  const client = new pg.Client({ connectionString: url });
  client.on('error', () => undefined);
  await client.connect();
  return (await client.query(text).finally(() => client.end())).rows;
}

/** The postmaster of the only server in the folder. */
async function postmaster(): Promise<number> {
  return Number.parseInt(await readFile(join(dataDir, 'postgres', 'postmaster.pid'), 'utf8'), 10);
}

async function until(condition: () => Promise<boolean>): Promise<void> {
  const end = performance.now() + 10_000;
  while (!(await condition())) {
    if (performance.now() > end) throw new Error('the condition did not come true in 10 s');
    await pause(5);
  }
}

const inUse = () =>
  `error The data folder ${dataDir} is in use by another running service: end that one, or set DATA_DIR to another folder`;

describe('a start', () => {
  test('gives a durable PostgreSQL 18 on the loopback interface, in UTF-8 and UTC', async () => {
    const host = await startHost(dataDir, { fast: false });
    const [settings] = await query(
      urlOf(host),
      `select current_database() as database, current_user as role, current_setting('server_version_num')::int / 10000 as version,
        current_setting('server_encoding') as encoding, current_setting('timezone') as timezone, current_setting('fsync') as fsync,
        current_setting('synchronous_commit') as commit, current_setting('full_page_writes') as pages,
        current_setting('listen_addresses') as addresses, datlocprovider::text as provider, datlocale as locale
        from pg_database where datname = current_database()`,
    );
    expect(settings).toEqual({
      ...{ database: 'mra', role: 'postgres', version: 18, encoding: 'UTF8', timezone: 'UTC' },
      ...{ fsync: 'on', commit: 'on', pages: 'on', addresses: '127.0.0.1', provider: 'b', locale: 'C.UTF-8' },
    });
    expect((await stat(join(dataDir, 'postgres-password'))).mode & 0o777).toBe(0o600);
    expect((await stat(join(dataDir, 'postgres'))).mode & 0o777).toBe(0o700);
    await expect(query(urlOf(host).replace(/:[^:@]+@/, ':wrong@'), 'select 1')).rejects.toThrow(
      /password authentication/,
    );
  });

  test('finds what was written before', async () => {
    const first = await startCopy();
    await query(urlOf(first), 'create table kept as select 42 as answer');
    await stopHost(first);
    expect(await serversIn(folder)).toEqual([]);
    const second = await startHost(dataDir);
    expect(await query(urlOf(second), 'select answer from kept')).toEqual([{ answer: 42 }]);
  });

  test('gives the superuser a new password when its file was lost', async () => {
    const first = await startCopy();
    await query(urlOf(first), 'create table kept as select 42 as answer');
    await stopHost(first);
    await rm(join(dataDir, 'postgres-password'));
    const second = await startHost(dataDir);
    expect(await query(urlOf(second), 'select answer from kept')).toEqual([{ answer: 42 }]);
    expect(new URL(urlOf(second)).password).not.toBe(new URL(urlOf(first)).password);
  });

  test('is refused with one line on a folder that cannot be used', async () => {
    await writeFile(dataDir, 'a file');
    const host = await startHost(dataDir);
    expect(await host.ended).toMatchObject({ code: 1 });
    expect(host.error()).toMatch(/^error The data folder \S+ cannot be used \(EEXIST\)/);
  });
});

describe('two services on one folder', () => {
  test('the second is refused at once, with one line, and the first goes on', async () => {
    const first = await startCopy();
    const second = await startHost(dataDir);
    expect(await second.ended).toMatchObject({ code: 1 });
    expect(second.lines).toEqual([inUse()]);
    expect(await query(urlOf(first), 'select 1 as one')).toEqual([{ one: 1 }]);
  });

  test('of simultaneous first starts exactly one wins', async () => {
    const hosts = await Promise.all([1, 2, 3].map(() => startHost(dataDir)));
    const winners = hosts.filter((host) => host.url !== null);
    const losers = hosts.filter((host) => host.url === null);
    expect(winners).toHaveLength(1);
    expect(losers.map((host) => host.lines)).toEqual([[inUse()], [inUse()]]);
    const [winner] = winners;
    if (winner) expect(await query(urlOf(winner), 'select 1 as one')).toEqual([{ one: 1 }]);
  });
});

describe('the end of a service', () => {
  test('takes about a second with clients at work, and leaves no PostgreSQL', async () => {
    const host = await startCopy({ fast: false });
    const atWork = query(urlOf(host), 'select pg_sleep(60)').catch((error: Error) => error.message);
    const idle = new pg.Client({ connectionString: urlOf(host) });
    idle.on('error', () => undefined);
    await idle.connect();
    await idle.query('begin; create table unfinished (n int)');
    expect(await stopHost(host)).toBeLessThan(1800);
    expect(await host.ended).toMatchObject({ code: 0 });
    expect(await atWork).toMatch(/terminat/);
    expect(await serversIn(folder)).toEqual([]);
  });

  test('is told to the service when the server dies by itself', async () => {
    const host = await startCopy();
    process.kill(await postmaster(), 'SIGKILL');
    expect(await host.ended).toMatchObject({ code: 2 });
    expect(host.lines).toContain('exit The embedded PostgreSQL ended by itself (SIGKILL)');
  });
});

describe('after a service was killed', () => {
  test('the next start replaces its server, keeps what was committed, and leaves no PostgreSQL when it stops', async () => {
    const first = await startCopy({ fast: false });
    await query(urlOf(first), 'create table kept as select 42 as answer');
    await killHost(first);
    const orphans = await serversIn(folder);
    expect(orphans.length).toBeGreaterThan(0);

    const second = await startHost(dataDir, { fast: false });
    expect(await query(urlOf(second), 'select answer from kept')).toEqual([{ answer: 42 }]);
    const pids = (await serversIn(folder)).map(({ pid }) => pid);
    expect(pids).not.toEqual(expect.arrayContaining([orphans[0]?.pid]));
    await stopHost(second);
    expect(await serversIn(folder)).toEqual([]);
  });

  test('a server that does not answer is killed', async () => {
    const first = await startCopy();
    const orphan = await postmaster();
    process.kill(orphan, 'SIGSTOP');
    await killHost(first);
    const second = await startHost(dataDir);
    expect(await query(urlOf(second), 'select 1 as one')).toEqual([{ one: 1 }]);
    await stopHost(second);
    expect(await serversIn(folder)).toEqual([]);
  });

  test('a pid that another program has got meanwhile neither blocks the start nor harms that program', async () => {
    const first = await startCopy();
    await killHost(first);
    process.kill(await postmaster(), 'SIGKILL');
    await until(async () => (await serversIn(folder)).length === 0);
    const file = join(dataDir, 'postgres', 'postmaster.pid');
    const { uid, gid } = await stat(file);
    const bystander = spawn('sleep', ['60'], process.getuid?.() === 0 ? { uid, gid } : {});
    try {
      await writeFile(file, (await readFile(file, 'utf8')).replace(/^\d+/, String(bystander.pid)));
      const second = await startHost(dataDir);
      expect(await query(urlOf(second), 'select 1 as one')).toEqual([{ one: 1 }]);
      expect(bystander.exitCode ?? bystander.signalCode).toBeNull();
    } finally {
      bystander.kill('SIGKILL');
    }
  });

  test('a cluster that was only half made is made again', async () => {
    const halfMade = async () =>
      (await readdir(dataDir).catch(() => [])).filter((name) => name.includes('initialising'));
    const starting = startHost(dataDir);
    await until(async () => {
      const [name = ''] = await halfMade();
      return stat(join(dataDir, name, 'base', '1')).then(
        () => name !== '',
        () => false,
      );
    });
    await endEverything(folder);
    expect((await starting).url).toBeNull();
    expect(await readdir(dataDir)).not.toContain('postgres');
    expect(await halfMade()).toHaveLength(1);

    const next = await startHost(dataDir);
    expect(await query(urlOf(next), 'select 1 as one')).toEqual([{ one: 1 }]);
    expect(await halfMade()).toEqual([]);
  });
});
