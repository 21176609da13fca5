import { Agreement } from '@mra/contracts';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { inCanonicalOrder } from './canonical.ts';
import { cutToElements, DATA_ELEMENTS } from './cut.ts';
import { aRecord, NOW } from './test-support.ts';

const at = NOW;
const kinds = (elements: string[] | null) => {
  const cut = cutToElements(aRecord(), elements, { at });
  const isEmpty = (value: unknown) => value === null || (Array.isArray(value) && value.length === 0);
  const filled = Object.entries({ ...cut, validTo: undefined }).filter(
    ([, value]) => value !== undefined && !isEmpty(value),
  );
  return filled.map(([name]) => name).sort();
};
const ALWAYS = ['number', 'programme', 'statuses', 'type', 'version'];
const elementSets = fc.subarray([...DATA_ELEMENTS]);
const instants = fc
  .date({ min: new Date('2018-01-01'), max: new Date('2030-01-01'), noInvalidDate: true })
  .map((date) => date.toISOString());

test('the data elements are those of the API contract', () => {
  const known = Agreement.shape.dataElements.unwrap().element.options;
  expect([...DATA_ELEMENTS].sort()).toEqual([...known].sort());
});

test('an agreement that names nothing still gets programme, number, type, status and version', () => {
  expect(kinds([])).toEqual(ALWAYS);
});

test.each([
  ['TIN', ['identifiers']],
  ['NAME', ['names']],
  ['ADDRESS', ['addresses']],
  ['ROLE', ['roles']],
  ['EFFECTIVE_DATES', ['validFrom']],
  ['VALIDATION_DATE', ['validatedOn']],
  ['ISSUING_AUTHORITY', ['issuingCountry', 'issuingOffice']],
  ['AUTHORISATION_NUMBER', []],
  ['STATUS', []],
  ['PASSPORT_NUMBER', []],
])('%s adds %j', (element, added) => {
  expect(kinds([element])).toEqual([...ALWAYS, ...added].sort());
});

test('where the list is not known, EU–Switzerland art. 12 is sent: neither roles nor validation date', () => {
  const cut = cutToElements(aRecord(), null, { at });
  expect(cut).toEqual(inCanonicalOrder({ ...aRecord(), roles: [], validatedOn: null }));
});

test('periods that are over are only sent with STATUS_PERIODS, those to come always', () => {
  const statuses = (elements: string[]) => cutToElements(aRecord(), elements, { at }).statuses.length;
  expect(statuses(['STATUS', 'STATUS_PERIODS'])).toBe(5);
  expect(statuses(['STATUS'])).toBe(3);
});

test('a record whose periods are all over keeps the last', () => {
  const period = { component: 'AEOS', type: 'AEOS', status: 'active' };
  const statuses = [
    { ...period, from: '2019-01-01', to: '2020-01-01' },
    { ...period, from: '2020-01-01', to: '2021-01-01' },
  ];
  const cut = cutToElements(aRecord({ statuses }), ['STATUS'], { at });
  expect(cut.statuses.map(({ to }) => to)).toEqual(['2021-01-01T00:00:00.000Z']);
});

test('TIN is all identifiers, of whatever scheme', () => {
  expect(
    cutToElements(aRecord(), ['TIN'], { at })
      .identifiers.map(({ scheme }) => scheme)
      .toSorted(),
  ).toEqual(['eori', 'lei']);
});

test('cutting again, later, gives what cutting the whole record then gives', () => {
  fc.assert(
    fc.property(elementSets, instants, instants, (elements, one, other) => {
      const [earlier, later] = [one, other].sort() as [string, string];
      const sent = cutToElements(aRecord(), elements, { at: earlier });
      expect(cutToElements(sent, elements, { at: later })).toEqual(cutToElements(aRecord(), elements, { at: later }));
    }),
  );
});

test('nothing is sent under fewer elements that is not sent under more', () => {
  fc.assert(
    fc.property(elementSets, elementSets, (some, others) => {
      const fewer = cutToElements(aRecord(), some, { at });
      const more = cutToElements(aRecord(), [...some, ...others], { at });
      for (const [name, value] of Object.entries(fewer)) {
        const wider = more[name as keyof typeof more];
        if (Array.isArray(value)) expect(wider).toEqual(expect.arrayContaining<unknown>(value));
        else if (value !== null) expect(wider).toEqual(value);
      }
    }),
  );
});
