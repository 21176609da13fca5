import { randomUUID } from 'node:crypto';
import { type CryptoKey, SignJWT } from 'jose';
import {
  allowInsecureRequests,
  type ClientAuth,
  clientCredentialsGrantRequest,
  customFetch,
  modifyAssertion,
  PrivateKeyJwt,
  processClientCredentialsResponse,
} from 'oauth4webapi';
import { readText } from './bodies.ts';
import type { ExchangeKeys } from './context.ts';
import type { Partner } from './partners.ts';

export interface AccessTokenOptions {
  /** This deployment. */
  readonly issuer: string;
  readonly keys: ExchangeKeys;
  /** Development: token endpoints without TLS, and tokens signed with our own key where the partner has no token endpoint. */
  readonly isDevelopment: boolean;
}

/** Tokens with which this deployment calls its partners. */
export interface AccessTokens {
  /** One of scope `exchange`, kept until shortly before it expires. @throws Error without secrets */
  get(partner: Partner): Promise<string>;
  /** To be called when the partner has answered 401: the next one is new. */
  forget(partner: Partner, token: string): void;
}

const SCOPE = 'exchange';
/** Renewed that long before they expire: calls under way, and clocks that differ. */
const EARLY_SECONDS = 30;
/** Of our own tokens; also of foreign ones that do not say. */
const LIFETIME_SECONDS = 300;
const TIMEOUT_MS = 10_000;
const MAX_BYTES = 64 * 1024;

interface Token {
  readonly text: string;
  /** On the clock of `performance`. */
  readonly renewAt: number;
}

interface Entry {
  readonly token: Promise<Token>;
  /** Null: on its way; all who ask meanwhile wait for it. */
  ready: Token | null;
}

/**
 * Access tokens by OAuth 2.0 client credentials with a signed assertion (RFC 6749 section 4.4, RFC 7523 section 2.2) from the
 * partner's token endpoint. Where it has none, in development alone, one that we sign with our own key (RFC 9068).
 */
export function createAccessTokens(options: AccessTokenOptions): AccessTokens {
  const entries = new Map<string, Entry>();
  return {
    async get(partner) {
      const key = keyOf(partner);
      const kept = entries.get(key);
      if (kept !== undefined && (kept.ready === null || performance.now() < kept.ready.renewAt))
        return (await kept.token).text;
      const entry: Entry = { token: tokenFor(partner, options), ready: null };
      entries.set(key, entry);
      try {
        entry.ready = await entry.token;
        return entry.ready.text;
      } catch (error) {
        if (entries.get(key) === entry) entries.delete(key);
        throw error;
      }
    },
    forget(partner, token) {
      const key = keyOf(partner);
      if (entries.get(key)?.ready?.text === token) entries.delete(key);
    },
  };
}

/** Terms of which a token is the result: other ones need another. */
function keyOf({ issuer, actsAs, tokenEndpoint, clientId }: Partner): string {
  return JSON.stringify([issuer, actsAs, tokenEndpoint, clientId]);
}

async function tokenFor(partner: Partner, options: AccessTokenOptions): Promise<Token> {
  const askedAt = performance.now();
  const { text, lifetime } = await (partner.tokenEndpoint === null
    ? ownToken(partner, options)
    : tokenFrom(partner.tokenEndpoint, partner, options));
  return { text, renewAt: askedAt + Math.max(lifetime / 2, lifetime - EARLY_SECONDS) * 1000 };
}

async function ownToken(partner: Partner, { issuer, keys, isDevelopment }: AccessTokenOptions) {
  if (!isDevelopment) throw new Error('no token endpoint is registered');
  const { key, alg, kid } = await keys.signingKey();
  const text = await new SignJWT({ client_id: issuer, scope: SCOPE, administration: partner.actsAs })
    .setProtectedHeader({ alg, kid, typ: 'at+jwt' })
    .setIssuer(issuer)
    .setSubject(issuer)
    .setAudience(partner.issuer)
    .setIssuedAt()
    .setExpirationTime(`${LIFETIME_SECONDS} s`)
    .setJti(randomUUID())
    .sign(key);
  return { text, lifetime: LIFETIME_SECONDS };
}

async function tokenFrom(tokenEndpoint: string, partner: Partner, { issuer, keys, isDevelopment }: AccessTokenOptions) {
  // The audience of the assertion: the token endpoint stands for its server (RFC 7523 section 3, point 3).
  const server = { issuer: tokenEndpoint, token_endpoint: tokenEndpoint };
  const client = { client_id: partner.clientId ?? issuer };
  const response = await clientCredentialsGrantRequest(
    server,
    client,
    await assertion(keys),
    { scope: SCOPE },
    {
      [allowInsecureRequests]: isDevelopment,
      [customFetch]: fetchLimited,
      signal: AbortSignal.timeout(TIMEOUT_MS),
    },
  );
  // Whatever is no answer of RFC 6749 (section 5), of a proxy for example, the library would only call not conform.
  if (![200, 400, 401].includes(response.status))
    throw new Error(`no access token: ${new URL(tokenEndpoint).origin} answers ${response.status}`);
  const { access_token: text, expires_in: lifetime } = await processClientCredentialsResponse(server, client, response);
  return { text, lifetime: lifetime ?? LIFETIME_SECONDS };
}

async function assertion(keys: ExchangeKeys): Promise<ClientAuth> {
  const { key, kid, alg } = await keys.signingKey();
  return PrivateKeyJwt(
    { key: key as CryptoKey, kid },
    {
      // The library says Ed25519 (RFC 9864), which few servers know yet; EdDSA is the same signature.
      [modifyAssertion]: (header) => {
        header.alg = alg;
      },
    },
  );
}

async function fetchLimited(url: string, init: RequestInit): Promise<Response> {
  const { status, headers, body } = await fetch(url, { ...init, redirect: 'manual' });
  const { text } = await readText(body, MAX_BYTES);
  return new Response([204, 304].includes(status) ? null : text, { status, headers });
}
