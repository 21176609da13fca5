import { expect, test } from 'vitest';
import { CanonicalRecord } from './record.ts';
import { aRecord, aSentRecord } from './test-support.ts';

const isRead = (changes: Record<string, unknown>) =>
  CanonicalRecord.safeParse({ ...aSentRecord(), ...changes }).success;

test('days and instants with an offset are read as instants in one form', () => {
  const { validFrom, validTo } = aRecord({ validFrom: '2019-04-01', validTo: '2026-11-22T18:00:00.5+09:00' });
  expect([validFrom, validTo]).toEqual(['2019-04-01T00:00:00.000Z', '2026-11-22T09:00:00.500Z']);
});

test('what is absent is read as null or an empty list, as if it had been sent so', () => {
  const { programme, number, version, type, statuses } = aSentRecord();
  const least = { programme, number, version, type, statuses };
  const empty = { identifiers: [], names: [], addresses: null, roles: null, validFrom: null, validTo: null };
  expect(CanonicalRecord.parse(least)).toEqual(
    CanonicalRecord.parse({ ...least, ...empty, validatedOn: null, issuingCountry: null, issuingOffice: null }),
  );
});

test('unknown fields are dropped, also within', () => {
  const names = [{ name: 'A', kind: 'legal', since: '2020' }];
  expect(aRecord({ reason: 'smuggling', names })).not.toHaveProperty('reason');
  expect(aRecord({ names }).names[0]).toEqual({ name: 'A', kind: 'legal', language: null });
});

test.each([
  [
    'an unknown status',
    { statuses: [{ component: 'AEOS', type: 'AEOS', status: 'transferred', from: null, to: null }] },
  ],
  ['no status', { statuses: [] }],
  ['a period that ends before it starts', { statuses: [{ ...aSentRecord().statuses[0], to: '2019-03-31' }] }],
  ['a day that does not exist', { validFrom: '2026-02-30' }],
  ['an instant as a day', { validatedOn: '2019-03-15T00:00:00Z' }],
  ['an unknown role', { roles: ['smuggler'] }],
  ['a type in small letters', { type: 'aeof' }],
  ['a version of 0', { version: 0 }],
  ['a number of 65 characters', { number: 'D'.repeat(65) }],
  ['a name of one megabyte', { names: [{ name: 'x'.repeat(1024 * 1024), kind: 'legal' }] }],
  ['a name with a line feed', { names: [{ name: 'A\nB', kind: 'legal' }] }],
  ['a name with half a character', { names: [{ name: 'A\ud800', kind: 'legal' }] }],
  ['51 names', { names: Array.from({ length: 51 }, (_, index) => ({ name: `N${index}`, kind: 'legal' })) }],
  ['51 addresses', { addresses: Array.from({ length: 51 }, () => ({ kind: 'site', country: 'DE' })) }],
  [
    '201 identifiers',
    { identifiers: Array.from({ length: 201 }, (_, index) => ({ scheme: 'eori', value: `DE${index}` })) },
  ],
  ['501 status periods', { statuses: Array.from({ length: 501 }, () => aSentRecord().statuses[0]) }],
])('%s is refused', (_, changes) => {
  expect(isRead({})).toBe(true);
  expect(isRead(changes)).toBe(false);
});
