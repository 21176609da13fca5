import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { CONFIGURATION } from '@mra/api';
import { WORKER_VARIABLES } from '@mra/exchange-worker';
import { SignJWT } from 'jose';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { createTestKeys, type TestKeys } from '../support/exchange.ts';
import { endProgram, type ReadyProgram, startProgram } from './fixtures/program.ts';

const API = ['services/api/src/main.ts'] as const;
const WORKER = ['services/exchange/src/main.ts'] as const;
const KEYS = ['services/exchange/src/keys-command.ts'] as const;
const LISTENING = /"msg":"Server listening at (http:[^"]+)"/;
const STARTED = /exchange worker started/;
const EU = 'https://eu.example';

let folder: string;
let database: TestDatabase;
let partnerKeys: TestKeys;
const programs: ReadyProgram[] = [];
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'mra-worker-process-'));
  database = await createTestDatabase();
  partnerKeys = await createTestKeys();
});
afterEach(() => Promise.all(programs.splice(0).map((program) => endProgram(program))));
afterAll(() => rm(folder, { recursive: true, force: true }));

async function environment(partner: object, more: Readonly<Record<string, string>> = {}) {
  const partnersFile = join(folder, 'partners.json');
  await writeFile(
    partnersFile,
    JSON.stringify([{ code: 'JP', actsAs: 'EU', issuer: 'https://jp.example', ...partner }]),
  );
  return {
    ...{ HOST: '127.0.0.1', PORT: '0', DATA_DIR: folder, DATABASE_URL: database.url, DEMO_MEMBERS: 'off' },
    ...{ LOCAL_ADMINISTRATIONS: 'EU', PUBLIC_URL: EU, PARTNERS_FILE: partnersFile },
    ...more,
  };
}

async function start(...args: Parameters<typeof startProgram>): Promise<ReadyProgram> {
  const program = await startProgram(...args);
  programs.push(program);
  return program;
}

/** What a program that ends by itself has written, on whichever way, and its exit code. */
async function run(file: string, args: readonly string[], env: Readonly<Record<string, string>>) {
  const { PATH = '', HOME = '' } = process.env;
  return promisify(execFile)(process.execPath, [file, ...args], { env: { PATH, HOME, ...env } }).then(
    ({ stdout }) => ({ code: 0, text: stdout }),
    ({ code, stderr }) => ({ code: code as number, text: stderr as string }),
  );
}

async function freePort(): Promise<string> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return String(port);
}

const pinned = async () => ({ jwks: await partnerKeys.jwks() });

describe('a worker that is a process of its own', () => {
  test('says whether it is alive and ready, and ends on SIGTERM', async () => {
    const port = await freePort();
    const worker = await start('worker', WORKER, await environment(await pinned(), { PORT: port }), STARTED);
    const status = async (path: string) => (await fetch(`http://127.0.0.1:${port}${path}`)).status;
    expect([await status('/livez'), await status('/readyz'), await status('/v1/partners')]).toEqual([200, 200, 404]);
    worker.child.kill('SIGTERM');
    await worker.ended;
    expect(worker.child.exitCode).toBe(0);
  });

  test('says what it lacks, a line for each variable', async () => {
    const { code, text } = await run(WORKER[0], [], {});
    expect(code).toBe(1);
    expect(text.trim().split('\n')).toEqual(
      ['DATABASE_URL', 'LOCAL_ADMINISTRATIONS', 'PUBLIC_URL', 'PARTNERS_FILE'].map(
        (name) => `Configuration: ${name} must be set`,
      ),
    );
  });

  test('has no variables of its own: the README lists those of the API', () => {
    expect(CONFIGURATION.map(({ name }) => name)).toEqual(expect.arrayContaining([...WORKER_VARIABLES]));
  });

  test.each([
    ['the worker', WORKER],
    ['the API', API],
  ] as const)('%s says what is wrong with its partners', async (_, [file]) => {
    const env = await environment({ issuer: 'https://jp.example/', receiveBy: 'mail' });
    const { code, text } = await run(file, [], env);
    expect(code).toBe(1);
    expect(text).toContain('PARTNERS_FILE /0/issuer must have no slash at its end');
    expect(text).toContain('PARTNERS_FILE /0/receiveBy must be one of poll, push, nothing');
  });
});

