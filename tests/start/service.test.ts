import { execFile, spawnSync } from 'node:child_process';
import { mkdtemp, readFile, realpath, rm } from 'node:fs/promises';
import { Agent, get, request } from 'node:http';
import { type AddressInfo, createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { promisify } from 'node:util';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { endEverything, serversIn } from './fixtures/host-process.ts';
import { oldServer } from './fixtures/old-server.ts';
import {
  endService,
  killServices,
  type ServiceOptions,
  type ServiceProcess,
  startService,
  tokenOf,
  urlOf,
} from './fixtures/service-process.ts';

const temporaryFolder = async () => realpath(await mkdtemp(join(tmpdir(), 'service-')));

/** The first start of all, on a new folder; what it leaves is copied for the others, which then start three times faster. */
let started: string;
let first: ServiceProcess;
let printed: Record<string, { readonly status: number | null; readonly answers: readonly unknown[] }>;
beforeAll(async () => {
  started = await temporaryFolder();
  first = await startService(join(started, 'data'));
  urlOf(first);
  printed = Object.fromEntries(
    ['sh', 'bash', 'zsh'].filter(isInstalled).map((shell) => [shell, pasteInto(shell, first)]),
  );
  expect(await endService(first)).toMatchObject({ code: 0 });
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
  killServices();
  await endEverything(folder);
  await rm(folder, { recursive: true, force: true, maxRetries: 5 });
});

async function startCopy(options: ServiceOptions = {}): Promise<ServiceProcess> {
  await promisify(execFile)('cp', ['-a', join(started, 'data'), dataDir]);
  return startService(dataDir, options);
}

function isInstalled(shell: string): boolean {
  return spawnSync(shell, ['-c', 'true']).status === 0;
}

/** Runs all that the start has printed for people, from the comment before the token on, as somebody who pastes the whole of it. */
function pasteInto(shell: string, service: ServiceProcess) {
  const text = service.stdout();
  const { status, stdout } = spawnSync(shell, [], { input: text.slice(text.indexOf('# A token')), encoding: 'utf8' });
  return {
    status,
    answers: stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as unknown),
  };
}

async function listen(server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return (server.address() as AddressInfo).port;
}

/** A start that must fail: with these lines on stderr, exit code 1, and nothing left running. */
async function failureOf(service: ServiceProcess): Promise<string[]> {
  expect(service.url).toBeNull();
  expect(await service.ended).toEqual({ code: 1, signal: null });
  expect(await serversIn(folder)).toEqual([]);
  return service.stderr().trimEnd().split('\n');
}

interface Asked {
  readonly at?: string;
}

async function ask(service: ServiceProcess, { at }: Asked = {}): Promise<{ outcome: string; reason: string }> {
  const question = new URLSearchParams({
    recogniser: 'JP',
    identifier: 'DEAEOF00012345',
    role: 'exporter',
    ...(at && { at }),
  });
  const headers = { authorization: `Bearer ${tokenOf(service)}` };
  const { outcome, reason } = (await (
    await fetch(`${urlOf(service)}/v1/recognition?${question}`, { headers })
  ).json()) as never;
  return { outcome, reason };
}

async function suspend(service: ServiceProcess): Promise<number> {
  const { status } = await fetch(`${urlOf(service)}/v1/programmes/eu-aeo/memberships/DEAEOF00012345/events`, {
    method: 'POST',
    headers: { authorization: `Bearer ${tokenOf(service)}`, 'content-type': 'application/json' },
    body: JSON.stringify({ type: 'suspended' }),
  });
  return status;
}

describe('the first start', () => {
  test('prints the address of Swagger UI, a token and three lines to paste, each with the answer that it promises', () => {
    expect(first.stdout()).toContain(`Swagger UI: ${first.url}/docs\n`);
    expect(first.stderr()).toBe('');
    expect(Object.keys(printed)).toContain('sh');
    for (const { status, answers } of Object.values(printed)) {
      expect(status).toBe(0);
      const notRecognised = { outcome: 'not_recognised', reason: 'TYPE_NOT_COVERED' };
      expect(answers).toMatchObject([
        { outcome: 'recognised', reason: 'RECOGNISED' },
        notRecognised,
        { answers: [{ outcome: 'recognised' }, notRecognised, { outcome: 'not_recognised', reason: 'NO_AGREEMENT' }] },
      ]);
    }
  });
});

describe('started again', () => {
  test('it still has what was written, after a stop and after a kill', async () => {
    const one = await startCopy();
    const before = new Date().toISOString();
    expect(await suspend(one)).toBe(201);
    await endService(one);

    const two = await startService(dataDir);
    expect(await ask(two)).toEqual({ outcome: 'not_recognised', reason: 'NOT_ACTIVE' });
    await endService(two, 'SIGKILL');
    expect(await serversIn(folder)).not.toEqual([]);

    const three = await startService(dataDir);
    expect(await ask(three)).toEqual({ outcome: 'not_recognised', reason: 'NOT_ACTIVE' });
    expect(await ask(three, { at: before })).toEqual({ outcome: 'recognised', reason: 'RECOGNISED' });
    await endService(three);
    expect(await serversIn(folder)).toEqual([]);
  });
});

