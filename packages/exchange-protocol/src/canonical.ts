import { hash } from 'node:crypto';
import canonicalize from 'canonicalize';
import type { CanonicalRecord } from './record.ts';

/** The JSON Canonicalization Scheme (RFC 8785): one text for one value, whatever order its members are in. */
export function canonicalText(value: unknown): string {
  const text = canonicalize(value);
  if (text === undefined) throw new TypeError('a value that JSON cannot express has no canonical text');
  return text;
}

/**
 * The record with each list sorted by the canonical text of its items, each item once: lists of a record are sets, so that a
 * receiver may keep them in any order.
 */
export function inCanonicalOrder(record: CanonicalRecord): CanonicalRecord {
  return {
    ...record,
    statuses: asSet(record.statuses),
    identifiers: asSet(record.identifiers),
    names: asSet(record.names),
    addresses: asSet(record.addresses),
    roles: asSet(record.roles),
  };
}

/** The one text of a record: RFC 8785 after {@link inCanonicalOrder}. */
export function canonicalJson(record: CanonicalRecord): string {
  return canonicalText(inCanonicalOrder(record));
}

/**
 * SHA-256, in base64url, of the canonical JSON without `version`: at its issuer a membership also gets new versions for things that
 * are not sent (a consent to somebody else), and no event tells the partner of these.
 */
export function recordHash(record: CanonicalRecord): string {
  const { version: _, ...content } = inCanonicalOrder(record);
  return hash('sha256', canonicalText(content), 'base64url');
}

function asSet<Item>(items: readonly Item[]): Item[] {
  const byText = new Map(items.map((item) => [canonicalText(item), item]));
  // UTF-16 code units, as RFC 8785 sorts names: the default order of sort().
  return [...byText.keys()].sort().map((text) => byText.get(text) as Item);
}
