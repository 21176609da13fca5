import { z } from 'zod';

/** 15 digits: exact in every JSON reader. The bound of every number counted here. */
const COUNT_MAX = 999_999_999_999_999;

/** One line of text without control characters and without lone surrogates, which neither PostgreSQL nor RFC 8785 can hold. */
export const line = (max: number) =>
  z
    .string()
    .max(max)
    .regex(/^[^\p{Cc}\p{Cs}]*$/u, { error: 'must not contain control characters' });

/** Text of a partner that is judged after it was read: what it holds must not fail what stands beside it. */
export const anyText = (max: number) =>
  z
    .string()
    .max(max)
    .regex(/^[\s\S]*$/);

/** A whole number from `min`. */
export const count = (min: 0 | 1) => z.int().min(min).max(COUNT_MAX);

/** Place of an event in its stream: 1, 2, 3 … without gaps, in commit order (exchange contract, section 1). */
export const Seq = count(1).describe('Place in the stream: 1, 2, 3 … without gaps.');

/** SHA-256 in base64url: 43 characters, the last of which carries four bits. */
export const Sha256 = z
  .string()
  .max(43)
  .regex(/^[A-Za-z0-9_-]{42}[AEIMQUYcgkosw048]$/, { error: 'must be a SHA-256 in base64url without padding' });

const NOT_A_PLAIN_URL = { error: 'must be an http(s) URL without credentials and fragment' };

/**
 * A URL with scheme https or http and without credentials or fragment. Plain http is for development: see `plainHttpFields`.
 */
export const HttpUrl = z
  .string()
  .min(1)
  .max(2000)
  .regex(/^https?:\/\/[^\s#@]+$/, { ...NOT_A_PLAIN_URL, abort: true })
  .refine((text) => URL.canParse(text), NOT_A_PLAIN_URL);
