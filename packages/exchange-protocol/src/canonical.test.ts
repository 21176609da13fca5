import fc from 'fast-check';
import { expect, test } from 'vitest';
import { canonicalJson, canonicalText, inCanonicalOrder, recordHash } from './canonical.ts';
import { CanonicalRecord } from './record.ts';
import { aRecord } from './test-support.ts';

/** The example of RFC 8785 section 3.2.2 and its result in section 3.2.3. */
const RFC_INPUT = String.raw`{"numbers":[333333333.33333329,1E30,4.50,2e-3,0.000000000000000000000000001],
  "string":"\u20ac$\u000F\u000aA'\u0042\u0022\u005c\\\"\/","literals":[null,true,false]}`;
const RFC_OUTPUT = String.raw`{"literals":[null,true,false],"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27],"string":"€$\u000f\nA'B\"\\\\\"/"}`;

test('the example of RFC 8785 section 3.2.2 gives the text of section 3.2.3', () => {
  expect(canonicalText(JSON.parse(RFC_INPUT))).toBe(RFC_OUTPUT);
});

test('names are sorted by UTF-16 code units (RFC 8785 section 3.2.3)', () => {
  const names = ['\u20ac', '\r', '\ufb33', '1', '\ud83d\ude00', '\u0080', '\u00f6'];
  const sorted = ['\r', '1', '\u0080', '\u00f6', '\u20ac', '\ud83d\ude00', '\ufb33'];
  const text = canonicalText(Object.fromEntries(names.map((name) => [name, 0])));
  expect(text).toBe(`{${sorted.map((name) => `${JSON.stringify(name)}:0`).join(',')}}`);
});

test('half a character has no canonical text (RFC 8785 section 3.2.2.2)', () => {
  expect(() => canonicalText({ name: '\ud800' })).toThrow();
});

test('records that differ only in the order of members and lists, and in repeats, are one text', () => {
  const lists = ['statuses', 'identifiers', 'names', 'addresses', 'roles'] as const;
  fc.assert(
    fc.property(fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 30, maxLength: 30 }), (random) => {
      const shuffled = <Item>(items: readonly Item[], from: number) =>
        items
          .map((item, index) => ({ item, by: random[(index + from) % random.length] ?? 0 }))
          .sort((a, b) => a.by - b.by)
          .map(({ item }) => item);
      const record = aRecord();
      const entries = shuffled(Object.entries(record), 7);
      const other = Object.fromEntries(entries) as CanonicalRecord;
      for (const list of lists) Object.assign(other, { [list]: shuffled([...record[list], ...record[list]], 11) });
      expect(canonicalJson(other)).toBe(canonicalJson(record));
    }),
  );
});

test('the text of a record is that of RFC 8785 for the record in canonical order', () => {
  const records = [aRecord(), aRecord({ identifiers: [], names: null, roles: [] }), aRecord({ number: 'GB"AEO\\F/1' })];
  for (const record of records) expect(canonicalJson(record)).toBe(canonicalText(inCanonicalOrder(record)));
});

test('canonical JSON is a record again, the same one', () => {
  const text = canonicalJson(aRecord());
  expect(canonicalJson(CanonicalRecord.parse(JSON.parse(text)))).toBe(text);
});

test('the hash is of the content: the version is not in it, everything else is', () => {
  const hash = recordHash(aRecord());
  expect(hash).toMatch(/^[A-Za-z0-9_-]{43}$/);
  expect(recordHash(aRecord({ version: 4 }))).toBe(hash);
  const changes = [
    { type: 'AEOS' },
    { number: 'DEAEOF00012346' },
    { validTo: '2030-01-01' },
    { names: [{ name: 'Muster Logistik  GmbH', kind: 'legal', language: 'de' }] },
    { roles: ['exporter'] },
    { issuingOffice: null },
  ];
  expect(new Set([hash, ...changes.map((change) => recordHash(aRecord(change)))]).size).toBe(changes.length + 1);
});
