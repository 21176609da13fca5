import { hash } from 'node:crypto';
import { ClientId, type Problem, problem } from '@mra/contracts';
import { createLocalJWKSet, decodeJwt, errors, type JSONWebKeySet, type JWTVerifyGetKey, jwtVerify } from 'jose';
import { z } from 'zod';
import { type Caller, SCOPES, type Scope } from './caller.ts';
import { createMemory } from './memory.ts';

/** Signatures by key pairs only: a list that lets HMAC in would make every public key a secret. */
export const ALGORITHMS = ['EdDSA', 'ES256', 'RS256', 'PS256'] as const;
export type Algorithm = (typeof ALGORITHMS)[number];

/** An authorisation server whose tokens are accepted. */
export interface TrustedIssuer {
  /** The `iss` of its tokens. */
  readonly issuer: string;
  /** Its keys: `createRemoteJWKSet(url)`, made once, or a key set held here. */
  readonly jwks: JWTVerifyGetKey | JSONWebKeySet;
  /** The `aud` that its tokens must have; the one of all when left out. */
  readonly audience?: string;
  /** What its tokens may claim; one that claims another scope or administration is refused. Anything when left out. */
  readonly allowed?: { readonly scopes: readonly Scope[]; readonly administration: string };
}

export interface AuthenticatorOptions {
  readonly issuers: readonly TrustedIssuer[];
  /** The `aud` that names this service. */
  readonly audience: string;
  readonly algorithms: readonly Algorithm[];
  /** By how much the clocks of issuer and service may differ. */
  readonly clockToleranceSeconds: number;
  /** The present instant, RFC 3339; for tests. */
  readonly now?: () => string;
}

/**
 * Proves who calls.
 * @param authorization the header field as received
 * @returns the caller, or throws UNAUTHENTICATED or, when the keys of the issuer cannot be had, SERVICE_UNAVAILABLE
 */
export interface Authenticate {
  (authorization: string | undefined): Promise<Caller>;
  /** The caller whose token has been verified before and holds still, at once; undefined where there is none. */
  readonly recall?: (authorization: string | undefined) => Caller | undefined;
}

const SCHEME = /^bearer(?: |$)/i;
/** One space and a compact JWS (RFC 6750 section 2.1, RFC 7515 section 7.1); the scheme in any case. */
const BEARER = /^bearer ([\w-]+\.[\w-]+\.[\w-]+)$/i;

/** Longer tokens are refused unread; Node refuses all header fields together over 16 KiB. */
const LONGEST_TOKEN = 8192;

/** Verified tokens that are remembered, and for how long: then the issuer may have withdrawn their key. */
const MOST_REMEMBERED = 10_000;
const REMEMBERED_SECONDS = 300;

/** The cooldown of a remote key set in jose: earlier attempts would not fetch again. */
const RETRY_AFTER_SECONDS = '30';

/** Claims of RFC 9068 section 2.2 that are used, and the administration (api.md section 1). */
const Claims = z.object({
  sub: z.string().min(1).max(255),
  // It is written down as the author of what it records, and told as such.
  client_id: ClientId,
  scope: z.string().max(2000),
  exp: z.number(),
  iat: z.number(),
  administration: z
    .string()
    .regex(/^[A-Z]{2}$/)
    .nullish(),
});

/** Why a token was refused where jose does not say; its code is the `reason` in the log. */
class Refused extends Error {
  readonly code: string;
  constructor(code: string) {
    super(code);
    this.code = code;
  }
}

/** The key set of an issuer could not be fetched or read: no fault of the token. */
class KeysUnavailable extends Error {}

/**
 * An authenticator for access tokens of the RFC 9068 profile: `typ` at+jwt, an algorithm of the list, a key of the issuer named by
 * `iss`, `aud`, `exp`, `nbf`, and the claims above. Every refusal looks the same to the caller (RFC 6750 section 3.1), but that a token
 * has expired is told; its cause is in the problem, for the log. A verified token is remembered by the SHA-256 of its header field until
 * it expires, five minutes at most; a refused one is not.
 * @throws when an algorithm is not one of `ALGORITHMS`
 */
