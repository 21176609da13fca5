import { type CanonicalRecord, recordHash, SnapshotLine } from '@mra/exchange-protocol';
import { describe, expect, test } from 'vitest';
import { checkSnapshotLine, hashAsTold } from './check-snapshot-line.ts';

const record = {
  programme: 'eu-aeo',
  number: 'GBAEOF00001/10',
  version: 1,
  type: 'AEOF',
  statuses: [{ component: 'AEOS', type: 'AEOF', status: 'active', from: '2019-04-01T00:00:00.000Z', to: null }],
  identifiers: [],
  names: [{ name: 'Muster GmbH', kind: 'legal', language: null }],
  addresses: [],
  roles: [],
  validFrom: '2019-04-01T00:00:00.000Z',
  validTo: null,
  validatedOn: null,
  issuingCountry: 'GB',
  issuingOffice: null,
} as const;
const line = (changes: object = {}, more: object = {}): string =>
  JSON.stringify({ agreement: 'eu-jp-2010', record: { ...record, ...changes }, ...more });

test('a good line, as it is staged', () => {
  expect(checkSnapshotLine(line())).toEqual({
    agreement: 'eu-jp-2010',
    programme: 'eu-aeo',
    number: 'GBAEOF00001/10',
    normalised: 'GBAEOF00001/10',
    communicated: { from: null, to: null },
    record,
    hash: recordHash(SnapshotLine.parse(JSON.parse(line())).record),
    code: null,
    errors: null,
  });
});

test('days and other offsets are read as instants, unknown fields dropped, absent ones filled in: the hash is that of the record', () => {
  const { validTo: _, roles: _r, ...shorter } = record;
  const other = { ...shorter, validFrom: '2019-04-01T02:00:00+02:00', added: 1 };
  const read = checkSnapshotLine(JSON.stringify({ agreement: 'eu-jp-2010', record: other, added: 2 }));
  expect(read).toEqual(checkSnapshotLine(line()));
});

describe('a line that does not fit', () => {
  test.each([
    ['an unknown status', { statuses: [{ ...record.statuses[0], status: 'paused' }] }, '/record/statuses/0/status'],
    ['a bad date', { validFrom: '2019-02-30' }, '/record/validFrom'],
    ['no statuses', { statuses: [] }, '/record/statuses'],
    ['a number that is none', { number: '' }, '/record/number'],
  ])('with %s is staged with what is wrong, and counts with what it says', (_, change, pointer) => {
    const read = checkSnapshotLine(line(change));
    expect(read).toMatchObject({ code: 'SCHEMA_INVALID', programme: 'eu-aeo', errors: [{ pointer }] });
    expect(read?.hash).toBe(recordHash({ ...record, ...change } as unknown as CanonicalRecord));
  });

  test('with a character that no database holds is kept without it, and its hash is that of what came', () => {
    const bad = { names: [{ name: 'a\0b', kind: 'legal', language: null }] };
    const read = checkSnapshotLine(line(bad));
    expect(read?.record).toMatchObject({ names: [{ name: 'a\u0001b' }] });
    expect(read?.hash).toBe(recordHash({ ...record, ...bad } as unknown as CanonicalRecord));
  });

  test('without an agreement, or with a period that ends before it begins', () => {
    expect(checkSnapshotLine(JSON.stringify({ record }))).toMatchObject({
      agreement: '',
      errors: [{ pointer: '/agreement' }],
    });
    const communicated = { from: '2020-01-01', to: '2019-01-01' };
    expect(checkSnapshotLine(line({}, { communicated }))).toMatchObject({
      communicated,
      errors: [{ pointer: '/communicated/to' }],
    });
  });

  test.each([
    ['no JSON', '{"agreement"'],
    ['no object', '[1]'],
    ['no record', '{"agreement":"eu-jp-2010"}'],
    ['no number', line({ number: null })],
    ['a number that no database holds', line({ number: 'a\0b' })],
    ['half a character', line({ type: '\ud800' })],
    ['a list that is none', line({ names: 'x' })],
  ])('with %s cannot be read at all', (_, text) => {
    expect(checkSnapshotLine(text)).toBeNull();
  });
});

test('a megabyte of brackets is not kept', () => {
  const brackets = `${'['.repeat(500_000)}${']'.repeat(500_000)}`;
  const read = checkSnapshotLine(line({ type: '@' }).replace('"@"', brackets));
  expect(JSON.stringify(read?.record ?? null).length).toBeLessThan(1000);
});

test('what a partner told is hashed by the fields that a record has', () => {
  expect(hashAsTold({ ...record, added: 1 })).toBe(recordHash(record as unknown as CanonicalRecord));
});
