import { hash } from 'node:crypto';
import canonicalize from 'canonicalize';
import type { CanonicalRecord } from './record.ts';

/** The JSON Canonicalization Scheme (RFC 8785): one text for one value, whatever order its members are in. */
export function canonicalText(value: unknown): string {
  const text = canonicalize(value);
  if (text === undefined) throw new TypeError('a value that JSON cannot express has no canonical text');
  return text;
}

const LISTS = ['statuses', 'identifiers', 'names', 'addresses', 'roles'] as const satisfies (keyof CanonicalRecord)[];
type List = (typeof LISTS)[number];

/**
 * The record with each list sorted by the canonical text of its items, each item once: lists of a record are sets, so that a
 * receiver may keep them in any order.
 */
export function inCanonicalOrder(record: CanonicalRecord): CanonicalRecord {
  const sorted = LISTS.map((name) => [name, byText<unknown>(record[name]).map(({ item }) => item)]);
  return { ...record, ...(Object.fromEntries(sorted) as Pick<CanonicalRecord, List>) };
}

/** The one text of a record: RFC 8785 after {@link inCanonicalOrder}. */
export function canonicalJson(record: CanonicalRecord): string {
  return recordText(record);
}

/**
 * SHA-256, in base64url, of the canonical JSON without `version`: at its issuer a membership also gets new versions for things that
 * are not sent (a consent to somebody else), and no event tells the partner of these.
 */
export function recordHash(record: CanonicalRecord): string {
  const { version: _, ...content } = record;
  return hash('sha256', recordText(content), 'base64url');
}

/** Put together from the texts of the items, which sorting needs anyway: so hashing a record takes half the time. */
function recordText(record: Partial<CanonicalRecord>): string {
  const members = Object.entries(record).map(([name, value]) => {
    const text = isList(name)
      ? `[${byText(value as unknown[])
          .map((it) => it.text)
          .join(',')}]`
      : canonicalText(value);
    return `${JSON.stringify(name)}:${text}`;
  });
  // Names of a record are small ASCII letters and capitals, so sorting `"name":…` sorts by name.
  return `{${members.sort().join(',')}}`;
}

const isList = (name: string): name is List => (LISTS as readonly string[]).includes(name);

function byText<Item>(items: readonly Item[]): { readonly text: string; readonly item: Item }[] {
  const unique = new Map(items.map((item) => [canonicalText(item), item]));
  // UTF-16 code units, as RFC 8785 sorts names.
  return [...unique].map(([text, item]) => ({ text, item })).sort((a, b) => (a.text < b.text ? -1 : 1));
}
