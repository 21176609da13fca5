import type { Instant } from '@mra/recognition';
import { z } from 'zod';
import { isObject } from './json-object.ts';
import { type SetError, setError } from './set-errors.ts';
import { Subject } from './subject.ts';
import { line } from './text.ts';
import { Jti, SET_TYP } from './tokens.ts';

/** 9999-12-31T23:59:59Z: later ones leave the canonical form of an instant. */
const NUMERIC_DATE_MAX = 253_402_300_799;

const NumericDate = z.number().min(0).max(NUMERIC_DATE_MAX);

/** The claims besides `iss` and `aud` (RFC 8417 section 2.2, SSF 1.0 section 4.1). Others are ignored. */
const ClaimSet = z.object({
  jti: Jti,
  iat: NumericDate,
  toe: NumericDate.optional(),
  txn: line(256).min(1).optional(),
  sub_id: Subject.optional(),
  events: z.record(z.string(), z.unknown()),
  sub: z.undefined({ error: 'must not be there: the subject is sub_id' }).optional(),
  exp: z.undefined({ error: 'must not be there: an event does not expire' }).optional(),
});

export interface Claims {
  readonly jti: string;
  readonly issuer: string;
  readonly audience: readonly string[];
  /** When it was sent, by the sender's clock; nothing is decided by it. */
  readonly iat: Instant;
  /** When it took effect; null: not told. */
  readonly toe: Instant | null;
  readonly txn: string | null;
  /** null: not told. */
  readonly subject: Subject | null;
  readonly eventType: string;
  /** What stands under the event type. */
  readonly payload: Readonly<Record<string, unknown>>;
}

export interface ClaimExpectations {
  readonly issuer: string;
  readonly audience: string;
  readonly jti?: string;
}

/**
 * The claims of a SET whose signature is good, checked in the order `iss`, `aud`, `typ`, others.
 * There is neither an oldest nor a latest `iat`: after an outage events are delivered however old they are, a replayed one is known by
 * its `jti`, their order is that of `seq`; and if either side's clock were wrong by minutes, every event would be lost.
 */
export function readClaims(
  payload: Record<string, unknown>,
  typ: unknown,
  { issuer, audience, jti }: ClaimExpectations,
): { readonly ok: true; readonly claims: Claims } | ({ readonly ok: false } & SetError) {
  const refuse = (err: SetError['err'], description: string) => ({ ok: false as const, ...setError(err, description) });
  if (payload.iss !== issuer) return refuse('invalid_issuer', 'iss is not the issuer of this stream.');
  const audiences = readAudience(payload.aud);
  if (!audiences?.includes(audience)) return refuse('invalid_audience', 'aud is not the audience of this stream.');
  if (!isSetType(typ)) return refuse('invalid_request', `typ is not ${SET_TYP}.`);
  const read = ClaimSet.safeParse(payload);
  if (!read.success) {
    const [issue] = read.error.issues;
    return refuse('invalid_request', `The claim ${String(issue?.path[0] ?? '')} is missing, malformed or not allowed.`);
  }
  const { iat, toe, txn, sub_id: subject } = read.data;
  const [event, ...others] = Object.entries(payload.events as Record<string, unknown>);
  if (event === undefined || others.length > 0 || !isObject(event[1])) {
    return refuse('invalid_request', 'events is not one event type with its payload.');
  }
  if (jti !== undefined && jti !== read.data.jti)
    return refuse('invalid_request', 'jti is not the name it came under.');
  const claims: Claims = {
    jti: read.data.jti,
    issuer,
    audience: audiences,
    iat: toInstant(iat),
    toe: toe === undefined ? null : toInstant(toe),
    txn: txn ?? null,
    subject: subject ?? null,
    eventType: event[0],
    payload: event[1],
  };
  return { ok: true, claims };
}

/** With or without `application/`, in any case (RFC 7515 section 4.1.9). */
const isSetType = (typ: unknown): boolean =>
  typeof typ === 'string' && typ.toLowerCase().replace(/^application\//, '') === SET_TYP;

function readAudience(aud: unknown): readonly string[] | null {
  if (typeof aud === 'string') return [aud];
  return Array.isArray(aud) && aud.every((value) => typeof value === 'string') ? aud : null;
}

const toInstant = (seconds: number): Instant => new Date(Math.floor(seconds * 1000)).toISOString();