export function createAuthenticator(options: AuthenticatorOptions): Authenticate {
  const { audience, clockToleranceSeconds, now } = options;
  if (options.algorithms.length === 0 || options.algorithms.some((algorithm) => !ALGORITHMS.includes(algorithm))) {
    throw new Error(`algorithms must be some of ${ALGORITHMS.join(', ')}`);
  }
  const issuers = new Map(
    options.issuers.map((trusted) => [trusted.issuer, { ...trusted, getKey: toGetKey(trusted.jwks) }]),
  );
  const memory = createMemory<Caller>(MOST_REMEMBERED);

  const recall = (key: string, currentDate: Date) =>
    memory.recall(key, currentDate.getTime() / 1000 - clockToleranceSeconds);
  const present = (): Date => (now === undefined ? new Date() : new Date(now()));

  const authenticate = async (authorization: string | undefined): Promise<Caller> => {
    if (authorization === undefined || !SCHEME.test(authorization)) throw unauthenticated();
    const token = authorization.length <= LONGEST_TOKEN ? BEARER.exec(authorization)?.[1] : undefined;
    if (token === undefined) throw invalidToken(new Refused('NOT_A_BEARER_TOKEN'));
    const key = keyOf(authorization);
    const currentDate = present();
    const earlier = recall(key, currentDate);
    if (earlier !== undefined) return earlier;
    const { caller, exp } = await verify(token, currentDate);
    const until = currentDate.getTime() / 1000 + REMEMBERED_SECONDS - clockToleranceSeconds;
    memory.remember(key, { value: caller, exp: Math.min(exp, until) });
    return caller;
  };
  return Object.assign(authenticate, {
    recall: (authorization: string | undefined) =>
      authorization === undefined ? undefined : recall(keyOf(authorization), present()),
  });

  async function verify(token: string, currentDate: Date): Promise<{ caller: Caller; exp: number }> {
    try {
      const issuer = decodeJwt(token).iss ?? '';
      const trusted = issuers.get(issuer);
      if (trusted === undefined) throw new Refused('UNKNOWN_ISSUER');
      const { payload } = await jwtVerify(token, trusted.getKey, {
        typ: 'at+jwt',
        issuer,
        audience: trusted.audience ?? audience,
        algorithms: [...options.algorithms],
        clockTolerance: clockToleranceSeconds,
        currentDate,
        requiredClaims: ['exp', 'iat', 'sub', 'client_id', 'scope'],
      });
      const { data: claims } = Claims.safeParse(payload);
      if (claims === undefined) throw new Refused('UNUSABLE_CLAIMS');
      if (claims.iat > currentDate.getTime() / 1000 + clockToleranceSeconds) throw new Refused('ISSUED_IN_THE_FUTURE');
      if (!isAllowed(claims, trusted)) throw new Refused('NOT_ALLOWED_TO_ISSUER');
      return { caller: toCaller(issuer, claims), exp: claims.exp };
    } catch (error) {
      if (!(error instanceof KeysUnavailable)) throw invalidToken(error);
      throw problem('SERVICE_UNAVAILABLE', {
        detail: 'Access tokens cannot be verified now.',
        headers: { 'retry-after': RETRY_AFTER_SECONDS },
        cause: error,
      });
    }
  }
}

function isAllowed({ scope, administration }: z.infer<typeof Claims>, { allowed }: TrustedIssuer): boolean {
  if (allowed === undefined) return true;
  const scopes: readonly string[] = allowed.scopes;
  return administration === allowed.administration && scope.split(' ').every((one) => scopes.includes(one));
}

/** Of the whole header field, which is at most as long as all of them may be. */
function keyOf(authorization: string): string {
  return hash('sha256', authorization, 'base64');
}

function toCaller(issuer: string, claims: z.infer<typeof Claims>): Caller {
  const granted = claims.scope.split(' ');
  return {
    issuer,
    clientId: claims.client_id,
    subject: claims.sub,
    scopes: new Set<Scope>(SCOPES.filter((scope) => granted.includes(scope))),
    administration: claims.administration ?? null,
  };
}

/** Tells apart what jose does not: a key set that lacks the key, and one that cannot be had. */
function toGetKey(jwks: JWTVerifyGetKey | JSONWebKeySet): JWTVerifyGetKey {
  const getKey = typeof jwks === 'function' ? jwks : createLocalJWKSet(jwks);
  return async (header, token) => {
    try {
      return await getKey(header, token);
    } catch (error) {
      const { JWKSNoMatchingKey, JWKSMultipleMatchingKeys, JOSENotSupported } = errors;
      if ([JWKSNoMatchingKey, JWKSMultipleMatchingKeys, JOSENotSupported].some((kind) => error instanceof kind))
        throw error;
      throw new KeysUnavailable('the key set of the issuer cannot be had', { cause: error });
    }
  };
}

/** No token at all, or another way of authentication: the challenge names no error (RFC 6750 section 3.1). */
function unauthenticated(): Problem {
  return problem('UNAUTHENTICATED', { headers: { 'www-authenticate': 'Bearer' } });
}

function invalidToken(cause: unknown): Problem {
  // jose looks at the time when the signature has been verified: nothing is told to who made the token up.
  const detail = cause instanceof errors.JWTExpired ? 'The token has expired.' : undefined;
  return problem('UNAUTHENTICATED', { detail, headers: { 'www-authenticate': 'Bearer error="invalid_token"' }, cause });
}
