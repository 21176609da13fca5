import { expect, test } from 'vitest';
import { CSV_COLUMNS, csvHeaderErrors, fromCsvRecord } from './csv.ts';
import { fieldErrors } from './field-errors.ts';
import { ImportLine } from './membership-record.ts';

const FULL = {
  number: 'GBAEOF00001/10',
  type: 'AEOF',
  validFrom: '2019-04-01',
  validTo: '',
  validatedOn: '2019-03-15',
  issuingCountry: 'GB',
  name: ' Harbour Freight Ltd ',
  street: '1 Dock Road',
  city: 'Hull',
  postalCode: 'HU1 1AA',
  country: 'GB',
  identifiers: 'eori-gb:GB123456789000; mid:GBHARFRE1HUL:2 ;',
  roles: 'exporter;importer',
  consent: 'true',
};

test('a full record is an import line', () => {
  expect(ImportLine.parse(fromCsvRecord(FULL))).toEqual({
    number: 'GBAEOF00001/10',
    type: 'AEOF',
    validFrom: '2019-04-01',
    validatedOn: '2019-03-15',
    issuingCountry: 'GB',
    names: [{ name: 'Harbour Freight Ltd', kind: 'legal' }],
    addresses: [{ kind: 'registered', street: '1 Dock Road', city: 'Hull', postalCode: 'HU1 1AA', country: 'GB' }],
    identifiers: [
      { scheme: 'eori-gb', value: 'GB123456789000' },
      { scheme: 'mid', value: 'GBHARFRE1HUL:2' },
    ],
    roles: ['exporter', 'importer'],
    consent: { given: true },
  });
});

test('a record of the required columns only is an import line', () => {
  const { number, type, validFrom, name } = FULL;
  expect(ImportLine.parse(fromCsvRecord({ number, type, validFrom, name }))).toEqual({
    number,
    type,
    validFrom,
    names: [{ name: 'Harbour Freight Ltd', kind: 'legal' }],
    addresses: [],
    identifiers: [],
    roles: [],
  });
});

test('a record without a name has none', () => {
  const line = fromCsvRecord({ ...FULL, name: ' ' });
  expect(ImportLine.parse(line).names).toEqual([]);
});

test.each([
  ['', undefined],
  ['  ', undefined],
  ['true', { given: true }],
  ['FALSE', { given: false }],
  ['JP', { given: true, partners: ['JP'] }],
  ['JP; US;', { given: true, partners: ['JP', 'US'] }],
])('consent "%s"', (consent, expected) => {
  const line = fromCsvRecord({ ...FULL, consent });
  expect(line.consent).toEqual(expected);
  expect(ImportLine.safeParse(line).success).toBe(true);
});

test.each([
  ['/number', { number: '' }],
  ['/validFrom', { validFrom: '01.04.2019' }],
  ['/identifiers/0/scheme', { identifiers: 'GB123456789000' }],
  ['/identifiers/0/value', { identifiers: 'eori:' }],
  ['/roles/1', { roles: 'exporter;trader' }],
  ['/addresses/0/country', { country: '' }],
  ['/consent/partners/0', { consent: 'yes' }],
  ['/consent/partners', { consent: ';' }],
])('a bad cell is pointed at: %s', (pointer, cells) => {
  const { error } = ImportLine.safeParse(fromCsvRecord({ ...FULL, ...cells }));
  expect(error && fieldErrors(error).map((it) => it.pointer)).toEqual([pointer]);
});

test('a header may leave out and reorder optional columns, but not misspell, repeat or miss any', () => {
  expect(csvHeaderErrors(CSV_COLUMNS)).toEqual([]);
  expect(csvHeaderErrors(['name', 'validFrom', 'type', 'number'])).toEqual([]);
  expect(csvHeaderErrors([...CSV_COLUMNS, 'roles']).map(({ detail }) => detail)).toEqual([
    'column roles is there more than once',
  ]);
  expect(csvHeaderErrors(['number', 'type', 'name']).map(({ detail }) => detail)).toEqual([
    'column validFrom is missing',
  ]);
  expect(csvHeaderErrors([...CSV_COLUMNS.slice(0, -1), 'Consent'])[0]?.detail).toMatch(
    /^1 column is not known; known are number, /,
  );
});

test.each([[';'], ['\t']])('columns that %j separates are told to need commas, and nothing else', (separator) => {
  const detail = 'the header is one column: separate columns with commas';
  expect(csvHeaderErrors([CSV_COLUMNS.join(separator)])).toEqual([{ pointer: '', detail }]);
  expect(csvHeaderErrors(['number'])[0]?.detail).toBe('column type is missing');
});

test('a file without a header does not have its data repeated in the error', () => {
  expect(JSON.stringify(csvHeaderErrors(Object.values(FULL)))).not.toContain('Harbour');
});
