import { z } from 'zod';
import { anyText, line } from './text.ts';

/** As long as any answer that is read. */
const ANSWER_MAX = 1_048_576;

/**
 * Security Event Token Error Codes (RFC 8935 section 2.4, for polls RFC 8936 section 2.6), and `invalid_state` (SSF 1.0 section 8.1.4.1).
 * - `invalid_request`: not a SET, or its payload is not what the event type says
 * - `invalid_key`: no registered key of the partner made this signature, or the algorithm is not accepted
 * - `invalid_issuer`, `invalid_audience`: `iss` or `aud` are not those of the stream
 * - `authentication_failed`: about the bearer token of the request, never about the SET
 * - `access_denied`: the sender may not send this, for example about a programme of which it is not the issuer
 * - `invalid_state`: a verification event with another `state` than was asked for
 */
export const SET_ERROR_CODES = [
  'invalid_request',
  'invalid_key',
  'invalid_issuer',
  'invalid_audience',
  'authentication_failed',
  'access_denied',
  'invalid_state',
] as const;
export type SetErrorCode = (typeof SET_ERROR_CODES)[number];

/** What was found wrong with a SET: the body of a 400 (RFC 8935 section 2.3) and a value of `setErrs` (RFC 8936 section 2.6). */
export interface SetError {
  readonly err: SetErrorCode;
  /** For people. Never repeats values of the token: they may be names. */
  readonly description: string;
}

/**
 * A SET error as partners send it: the registry of codes may grow, and the description may be missing.
 * A longer description is cut, because an error must not be lost for its length.
 */
export const ReceivedSetError = z
  .object({
    err: line(100).min(1),
    description: anyText(ANSWER_MAX)
      .nullish()
      .transform((text) => (text ?? '').replace(/[\p{Cc}\p{Cs}]/gu, ' ').slice(0, 2000)),
  })
  .meta({ id: 'SetError', description: 'Why a security event token was refused (RFC 8935 section 2.3).' });
export type ReceivedSetError = z.infer<typeof ReceivedSetError>;

/** Codes that would come again with any event until somebody puts keys, addresses or access right. Others are about the one event. */
const ABOUT_THE_STREAM: readonly string[] = [
  'invalid_key',
  'invalid_issuer',
  'invalid_audience',
  'authentication_failed',
] satisfies SetErrorCode[];

/**
 * Whether an error is about the one event. Such an event is kept with its error for operations, and the next is sent; after any other
 * error the order is kept and the event sent again, because going on would lose every event.
 */
export function isAboutTheEvent({ err }: { readonly err: string }): boolean {
  return !ABOUT_THE_STREAM.includes(err);
}

/** The body of a 400, or a value of `setErrs`. */
export function setError(err: SetErrorCode, description: string): SetError {
  return { err, description };
}
