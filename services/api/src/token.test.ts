import { execFile } from 'node:child_process';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { createLocalJWKSet, jwtVerify } from 'jose';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { API_AUDIENCE, DEVELOPMENT_ISSUER, openDevelopmentIssuer } from './development-issuer.ts';

const program = join(import.meta.dirname, 'token.ts');
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'token-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function token(args: readonly string[], env: Record<string, string> = {}) {
  const options = { cwd: folder, env: { ...process.env, NODE_ENV: 'development', DATA_DIR: '', ...env } };
  return promisify(execFile)(process.execPath, [program, ...args], options).then(
    ({ stdout, stderr }) => ({ code: 0, stdout, stderr }),
    (error: { code: number; stdout: string; stderr: string }) => error,
  );
}

describe('npm run token', () => {
  test('prints one token of the issuer in DATA_DIR, which it makes when there is none', async () => {
    const dataDir = join(folder, 'other');
    const args = [
      '--scope',
      'registry:write  registry:read',
      '--administration',
      'EU',
      '--ttl',
      '15m',
      '--client',
      'desk',
    ];
    const { stdout, stderr, code } = await token(args, { DATA_DIR: dataDir });
    expect({ stderr, code }).toEqual({ stderr: '', code: 0 });
    expect(stdout).toMatch(/^[\w-]+\.[\w-]+\.[\w-]+\n$/);
    const { jwks } = await openDevelopmentIssuer(dataDir);
    const { payload } = await jwtVerify(stdout.trim(), createLocalJWKSet(jwks), {
      issuer: DEVELOPMENT_ISSUER,
      audience: API_AUDIENCE,
    });
    expect(payload).toMatchObject({ scope: 'registry:write registry:read', administration: 'EU', client_id: 'desk' });
    expect((payload.exp ?? 0) - (payload.iat ?? 0)).toBe(900);
  });

  test('keeps the issuer in .data by default and signs for an hour', async () => {
    const { stdout } = await token(['--scope', 'recognition:read']);
    expect(await readdir(join(folder, '.data'))).toEqual(['development-issuer.json']);
    const { exp, iat } = JSON.parse(Buffer.from(stdout.split('.')[1] ?? '', 'base64url').toString());
    expect(exp - iat).toBe(3600);
  });

  test.each([
    ['an unknown option', ['--scope', 'exchange', '--colour', 'red'], /--colour/],
    ['a stray word', ['--scope', 'recognition:read', 'registry:read'], /registry:read/],
    ['no scope', [], /--scope is missing/],
    ['an empty scope', ['--scope', ' '], /--scope is missing/],
    ['an unknown scope', ['--scope', 'recognition:read admin'], /unknown scope admin;/],
    ['a time without a unit', ['--scope', 'exchange', '--ttl', '60'], /--ttl/],
    ['no time', ['--scope', 'exchange', '--ttl', '0s'], /--ttl/],
    ['too long a time', ['--scope', 'exchange', '--ttl', '31d'], /--ttl/],
    ['no administration', ['--scope', 'exchange', '--administration', 'Europe'], /--administration/],
  ])('refuses %s with one line', async (_, args, message) => {
    const { code, stdout, stderr } = await token(args);
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toMatch(message);
    expect(stderr.trimEnd().split('\n')).toHaveLength(1);
  });

  test.each([[['--help']], [['-h', '--colour', 'red']]])('%j prints the usage and no token', async (args) => {
    const { code, stdout, stderr } = await token(args);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toMatch(/^npm run token -- --scope /);
    for (const option of ['--scope', '--administration', '--ttl', '--client']) expect(stdout).toContain(`  ${option} `);
  });

  test('refuses to sign in production', async () => {
    const { code, stdout, stderr } = await token(['--scope', 'exchange'], { NODE_ENV: 'production' });
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toBe('token: the development issuer is refused when NODE_ENV=production\n');
  });
});
