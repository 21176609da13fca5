import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createLocalJWKSet, decodeProtectedHeader, jwtVerify } from 'jose';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { API_AUDIENCE, openDevelopmentIssuer } from './development-issuer.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'development-issuer-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const keyFile = () => join(folder, 'development-issuer.json');

describe('openDevelopmentIssuer', () => {
  test('signs access tokens after RFC 9068 that its public keys verify', async () => {
    const { issuer, jwks, sign } = await openDevelopmentIssuer(folder);
    const token = await sign({ scope: 'registry:read', administration: 'EU', clientId: 'desk', ttlSeconds: 60 });
    const { payload } = await jwtVerify(token, createLocalJWKSet(jwks), {
      issuer,
      audience: API_AUDIENCE,
      typ: 'at+jwt',
      algorithms: ['ES256'],
      requiredClaims: ['iss', 'sub', 'aud', 'exp', 'iat', 'jti', 'client_id', 'scope'],
    });
    expect(payload).toMatchObject({ sub: 'desk', client_id: 'desk', scope: 'registry:read', administration: 'EU' });
    expect((payload.exp ?? 0) - (payload.iat ?? 0)).toBe(60);
    expect(decodeProtectedHeader(token).kid).toBe(jwks.keys[0]?.kid);
  });

  test('leaves the administration out when there is none, and never repeats a jti', async () => {
    const { jwks, sign } = await openDevelopmentIssuer(folder);
    const keys = createLocalJWKSet(jwks);
    const tokens = await Promise.all([1, 2].map(() => sign({ scope: 'recognition:read', ttlSeconds: 60 })));
    const payloads = await Promise.all(tokens.map(async (token) => (await jwtVerify(token, keys)).payload));
    expect(payloads[0]).not.toHaveProperty('administration');
    expect(payloads[0]?.jti).not.toBe(payloads[1]?.jti);
  });

  test('keeps its key, readable by its owner alone, and publishes no private part', async () => {
    const first = await openDevelopmentIssuer(folder);
    const second = await openDevelopmentIssuer(folder);
    expect(second.jwks).toEqual(first.jwks);
    expect((await stat(keyFile())).mode & 0o777).toBe(0o600);
    expect(first.jwks.keys[0]).not.toHaveProperty('d');
  });

  test('simultaneous first calls agree on one key and leave no other file', async () => {
    const issuers = await Promise.all([1, 2, 3, 4].map(() => openDevelopmentIssuer(join(folder, 'new'))));
    expect(new Set(issuers.map(({ jwks }) => jwks.keys[0]?.kid)).size).toBe(1);
    const kept = JSON.parse(await readFile(join(folder, 'new', 'development-issuer.json'), 'utf8'));
    expect(kept.kid).toBe(issuers[0]?.jwks.keys[0]?.kid);
  });

  test.each(['', '{"kty":"EC"}', '{"kty":'])('refuses a file that holds no key: %j', async (content) => {
    await writeFile(keyFile(), content);
    await expect(openDevelopmentIssuer(folder)).rejects.toThrow(
      /development-issuer\.json, cannot be used: it does not hold/,
    );
    expect(await readFile(keyFile(), 'utf8')).toBe(content);
  });
});
