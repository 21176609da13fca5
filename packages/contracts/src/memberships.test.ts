import { describe, expect, test } from 'vitest';
import { fieldErrors } from './field-errors.ts';
import { ImportQuery, ImportResult } from './imports.ts';
import { LocalSuspensionBody } from './local-suspensions.ts';
import { MembershipEvent } from './membership-events.ts';
import { completeMembershipRecord, ImportLine, MembershipRecord } from './membership-record.ts';
import { Membership, MembershipQuery } from './memberships.ts';

/** The membership that the API document shows. */
const EXAMPLE = {
  type: 'AEOF',
  validFrom: '2019-04-01',
  validTo: null,
  validatedOn: '2019-03-15',
  issuingCountry: 'DE',
  issuingOffice: 'DE004600',
  names: [{ name: 'Muster Logistik GmbH', kind: 'legal', language: 'de' }],
  addresses: [{ kind: 'registered', street: 'Hafenstraße 1', city: 'Hamburg', postalCode: '20457', country: 'DE' }],
  identifiers: [{ scheme: 'eori', value: 'DE123456789012345' }],
  roles: ['exporter', 'importer'],
  consent: { given: true, partners: null, from: '2019-04-01' },
};

const pointers = (
  schema: typeof MembershipRecord | typeof MembershipEvent | typeof LocalSuspensionBody,
  value: unknown,
): string[] => {
  const { error } = schema.safeParse(value);
  return error ? fieldErrors(error).map(({ pointer }) => pointer) : [];
};

describe('a membership record', () => {
  test('as the API document shows it fits, and is an import line with its number', () => {
    expect(MembershipRecord.parse(EXAMPLE)).toEqual(EXAMPLE);
    const line = { number: 'GBAEOF00001/10', ...EXAMPLE };
    expect(ImportLine.parse(line)).toEqual(line);
    expect(ImportLine.safeParse(EXAMPLE).success).toBe(false);
  });

  test('needs its type, its start and its names, of which there may be none', () => {
    expect(pointers(MembershipRecord, {})).toEqual(['/type', '/validFrom', '/names']);
    expect(pointers(MembershipRecord, { type: 'AEOF', validFrom: '2019-04-01', names: [] })).toEqual([]);
  });

  test('has every bad field told at once', () => {
    const bad = {
      ...EXAMPLE,
      validfrom: '2020-01-01',
      validatedOn: '2019-02-30',
      names: [{ name: 'A\u0000B', kind: 'brand' }],
      addresses: [{ kind: 'registered', country: 'Germany', zip: '1' }],
      identifiers: [{ value: 'DE1' }],
      roles: ['trader'],
      consent: { given: 'yes' },
      validTo: '2018-01-01',
    };
    expect(pointers(MembershipRecord, bad).toSorted()).toEqual([
      '/addresses/0/country',
      '/addresses/0/zip',
      '/consent/given',
      '/identifiers/0/scheme',
      '/names/0/kind',
      '/names/0/name',
      '/roles/0',
      '/validTo',
      '/validatedOn',
      '/validfrom',
    ]);
  });

  test('ends after it starts, whether days or instants say so', () => {
    const period = (validFrom: string, validTo: string) =>
      pointers(MembershipRecord, { ...EXAMPLE, validFrom, validTo });
    expect(period('2019-04-01', '2019-04-02')).toEqual([]);
    expect(period('2019-04-01', '2019-04-01')).toEqual(['/validTo']);
    expect(period('2019-04-01', '2019-04-01T00:00:00Z')).toEqual(['/validTo']);
    expect(period('2019-04-01T23:00:00-02:00', '2019-04-02')).toEqual(['/validTo']);
    const identifiers = [{ scheme: 'eori', value: 'DE1', validFrom: '2020-01-01', validTo: '2019-01-01' }];
    expect(pointers(MembershipRecord, { ...EXAMPLE, identifiers })).toEqual(['/identifiers/0/validTo']);
  });

  test('names partners only of a consent that is given, and then at least one', () => {
    const consent = (value: unknown) => pointers(MembershipRecord, { ...EXAMPLE, consent: value });
    expect(consent({ given: true, partners: ['JP'], from: '2019-04-01T10:00:00Z' })).toEqual([]);
    expect(consent({ given: false })).toEqual([]);
    expect(consent(null)).toEqual([]);
    expect(consent({ given: true, partners: [] })).toEqual(['/consent/partners']);
    expect(consent({ given: false, partners: ['JP'] })).toEqual(['/consent/partners']);
  });

  test('becomes complete: null and empty for what is left out, a consent from the start', () => {
    const record = MembershipRecord.parse({
      type: 'SES',
      validFrom: '2020-01-01',
      names: [{ name: 'Kiwi Ltd', kind: 'legal' }],
      consent: { given: true },
    });
    expect(completeMembershipRecord(record)).toEqual({
      type: 'SES',
      validFrom: '2020-01-01',
      validTo: null,
      validatedOn: null,
      issuingCountry: null,
      issuingOffice: null,
      names: [{ name: 'Kiwi Ltd', kind: 'legal', language: null }],
      addresses: [],
      identifiers: [],
      roles: [],
      consent: { given: true, partners: null, from: '2020-01-01' },
    });
  });

  test('is answered complete, with status and version', () => {
    const answer = {
      programme: 'eu-aeo',
      number: 'DEAEOF00012345',
      ...completeMembershipRecord(MembershipRecord.parse(EXAMPLE)),
      status: 'active',
      statusSince: '2019-04-01',
      components: [{ code: 'AEOC', status: 'suspended', since: '2026-03-01T10:30:00Z' }],
      version: 1,
      recordedAt: '2026-11-22T09:00:00.123Z',
      source: 'local',
      warnings: [{ pointer: '/identifiers/0/value', code: 'CHECK_DIGIT', detail: 'the check digit does not fit' }],
    };
    expect(Membership.parse(answer)).toEqual(answer);
    const { roles: _, ...incomplete } = answer;
    expect(Membership.safeParse(incomplete).success).toBe(false);
  });
});

