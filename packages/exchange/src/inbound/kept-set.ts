import { createHash } from 'node:crypto';
import { canonicalText, type VerifiedSet } from '@mra/exchange-protocol';

/** Known fields are no deeper than 4; what lies deeper is not read, and one megabyte of brackets would exhaust the stack. */
const DEEPEST = 32;

/** In place of what jsonb cannot hold. No field may have a control character, so what is wrong stays wrong when it is read again. */
const SUBSTITUTE = '\u0001';

/**
 * A verified SET as it is kept in the database, waiting or put aside. PostgreSQL's jsonb holds neither NUL nor half a surrogate pair,
 * both of which JSON can spell.
 */
export function keepable(set: VerifiedSet): VerifiedSet {
  return storable(set, 0) as VerifiedSet;
}

/** A kept SET as it was received, as far as any check can tell. */
export const keptSet = (kept: unknown): VerifiedSet => kept as VerifiedSet;

/** The same for the same thing said about the same member, whenever and by whatever event it is said. */
export function contentHash({ eventType, payload, toe }: VerifiedSet): string {
  const { seq: _seq, communicated: _communicated, ...said } = payload;
  return createHash('sha256')
    .update(canonicalText({ eventType, said, toe: 'record' in said ? null : toe }))
    .digest('base64url');
}

function storable(value: unknown, depth: number): unknown {
  if (typeof value === 'string') return storableText(value);
  if (typeof value !== 'object' || value === null) return value;
  if (depth > DEEPEST) return SUBSTITUTE;
  if (Array.isArray(value)) return value.map((item) => storable(item, depth + 1));
  return Object.fromEntries(
    Object.entries(value).map(([name, item]) => [storableText(name), storable(item, depth + 1)]),
  );
}

const storableText = (text: string): string => text.replaceAll('\0', SUBSTITUTE).replace(/\p{Cs}/gu, SUBSTITUTE);