describe('one clear line and exit code 1', () => {
  test('on a folder in use; the first service goes on', async () => {
    const one = await startCopy();
    const two = await startService(dataDir);
    expect(two.url).toBeNull();
    expect(await two.ended).toEqual({ code: 1, signal: null });
    const why = 'is in use by another running service: end that one, or set DATA_DIR to another folder';
    expect(two.stderr()).toBe(`The data folder ${dataDir} ${why}\n`);
    expect(await ask(one)).toMatchObject({ outcome: 'recognised' });
  });

  test('on a port that is taken', async () => {
    const other = createServer();
    const port = await listen(other);
    const lines = await failureOf(await startCopy({ env: { PORT: String(port) } }));
    expect(lines).toEqual([
      `Cannot listen: port ${port} of 127.0.0.1 is taken: end what listens there, or set PORT to another`,
    ]);
    other.close();
  });

  test('with a database that cannot be reached, whose password is not told', async () => {
    const env = { DATABASE_URL: 'postgres://somebody:geheim@127.0.0.1:1/mra' };
    const service = await startService(dataDir, { env });
    expect(await failureOf(service)).toEqual([
      'The database of DATABASE_URL cannot be used: connect ECONNREFUSED 127.0.0.1:1',
    ]);
    expect(service.stdout()).not.toContain('geheim');
  });

  test('with a PostgreSQL older than 18', async () => {
    const server = oldServer('15.4');
    const env = { DATABASE_URL: `postgres://somebody@127.0.0.1:${await listen(server)}/mra` };
    expect(await failureOf(await startService(dataDir, { env }))).toEqual([
      'PostgreSQL 18 or later is needed; the server of DATABASE_URL is PostgreSQL 15.4',
    ]);
    server.close();
  });

  test('for each variable that is wrong, all at once', async () => {
    const lines = await failureOf(await startService(dataDir, { env: { PORT: 'geheim', LOG_LEVEL: 'loud' } }));
    expect(lines).toEqual([
      'Configuration: PORT must be a whole number from 0 to 65535',
      'Configuration: LOG_LEVEL must be one of fatal, error, warn, info, debug, trace, silent',
    ]);
  });

  test('for local administrations that the network does not have', async () => {
    expect(await failureOf(await startCopy({ env: { LOCAL_ADMINISTRATIONS: 'JP,XX,YY' } }))).toEqual([
      'LOCAL_ADMINISTRATIONS names no administration of the network: XX, YY',
    ]);
  });

  test('in production without issuers of tokens', async () => {
    expect(await failureOf(await startService(dataDir, { env: { NODE_ENV: 'production' } }))).toEqual([
      'Configuration: TOKEN_ISSUERS must be set when NODE_ENV=production, which refuses the development issuer',
    ]);
  });
});

describe('the end', () => {
  test('takes less than two seconds with a connection kept alive and a request under way, and leaves no PostgreSQL', async () => {
    const service = await startCopy();
    const agent = new Agent({ keepAlive: true });
    await new Promise((resolve) =>
      get(`${urlOf(service)}/livez`, { agent }, (answer) => answer.resume().once('end', resolve)),
    );
    const headers = { authorization: `Bearer ${tokenOf(service)}`, 'content-type': 'application/x-ndjson' };
    const endless = request(`${urlOf(service)}/v1/recognition/batch`, { method: 'POST', headers });
    const cutOff = new Promise((resolve) => endless.once('error', () => undefined).once('close', resolve));
    endless.write('{"recogniser":"JP","identifier":"DEAEOF00012345"}\n');
    await pause(100);

    const { code, milliseconds } = await endService(service);
    expect(code).toBe(0);
    expect(milliseconds).toBeLessThan(2000);
    await cutOff;
    expect(await serversIn(folder)).toEqual([]);
    agent.destroy();
  });

  test('comes with exit code 1 when the embedded database dies', async () => {
    const service = await startCopy();
    process.kill(Number.parseInt(await readFile(join(dataDir, 'postgres', 'postmaster.pid'), 'utf8'), 10), 'SIGKILL');
    expect(await service.ended).toEqual({ code: 1, signal: null });
    expect(service.stdout()).toContain('"msg":"the embedded database ended"');
  });

  test.runIf(process.platform !== 'win32').each(['SIGTERM', 'SIGKILL'] as const)(
    'comes when npm, which started the service, gets %s',
    async (signal) => {
      const service = await startCopy({ command: ['npm', 'start'] });
      urlOf(service);
      await endService(service, signal);
      expect(await serversIn(folder)).toEqual([]);
    },
  );
});