describe('an event', () => {
  test.each([
    { type: 'suspended', component: 'AEOS', effectiveFrom: '2026-03-01', note: 'until the audit is done\nsee file 3' },
    {
      type: 'suspended',
      component: null,
      newType: null,
      partners: null,
      effectiveFrom: '2026-03-01T10:00:00Z',
      note: null,
    },
    { type: 'revoked' },
    { type: 'type_changed', newType: 'AEOC' },
    { type: 'consent_given', partners: ['JP', 'US'] },
    { type: 'consent_withdrawn', component: null },
  ])('fits: $type', (event) => {
    expect(MembershipEvent.parse(event)).toEqual(event);
  });

  test.each([
    ['/type', { type: 'deleted' }],
    ['/newType', { type: 'type_changed' }],
    ['/newType', { type: 'suspended', newType: 'AEOC' }],
    ['/partners', { type: 'suspended', partners: ['JP'] }],
    ['/partners', { type: 'consent_given', partners: [] }],
    ['/component', { type: 'consent_withdrawn', component: 'AEOS' }],
    ['/note', { type: 'revoked', note: 'x'.repeat(2001) }],
    ['/effectiveFrom', { type: 'revoked', effectiveFrom: 'yesterday' }],
    ['/effectivefrom', { type: 'revoked', effectivefrom: '2026-01-01' }],
  ])('is refused at %s', (pointer, event) => {
    expect(pointers(MembershipEvent, event)).toEqual([pointer]);
  });

  test('has what does not go together told beside what is wrong alone', () => {
    const event = { type: 'suspended', newType: 'AEOC', partners: ['JP'], note: 1 };
    expect(pointers(MembershipEvent, event).toSorted()).toEqual(['/newType', '/note', '/partners']);
    expect(pointers(MembershipEvent, 'suspended')).toEqual(['']);
    expect(pointers(MembershipEvent, null)).toEqual(['']);
  });
});

test('a local suspension ends after it starts', () => {
  expect(pointers(LocalSuspensionBody, {})).toEqual([]);
  expect(pointers(LocalSuspensionBody, { from: '2026-01-01', to: '2026-02-01', note: 'seizure' })).toEqual([]);
  expect(pointers(LocalSuspensionBody, { from: '2026-02-01', to: '2026-01-01' })).toEqual(['/to']);
  expect(pointers(LocalSuspensionBody, { from: '2026-02-01', to: '2026-01-01', until: 1 }).toSorted()).toEqual([
    '/to',
    '/until',
  ]);
  expect(pointers(LocalSuspensionBody, { from: { toString: 1 }, to: ['2026-01-01'] })).toEqual(['/from', '/to']);
});

describe('query strings', () => {
  test('have numbers of decimal digits only', () => {
    expect(MembershipQuery.parse({ programme: 'eu-aeo' })).toEqual({ programme: 'eu-aeo', limit: 50 });
    expect(MembershipQuery.parse({ limit: '500' }).limit).toBe(500);
    const fits = (limit: string) => MembershipQuery.safeParse({ limit }).success;
    expect(['', '0', '501', '1e2', '0x10', '5.0', ' 5', '-1'].filter(fits)).toEqual([]);
  });

  test('of an import need the mode, and an empty allowance is none', () => {
    const query = { programme: 'eu-aeo', mode: 'full' };
    expect(ImportQuery.parse({ ...query, allowRemovals: '12' })).toEqual({ ...query, allowRemovals: 12 });
    expect(ImportQuery.parse({ ...query, allowRemovals: '0' })).toEqual({ ...query, allowRemovals: 0 });
    expect(ImportQuery.safeParse({ ...query, allowRemovals: '' }).success).toBe(false);
    expect(ImportQuery.safeParse({ programme: 'eu-aeo' }).success).toBe(false);
    expect(ImportQuery.safeParse({ ...query, allowremovals: '12' }).success).toBe(false);
  });
});

test('an import answers with counts and rejected lines', () => {
  const result = {
    programme: 'eu-aeo',
    mode: 'delta',
    received: 3,
    created: 1,
    updated: 1,
    unchanged: 0,
    ended: 0,
    rejected: 1,
    rejections: [{ line: 4, number: null, pointer: '/validFrom', code: 'VALIDATION_FAILED', detail: 'is required' }],
    rejectionsOmitted: 0,
  };
  expect(ImportResult.parse(result)).toEqual(result);
});
