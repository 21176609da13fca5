import { type Instant, parseInstant } from '@mra/recognition';
import { type CryptoKey, type JWK, type KeyObject, SignJWT } from 'jose';
import { z } from 'zod';
import { EVENT_TYPES, type OutgoingEvent, PAYLOADS } from './events.ts';
import type { Subject } from './subject.ts';

/** Media type of a SET in HTTP, and without `application/` its `typ` (RFC 8417 section 2.3). */
export const SET_MEDIA_TYPE = 'application/secevent+jwt';
export const SET_TYP = 'secevent+jwt';

/** Algorithms of a SET. `none`, HMAC and whatever else is not here are refused before a key is looked for. */
export const SET_ALGORITHMS = ['EdDSA', 'ES256', 'RS256'] as const;
export type SetAlgorithm = (typeof SET_ALGORITHMS)[number];

/**
 * Longest SET in characters: a record at all of its limits fits, and so does one with 1 MB of name, which is then told and
 * quarantined as a bad record, and not cut off as a bad message.
 */
export const SET_LENGTH_MAX = 2 * 1024 * 1024;

/** The id by which a SET is acknowledged and duplicates are known: visible ASCII, at most 128 characters. */
export const Jti = z
  .string()
  .min(1)
  .max(128)
  .regex(/^[\x21-\x7e]+$/, { error: 'must be visible ASCII' })
  // As a member of `sets` it would be lost in most readers of JSON.
  .refine((jti) => jti !== '__proto__', { error: 'must not be __proto__' });

export interface SetToSign {
  /** `iss`: as in the stream configuration. */
  readonly issuer: string;
  readonly audience: string | readonly string[];
  /** Kept with the event: sending again uses the same. */
  readonly jti: string;
  /** When it is sent. */
  readonly iat: Instant;
  /** When it took effect. */
  readonly toe?: Instant;
  /** What caused it; the same for all events of one cause (SSF 1.0 section 4.1.9). */
  readonly txn?: string;
  readonly subject: Subject;
  readonly event: OutgoingEvent;
}

export interface SigningKey {
  readonly key: CryptoKey | KeyObject | JWK;
  readonly kid: string;
  readonly alg: 'EdDSA' | 'ES256';
}

/**
 * Signs an event as a SET (RFC 8417) in the profile of SSF 1.0 section 4.1: typed, one event, subject in `sub_id`, no `sub` and no `exp`.
 * Times are whole seconds, because many readers take nothing else; instants to the millisecond are in the record.
 * @throws RangeError when the caller gives what the partner would have to refuse
 */
export async function signSet(set: SetToSign, { key, kid, alg }: SigningKey): Promise<string> {
  const { name, payload } = set.event;
  if (!Jti.safeParse(set.jti).success) throw new RangeError('jti is not 1 to 128 characters of visible ASCII');
  if (!PAYLOADS[name].safeParse(payload).success) throw new RangeError(`the payload is not one of ${name}`);
  const claims = {
    iss: set.issuer,
    aud: typeof set.audience === 'string' ? set.audience : [...set.audience],
    jti: set.jti,
    iat: seconds(set.iat),
    ...(set.toe !== undefined && { toe: seconds(set.toe) }),
    ...(set.txn !== undefined && { txn: set.txn }),
    sub_id: set.subject,
    events: { [EVENT_TYPES[name]]: payload },
  };
  const compact = await new SignJWT(claims).setProtectedHeader({ typ: SET_TYP, alg, kid }).sign(key);
  if (compact.length > SET_LENGTH_MAX) throw new RangeError('the SET is longer than partners accept');
  return compact;
}

/** Whether a Content-Type header says that the body is a SET (RFC 8935 section 2.1); parameters do not matter. */
export function isSetMediaType(contentType: string | undefined): boolean {
  return contentType?.split(';', 1)[0]?.trim().toLowerCase() === SET_MEDIA_TYPE;
}

function seconds(instant: Instant): number {
  if (parseInstant(instant) === null) throw new RangeError('an instant is not an instant');
  return Math.floor(Date.parse(instant) / 1000);
}
