import {
  createLocalJWKSet,
  createRemoteJWKSet,
  customFetch,
  type FetchImplementation,
  type JWTVerifyGetKey,
} from 'jose';
import { readText } from './bodies.ts';
import type { Partner } from './partners.ts';

export interface PartnerKeysOptions {
  /** Whether key sets may be fetched without TLS: development only. */
  readonly allowHttp: boolean;
  /** How long a fetched set is used; a key that was taken out is accepted no longer than that. Default: 5 minutes. */
  readonly cacheMs?: number;
  /** How long after a fetch an unknown `kid` causes no other one, and how long a failed fetch is not repeated. Default: 30 s, and 2 s. */
  readonly cooldownMs?: number;
  readonly failureCooldownMs?: number;
}

const TIMEOUT_MS = 5000;
/** Room for 100 keys of RSA with their certificates. */
const MAX_BYTES = 512 * 1024;

/**
 * The keys with which each partner may sign: pinned, or fetched from its registered address, kept, and fetched again on an unknown
 * `kid`. The functions returned throw what `jose` throws: JWKSNoMatchingKey for a key that is not in the set, something else when the
 * set cannot be had.
 */
export function createPartnerKeys(options: PartnerKeysOptions): (partner: Partner) => JWTVerifyGetKey {
  const known = new Map<string, { readonly registered: string; readonly getKey: JWTVerifyGetKey }>();
  return (partner) => {
    const registered = JSON.stringify([partner.jwksUrl, partner.jwks]);
    const earlier = known.get(partner.code);
    if (earlier?.registered === registered) return earlier.getKey;
    const getKey = keysOf(partner, options);
    known.set(partner.code, { registered, getKey });
    return getKey;
  };
}

function keysOf({ code, jwks, jwksUrl }: Partner, options: PartnerKeysOptions): JWTVerifyGetKey {
  if (jwks !== null) return createLocalJWKSet(jwks);
  if (jwksUrl === null) throw new Error(`no keys are registered for ${code}`);
  const url = new URL(jwksUrl);
  if (url.protocol !== 'https:' && !options.allowHttp)
    throw new Error(`the keys of ${code} are not at an https address`);
  return createRemoteJWKSet(url, {
    cacheMaxAge: options.cacheMs ?? 300_000,
    cooldownDuration: options.cooldownMs ?? 30_000,
    timeoutDuration: TIMEOUT_MS,
    [customFetch]: fetchSeldom(options.failureCooldownMs ?? 2000),
  });
}

/** jose waits between fetches that succeed. Those that fail would be repeated with every signature, so that each has to wait too. */
function fetchSeldom(cooldownMs: number): FetchImplementation {
  let failed: { readonly at: number; readonly error: unknown } | null = null;
  return async (url, init) => {
    if (failed !== null && performance.now() - failed.at < cooldownMs) throw failed.error;
    failed = null;
    try {
      const response = await fetch(url, init);
      if (response.status !== 200) await response.body?.cancel();
      if (response.status !== 200) throw new Error(`the address of the key set answered ${response.status}`);
      const { text, isWhole } = await readText(response.body, MAX_BYTES);
      if (!isWhole) throw new Error('the key set is longer than a key set is');
      return new Response(text, { headers: { 'content-type': 'application/json' } });
    } catch (error) {
      failed = { at: performance.now(), error };
      throw error;
    }
  };
}
