import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { addSeconds, type Instant } from '@mra/recognition';
import { createLocalJWKSet, jwtVerify, SignJWT } from 'jose';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { ExchangeKeys } from './context.ts';
import { type KeptKey, rotateKeyFile } from './key-file.ts';
import { openExchangeKeys } from './keys.ts';

const START = '2026-01-01T00:00:00.000Z';
const HOUR = 3600;
let folder: string;
let file: string;
let clock: Instant;
const now = () => clock;
const after = (seconds: number) => {
  clock = addSeconds(START, seconds);
};
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'mra-keys-'));
  file = join(folder, 'data', 'exchange-keys.json');
  clock = START;
});
afterEach(() => rm(folder, { recursive: true }));

const open = () => openExchangeKeys({ file, generate: true, now });
const kidOf = async (keys: ExchangeKeys) => (await keys.signingKey()).kid;
const published = async (keys: ExchangeKeys) => (await keys.jwks()).keys.map(({ kid }) => kid);

async function signed(keys: ExchangeKeys): Promise<string> {
  const { key, kid, alg } = await keys.signingKey();
  return new SignJWT({ hello: 'world' }).setProtectedHeader({ alg, kid }).sign(key);
}

describe('the first start', () => {
  test('makes an Ed25519 key that only its owner can read, and that later starts use', async () => {
    const keys = await open();
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    expect(await keys.signingKey()).toMatchObject({ alg: 'EdDSA' });
    expect(await kidOf(await open())).toBe(await kidOf(keys));
    expect(await readdir(join(folder, 'data'))).toEqual(['exchange-keys.json']);
  });

  test('agrees with others at the same time on one key', async () => {
    const kids = await Promise.all(Array.from({ length: 8 }, async () => kidOf(await open())));
    expect(new Set(kids).size).toBe(1);
  });

  test('publishes public keys alone, with which what it signs can be verified', async () => {
    const keys = await open();
    const jwks = await keys.jwks();
    expect(jwks.keys).toEqual([
      { kty: 'OKP', crv: 'Ed25519', x: expect.any(String), kid: await kidOf(keys), alg: 'EdDSA', use: 'sig' },
    ]);
    expect((await jwtVerify(await signed(keys), createLocalJWKSet(jwks))).payload).toEqual({ hello: 'world' });
  });

  test('makes nothing where the keys are given by configuration', async () => {
    await expect(openExchangeKeys({ file, generate: false })).rejects.toThrow(
      `There are no exchange keys in ${file}: set EXCHANGE_KEYS_FILE to a file that holds them, or leave it unset`,
    );
    expect(await readdir(folder)).toEqual([]);
  });

  test.each([
    ['no JSON', '{'],
    ['no keys', '{"keys":[]}'],
    [
      'a key of another kind',
      '{"keys":[{"kid":"a","alg":"RS256","from":"2026-01-01T00:00:00Z","until":null,"jwk":{"kty":"RSA"}}]}',
    ],
  ])('says in one line that a file with %s cannot be used, and leaves it', async (_, content) => {
    await open();
    await writeFile(file, content);
    await expect(open()).rejects.toThrow(
      /^The exchange keys in \S+ \(EXCHANGE_KEYS_FILE\) cannot be used: it does not hold keys$/,
    );
    expect(await readFile(file, 'utf8')).toBe(content);
  });
});

describe('rotation by overlap', () => {
  const rotate = (alg?: 'ES256') =>
    rotateKeyFile(file, { now: clock, overlapSeconds: 24 * HOUR, leadSeconds: 300, ...(alg && { alg }) });
  const kidsOf = (keys: readonly KeptKey[]) => keys.map(({ kid }) => kid);

  test('the new key is published at once, signs after the lead, and the old one goes after the overlap', async () => {
    const old = await kidOf(await open());
    const added = kidsOf(await rotate()).at(-1);

    after(299);
    expect(await published(await open())).toEqual([old, added]);
    expect(await kidOf(await open())).toBe(old);

    after(300);
    expect(await kidOf(await open())).toBe(added);
    after(300 + 24 * HOUR - 1);
    expect(await published(await open())).toEqual([old, added]);

    after(300 + 24 * HOUR);
    expect(await published(await open())).toEqual([added]);
  });

  test('a message signed by a key that was rotated out does not verify any more', async () => {
    const message = await signed(await open());
    await rotate();
    after(300);
    await expect(jwtVerify(message, createLocalJWKSet(await (await open()).jwks()))).resolves.toBeDefined();
    after(301 + 24 * HOUR);
    await expect(jwtVerify(message, createLocalJWKSet(await (await open()).jwks()))).rejects.toMatchObject({
      code: 'ERR_JWKS_NO_MATCHING_KEY',
    });
  });

  test('a running process takes the new key without a restart', async () => {
    const keys = await openExchangeKeys({ file, generate: true });
    const old = await kidOf(keys);
    await rotateKeyFile(file, { now: new Date().toISOString(), overlapSeconds: HOUR, leadSeconds: 0 });
    await expect.poll(() => kidOf(keys), { timeout: 5000 }).not.toBe(old);
    expect((await published(keys))[0]).toBe(old);
    expect(await published(keys)).toHaveLength(2);
  });

  test('can change the algorithm, and keeps it the next time', async () => {
    await open();
    expect((await rotate('ES256')).at(-1)).toMatchObject({ alg: 'ES256' });
    const last = (await rotate()).at(-1) as KeptKey;
    expect(last).toMatchObject({ alg: 'ES256', until: null });
    after(301);
    const keys = await open();
    expect(await keys.signingKey()).toMatchObject({ alg: 'ES256', kid: last.kid });
    await expect(jwtVerify(await signed(keys), createLocalJWKSet(await keys.jwks()))).resolves.toBeDefined();
  });

  test('twice in a row leaves the end that was set first, and removes from the file what is over', async () => {
    const old = await kidOf(await open());
    await rotate();
    after(HOUR);
    const keys = await rotate();
    expect(keys).toHaveLength(3);
    expect(keys[0]).toMatchObject({ kid: old, until: addSeconds(START, 300 + 24 * HOUR) });
    after(25 * HOUR);
    expect(kidsOf(await rotate())).not.toContain(old);
    expect(JSON.parse(await readFile(file, 'utf8')).keys).toHaveLength(3);
    expect((await stat(file)).mode & 0o777).toBe(0o600);
  });

  test('two at once: one is refused, and the file is whole', async () => {
    await open();
    const outcomes = await Promise.allSettled([rotate(), rotate()]);
    const refused = outcomes.filter(({ status }) => status === 'rejected');
    const kept = JSON.parse(await readFile(file, 'utf8')).keys;
    expect(kept).toHaveLength(1 + outcomes.length - refused.length);
    for (const outcome of refused) expect(String((outcome as PromiseRejectedResult).reason)).toContain('.lock');
    expect(await readdir(join(folder, 'data'))).toEqual(['exchange-keys.json']);
  });

  test('needs keys to rotate', async () => {
    await expect(rotate()).rejects.toThrow(/cannot be written: ENOENT/);
    await open();
    await rm(file);
    await expect(rotate()).rejects.toThrow('There are no exchange keys');
  });
});
