import { buildApp, createMetrics, type Dependencies } from '@mra/api';
import {
  type Authenticate,
  createAuthenticator,
  createLogger,
  type HttpApp,
  type Scope,
  type TrustedIssuer,
} from '@mra/http';
import { createDecider } from '@mra/registry';
import { type CryptoKey, exportJWK, generateKeyPair, type JWTPayload, SignJWT } from 'jose';
import { afterAll } from 'vitest';
import type { TestDatabase } from './database.ts';

const ISSUER = 'https://issuer.test';
const AUDIENCE = 'urn:aeo-mra:api';
const keys = await generateKeyPair('ES256', { extractable: true });
const jwks = { keys: [{ ...(await exportJWK(keys.publicKey)), kid: 'k1', alg: 'ES256', use: 'sig' }] };

/** An authenticator that knows the test issuer, and others. */
export const testAuthenticator = (others: readonly TrustedIssuer[] = []): Authenticate =>
  createAuthenticator({
    issuers: [{ issuer: ISSUER, jwks }, ...others],
    audience: AUDIENCE,
    algorithms: ['ES256', 'EdDSA'],
    clockToleranceSeconds: 5,
  });

export interface TestApi {
  readonly app: HttpApp;
  readonly dependencies: Dependencies;
  /** Lines of the log, parsed. */
  readonly log: Record<string, unknown>[];
}

/** The API on a test database, with an issuer of its own; closed when the file ends. Requests go through `app.inject`. */
export async function createTestApi(database: TestDatabase, options: Partial<Dependencies> = {}): Promise<TestApi> {
  const log: Record<string, unknown>[] = [];
  const dependencies: Dependencies = {
    db: database.db,
    networks: database.networks,
    decider: createDecider(database.db, database.networks),
    authenticate: testAuthenticator(),
    logger: createLogger('info', { write: (line) => void log.push(JSON.parse(line)) }),
    metrics: createMetrics(),
    isLocal: () => true,
    partnerCadenceSeconds: 86_400,
    rateLimit: { perMinute: 1_000_000, anonymousPerMinute: 1_000_000 },
    now: () => new Date().toISOString(),
    ...options,
  };
  const app = await buildApp(dependencies);
  await app.ready();
  afterAll(() => app.close());
  return { app, dependencies, log };
}

export interface TokenOptions {
  readonly administration?: string;
  readonly client?: string;
  readonly claims?: JWTPayload;
  readonly header?: Record<string, unknown>;
  readonly key?: CryptoKey;
}

/** A token of the test issuer, valid for an hour; a claim given as undefined is left out. */
export async function aToken(scopes: readonly Scope[], options: TokenOptions = {}): Promise<string> {
  const now = Math.floor(Date.now() / 1000);
  const payload = {
    iss: ISSUER,
    aud: AUDIENCE,
    sub: 'tests',
    client_id: options.client ?? 'tests',
    scope: scopes.join(' '),
    iat: now,
    exp: now + 3600,
    administration: options.administration,
    ...options.claims,
  };
  return new SignJWT(JSON.parse(JSON.stringify(payload)))
    .setProtectedHeader({ alg: 'ES256', kid: 'k1', typ: 'at+jwt', ...options.header })
    .sign(options.key ?? keys.privateKey);
}

/** The header of a request by a caller with these scopes, acting for an administration or, without one, as a broker. */
export async function as(
  scopes: readonly Scope[],
  administration?: string,
  options: TokenOptions = {},
): Promise<{ authorization: string }> {
  const token = await aToken(scopes, { ...options, ...(administration !== undefined && { administration }) });
  return { authorization: `Bearer ${token}` };
}
