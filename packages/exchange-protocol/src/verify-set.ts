import { compactVerify, createLocalJWKSet, errors, type JSONWebKeySet, type JWTVerifyGetKey } from 'jose';
import { decodeUtf8, isStrictBase64url } from './base64url.ts';
import { isObject, readJsonObject } from './json-object.ts';
import { type Claims, readClaims } from './set-claims.ts';
import { type SetError, setError } from './set-errors.ts';
import { SET_ALGORITHMS, SET_LENGTH_MAX, type SetAlgorithm } from './tokens.ts';

/** A SET whose signature, issuer, audience, type and claims are in order. Its payload is not yet read: see `readEvent`. */
export interface VerifiedSet extends Claims {
  readonly alg: SetAlgorithm;
  readonly kid: string | null;
}

export type SetVerification = { readonly ok: true; readonly set: VerifiedSet } | ({ readonly ok: false } & SetError);

export interface SetExpectations {
  /** The keys registered for the partner of this stream: a set, or a function that finds the key (jose's remote set). */
  readonly keys: JWTVerifyGetKey | JSONWebKeySet;
  /** `iss` of the stream. */
  readonly issuer: string;
  /** `aud` of the stream: one of the values in the SET must be this. */
  readonly audience: string;
  /** The name under which a poll returned it (RFC 8936 section 2.3). */
  readonly jti?: string;
}

type Parts = {
  readonly header: Record<string, unknown>;
  readonly protected: string;
  readonly payload: string;
  readonly signature: string;
};

/**
 * Checks a SET in the order of the exchange contract, section 3: form and size, signature against the registered keys, `iss`, `aud`,
 * `typ`, then the other claims. Nothing that the token says about its key is used but the name of one already registered.
 * @returns the SET, or the error code of RFC 8935 section 2.4 with which it is refused: `invalid_request`, `invalid_key`,
 * `invalid_issuer` or `invalid_audience`; the other two codes are not about the token
 * @throws whatever `keys` throws when the keys cannot be fetched: that says nothing about the SET, which must come again
 */
export async function verifySet(compact: string, expected: SetExpectations): Promise<SetVerification> {
  const parts = divide(compact);
  if (parts === null) return refuse('invalid_request', 'The body is not a signed token in its strict compact form.');
  const { alg, kid } = parts.header;
  if (!isAccepted(alg)) return refuse('invalid_key', `The algorithm is not one of ${SET_ALGORITHMS.join(', ')}.`);
  if ('crit' in parts.header) return refuse('invalid_request', 'The header names extensions that are not understood.');
  if (!(await isSigned(compact, parts, expected.keys))) {
    return refuse('invalid_key', 'No key registered for this partner made the signature.');
  }
  const text = decodeUtf8(parts.payload);
  const payload = text === null ? null : readJsonObject(text);
  if (payload === null) return refuse('invalid_request', 'The payload is not a JSON object with each member once.');
  const claims = readClaims(payload, parts.header.typ, expected);
  if (!claims.ok) return claims;
  return { ok: true, set: { ...claims.claims, alg, kid: typeof kid === 'string' ? kid : null } };
}

const isAccepted = (alg: unknown): alg is SetAlgorithm => (SET_ALGORITHMS as readonly unknown[]).includes(alg);

function divide(compact: string): Parts | null {
  if (compact.length > SET_LENGTH_MAX) return null;
  const [head, payload, signature, ...rest] = compact.split('.', 4);
  if (head === undefined || payload === undefined || signature === undefined || rest.length > 0) return null;
  if (![head, payload, signature].every(isStrictBase64url)) return null;
  const text = decodeUtf8(head);
  const header = text === null ? null : readJsonObject(text);
  return isObject(header) ? { header, protected: head, payload, signature } : null;
}

async function isSigned(compact: string, parts: Parts, keys: SetExpectations['keys']): Promise<boolean> {
  const find = typeof keys === 'function' ? keys : createLocalJWKSet(keys);
  const { header, protected: head, payload, signature } = parts;
  let key: Awaited<ReturnType<JWTVerifyGetKey>>;
  try {
    key = await find(header as Parameters<JWTVerifyGetKey>[0], { protected: head, payload, signature });
  } catch (error) {
    // Two keys that fit a token without `kid` are as good as none: partners who rotate by overlap must name the key.
    if (error instanceof errors.JWKSNoMatchingKey || error instanceof errors.JWKSMultipleMatchingKeys) return false;
    throw error;
  }
  try {
    await compactVerify(compact, key, { algorithms: [...SET_ALGORITHMS] });
    return true;
  } catch {
    return false;
  }
}

function refuse(err: SetError['err'], description: string): { readonly ok: false } & SetError {
  return { ok: false, ...setError(err, description) };
}