describe('a token that a partner has signed itself', () => {
  const token = async (claims: Record<string, unknown> = {}): Promise<string> => {
    const { key, kid, alg } = await partnerKeys.signingKey();
    return new SignJWT({ client_id: 'jp', scope: 'exchange', administration: 'JP', ...claims })
      .setProtectedHeader({ alg, kid, typ: 'at+jwt' })
      .setIssuer('https://jp.example')
      .setSubject('jp')
      .setAudience(EU)
      .setIssuedAt()
      .setExpirationTime('5m')
      .sign(key);
  };
  const call = async (api: ReadyProgram, path: string, bearer: string) =>
    (await fetch(new URL(path, api.ready[1]), { headers: { authorization: `Bearer ${bearer}` } })).status;

  test('is taken by a development deployment, for the exchange and in its own name alone', async () => {
    const api = await start('api', API, await environment(await pinned()), LISTENING);
    expect(await call(api, '/exchange/streams', await token())).toBe(200);
    for (const claims of [
      { scope: 'exchange operations' },
      { scope: 'operations' },
      { administration: 'EU' },
      { administration: undefined },
    ])
      expect(await call(api, '/exchange/streams', await token(claims))).toBe(401);
    // A busy machine may shed other calls for a moment; partners' are never among them.
    const others = await token();
    await expect.poll(() => call(api, '/v1/memberships?programme=eu-aeo', others), { timeout: 20_000 }).toBe(403);
  });

  test('is refused in production', async () => {
    const env = await environment(
      { ...(await pinned()), tokenEndpoint: 'https://id.jp.example/token', clientId: 'eu' },
      { NODE_ENV: 'production', TOKEN_ISSUERS: 'https://id.example=https://id.example/keys' },
    );
    const api = await start('api', API, env, LISTENING);
    expect(await call(api, '/exchange/streams', await token())).toBe(401);
  });
});

describe('npm run keys', () => {
  const lines = async (...args: string[]) => {
    const { code, text } = await run(KEYS[0], args, { DATA_DIR: join(folder, 'own') });
    return { code, lines: text.trim().split('\n') };
  };
  test('lists and rotates the keys of the data folder', async () => {
    expect(await lines('list')).toEqual({
      code: 1,
      lines: [
        expect.stringMatching(/^keys: there are no exchange keys in \S+; a start with PARTNERS_FILE makes them$/),
      ],
    });
    // The first start with partners makes them.
    const env = await environment(await pinned(), { DATA_DIR: join(folder, 'own') });
    await start('worker', WORKER, env, STARTED);
    const [only] = (await lines('list')).lines;
    expect(only).toMatch(/^[\w-]{43} {2}EdDSA {2}signs from \S+Z +published$/);

    const rotated = await lines('rotate', '--overlap', '2h', '--lead', '10m', '--alg', 'ES256');
    expect(rotated).toEqual({
      code: 0,
      lines: [
        expect.stringMatching(new RegExp(`^${only?.slice(0, 43)} {2}EdDSA .* published until \\S+Z {2}published$`)),
        expect.stringMatching(/^[\w-]{43} {2}ES256 {2}signs from \S+Z +to come$/),
      ],
    });
    expect((await lines('list')).lines).toEqual(rotated.lines);
    const { keys } = JSON.parse(await readFile(join(folder, 'own', 'exchange-keys.json'), 'utf8'));
    expect(keys).toHaveLength(2);
  });

  test.each([
    [['turn'], 'keys: say list or rotate'],
    [[], 'keys: say list or rotate'],
    [['rotate', '--overlap', 'long'], 'keys: --overlap is a time such as 90s, 15m, 24h or 7d, at most 90d, not "long"'],
    [['rotate', '--lead', '91d'], 'keys: --lead is a time such as 90s, 15m, 24h or 7d, at most 90d, not "91d"'],
    [['rotate', '--alg', 'none'], 'keys: --alg is one of EdDSA, ES256'],
  ])('%j is told what is wrong', async (args, line) => {
    expect(await lines(...args)).toEqual({ code: 1, lines: [line] });
  });
});
