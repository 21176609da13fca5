import { randomBytes, randomUUID } from 'node:crypto';
import { link, mkdir, open, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { calculateJwkThumbprint, exportJWK, generateKeyPair, importJWK, type JSONWebKeySet, SignJWT } from 'jose';
import { z } from 'zod';

export const DEVELOPMENT_ISSUER = 'urn:aeo-mra:development-issuer';
/** The `aud` of tokens for this API, unless configuration names another. */
export const API_AUDIENCE = 'urn:aeo-mra:api';

const ALGORITHM = 'ES256';

export interface TokenClaims {
  /** Scopes, separated by spaces (RFC 9068, 2.2.3). */
  readonly scope: string;
  /** The customs administration that the client acts for; absent for brokers. */
  readonly administration?: string | undefined;
  readonly clientId?: string | undefined;
  /** Default: the client itself (RFC 9068, 2.2). */
  readonly subject?: string | undefined;
  readonly audience?: string | undefined;
  readonly ttlSeconds: number;
}

export interface DevelopmentIssuer {
  readonly issuer: string;
  /** Public keys only. */
  readonly jwks: JSONWebKeySet;
  /** An access token after RFC 9068. */
  sign(claims: TokenClaims): Promise<string>;
}

const keyFile = z.object({
  kty: z.literal('EC'),
  crv: z.literal('P-256'),
  x: z.string(),
  y: z.string(),
  d: z.string(),
  kid: z.string(),
});
type KeyFile = z.infer<typeof keyFile>;

/**
 * The issuer of tokens for a machine without an identity provider. Its key is made once and kept, readable by its owner
 * alone, in `${dataDir}/development-issuer.json`; simultaneous first calls agree on one key. Never for production: whoever
 * reads the file can sign any token.
 * @throws Error of one line when the file cannot be read or written, or is not a key.
 */
export async function openDevelopmentIssuer(dataDir: string): Promise<DevelopmentIssuer> {
  const { d, ...publicKey } = await readOrCreateKey(join(dataDir, 'development-issuer.json'), dataDir);
  const privateKey = await importJWK({ ...publicKey, d }, ALGORITHM);
  return {
    issuer: DEVELOPMENT_ISSUER,
    jwks: { keys: [{ ...publicKey, alg: ALGORITHM, use: 'sig' }] },
    sign: ({
      scope,
      administration,
      clientId = 'development',
      subject = clientId,
      audience = API_AUDIENCE,
      ttlSeconds,
    }) => {
      const issuedAt = Math.floor(Date.now() / 1000);
      return new SignJWT({ client_id: clientId, scope, ...(administration === undefined ? {} : { administration }) })
        .setProtectedHeader({ alg: ALGORITHM, typ: 'at+jwt', kid: publicKey.kid })
        .setIssuer(DEVELOPMENT_ISSUER)
        .setSubject(subject)
        .setAudience(audience)
        .setIssuedAt(issuedAt)
        .setExpirationTime(issuedAt + ttlSeconds)
        .setJti(randomUUID())
        .sign(privateKey);
    },
  };
}

async function readOrCreateKey(file: string, dataDir: string): Promise<KeyFile> {
  try {
    const kept = await readFile(file, 'utf8').catch(absent);
    if (kept !== null) return parseKey(kept);
    await mkdir(dataDir, { recursive: true, mode: 0o711 });
    await createKey(file);
    return parseKey(await readFile(file, 'utf8'));
  } catch (cause) {
    const help = 'check its owner and mode, or delete it to get a new key (tokens signed before are then refused)';
    throw new Error(`The key of the development issuer, ${file}, cannot be used: ${reasonOf(cause)}; ${help}`, {
      cause,
    });
  }
}

/** Written whole under another name, then linked: a link, unlike a rename, leaves the key of a faster process in place. */
async function createKey(file: string): Promise<void> {
  const { privateKey } = await generateKeyPair(ALGORITHM, { extractable: true });
  const jwk = await exportJWK(privateKey);
  const kid = await calculateJwkThumbprint(jwk);
  const temporary = `${file}.${randomBytes(6).toString('hex')}`;
  try {
    const handle = await open(temporary, 'wx', 0o600);
    await handle.writeFile(`${JSON.stringify({ ...jwk, kid }, null, 2)}\n`);
    await handle.sync().finally(() => handle.close());
    await link(temporary, file).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'EEXIST') throw error;
    });
  } finally {
    await rm(temporary, { force: true });
  }
}

function parseKey(text: string): KeyFile {
  return keyFile.parse(JSON.parse(text));
}

function absent(error: NodeJS.ErrnoException): null {
  if (error.code === 'ENOENT') return null;
  throw error;
}

function reasonOf(error: unknown): string {
  const code = (error as NodeJS.ErrnoException).code;
  return code ?? 'it does not hold a private ES256 key';
}
