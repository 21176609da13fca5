import { beforeAll, describe, expect, test } from 'vitest';
import { createTestApi } from '../../support/api.ts';
import { createTestDatabase } from '../../support/database.ts';
import { aMember, membersOf, memberUrl } from '../../support/members.ts';

let members: ReturnType<typeof membersOf>;
beforeAll(async () => {
  const database = await createTestDatabase();
  members = membersOf(await createTestApi(database, { isLocal: (administration) => administration !== 'KR' }));
});

const pointers = (response: { json(): { errors?: { pointer: string }[] } }) =>
  response.json().errors?.map(({ pointer }) => pointer);

describe('201', () => {
  test('a membership is created, and its creation is the granted event', async () => {
    const number = 'DEAEOF00000001';
    const record = aMember({
      validTo: null,
      validatedOn: '2019-03-15',
      issuingOffice: 'DE004600',
      addresses: [{ kind: 'registered', street: 'Hafenstraße 1', city: 'Hamburg', postalCode: '20457', country: 'DE' }],
      identifiers: [{ scheme: 'eori', value: 'DE123456789012345' }],
    });
    const response = await members.put(number, record);
    expect(response.statusCode, response.body).toBe(201);
    expect(response.headers.etag).toBe('"1"');
    expect(response.headers['x-request-id']).toBeDefined();
    const body = response.json();
    expect(body).toEqual({
      programme: 'eu-aeo',
      number,
      ...record,
      addresses: [
        {
          kind: 'registered',
          street: 'Hafenstraße 1',
          city: 'Hamburg',
          postalCode: '20457',
          region: null,
          country: 'DE',
        },
      ],
      identifiers: [{ scheme: 'eori', value: 'DE123456789012345', validFrom: null, validTo: null }],
      status: 'active',
      statusSince: '2019-04-01',
      components: [
        { code: 'AEOC', status: 'active', since: '2019-04-01' },
        { code: 'AEOS', status: 'active', since: '2019-04-01' },
      ],
      version: 1,
      recordedAt: body.recordedAt,
      source: 'local',
    });
    expect((await members.get(number)).json()).toEqual(body);
    expect((await members.history(number)).json().events).toEqual([
      { type: 'granted', effectiveFrom: '2019-04-01', recordedAt: body.recordedAt, recordedBy: 'tests', sequence: 1 },
    ]);
  });

  test('what is left out is null or empty in the answer', async () => {
    const response = await members.put('DEAEOS00000002', {
      type: 'AEOS',
      validFrom: '2020-01-01T12:30:00+02:00',
      names: [{ name: 'Kurz AG', kind: 'legal' }],
    });
    expect(response.statusCode).toBe(201);
    expect(response.json()).toMatchObject({
      validFrom: '2020-01-01T10:30:00Z',
      validTo: null,
      validatedOn: null,
      issuingCountry: null,
      issuingOffice: null,
      addresses: [],
      identifiers: [],
      roles: [],
      consent: null,
      names: [{ name: 'Kurz AG', kind: 'legal', language: null }],
    });
  });

  test('one that begins later has not started; one that has ended has expired', async () => {
    const later = await members.put('DEAEOF00000003', aMember({ validFrom: '2999-01-01', consent: null }));
    expect(later.json()).toMatchObject({ status: 'not_started', statusSince: null, components: [] });
    const ended = await members.put('DEAEOF00000004', aMember({ validTo: '2024-04-01' }));
    expect(ended.json()).toMatchObject({ status: 'expired', statusSince: '2024-04-01', validTo: '2024-04-01' });
    const asked = async (at: string) => (await members.ask({ identifier: 'DEAEOF00000004', at })).json();
    expect(await asked('2024-03-31T23:59:59.999Z')).toMatchObject({
      outcome: 'recognised',
      validUntil: '2024-04-01T00:00:00Z',
    });
    expect(await asked('2024-04-01T00:00:00Z')).toMatchObject({ outcome: 'not_recognised', reason: 'NOT_ACTIVE' });
  });

  test('a number with a slash is percent-encoded, and matched in lower case and with spaces', async () => {
    const number = 'GBAEOF00001/10';
    expect(memberUrl(number)).toContain('GBAEOF00001%2F10');
    expect((await members.put(number, aMember({ issuingCountry: 'GB', validTo: '2021-01-01' }))).statusCode).toBe(201);
    for (const written of ['gbaeof00001/10', ' GB AEOF-00001 / 10 ']) {
      const read = await members.get(written);
      expect(read.statusCode).toBe(200);
      expect(read.json().number).toBe(number);
      expect((await members.put(written, aMember({ issuingCountry: 'GB', validTo: '2021-01-01' }))).statusCode).toBe(
        200,
      );
    }
    expect((await members.history(number)).json().versions).toHaveLength(1);
  });

  test('an identifier given twice, or once more as the number, holds whenever one of them does', async () => {
    const twice = aMember({
      identifiers: [
        { scheme: 'eori', value: 'DE777', validFrom: '2019-04-01', validTo: '2022-01-01' },
        { scheme: 'eori', value: 'de 777', validFrom: '2021-01-01' },
        { scheme: 'eori', value: 'DE778', validTo: '2020-01-01' },
        { scheme: 'eori', value: 'DE778', validFrom: '2023-01-01' },
      ],
    });
    expect((await members.put('DEAEOF00000005', twice)).statusCode).toBe(201);
    const reason = async (identifier: string, year: number) =>
      (await members.ask({ identifier, scheme: 'eori', at: `${year}-06-01T00:00:00Z` })).json().reason;
    for (const year of [2020, 2021, 2022, 2025]) expect(await reason('DE777', year)).toBe('RECOGNISED');
    expect(await Promise.all([2019, 2021, 2025].map((year) => reason('DE778', year)))).toEqual([
      'RECOGNISED',
      'UNKNOWN_TRADER',
      'RECOGNISED',
    ]);
    const chinese = aMember({
      type: 'ADVANCED',
      issuingCountry: null,
      consent: null,
      identifiers: [{ scheme: 'cn-customs-code', value: '1234567890', validFrom: '2020-01-01' }],
    });
    const response = await members.put('1234567890', chinese, { programme: 'cn-aeo', administration: 'CN' });
    expect(response.statusCode, response.body).toBe(201);
  });

  test('what is odd is written with a warning', async () => {
    const response = await members.put(
      'DE-AEOX-1',
      aMember({
        identifiers: [
          { scheme: 'lei', value: '5299000J2N45DDNE4Y29' },
          { scheme: 'eori', value: 'D' },
        ],
      }),
    );
    expect(response.statusCode, response.body).toBe(201);
    expect(
      response.json().warnings.map(({ pointer, code }: { pointer: string; code: string }) => [pointer, code]),
    ).toEqual([
      ['/path/number', 'NUMBER_FORM'],
      ['/identifiers/0/value', 'CHECK_DIGIT'],
      ['/identifiers/1/value', 'IDENTIFIER_FORM'],
    ]);
    expect((await members.get('DE-AEOX-1')).json().warnings).toBeUndefined();
  });
});

describe('400', () => {
  test.each([
    ['an unknown type', 'DEAEOF00000020', { type: 'AEOX' }, ['/type']],
    [
      'an unknown scheme',
      'DEAEOF00000020',
      { identifiers: [{ scheme: 'no-such', value: 'A1' }] },
      ['/identifiers/0/scheme'],
    ],
    [
      'what is no identifier',
      'DEAEOF00000020',
      { identifiers: [{ scheme: 'eori', value: '??' }] },
      ['/identifiers/0/value'],
    ],
    ['another issuing country than the number says', 'DEAEOF00000020', { issuingCountry: 'FR' }, ['/issuingCountry']],
    ['an end before the start', 'DEAEOF00000020', { validTo: '2019-04-01' }, ['/validTo']],
    ['an unknown field', 'DEAEOF00000020', { valid_from: '2019-04-01' }, ['/valid_from']],
    ['no names', 'DEAEOF00000020', { names: undefined }, ['/names']],
    [
      'an unknown partner that is no code',
      'DEAEOF00000020',
      { consent: { given: true, partners: ['Japan'] } },
      ['/consent/partners/0'],
    ],
    ['a number that is none', '!?', { issuingCountry: null }, ['/path/number']],
    [
      'half a character in a name',
      'DEAEOF00000020',
      { names: [{ name: 'A\ud800', kind: 'legal' }] },
      ['/names/0/name'],
    ],
    [
      'every bad field at once',
      'DEAEOF00000020',
      { type: 'AEOX', issuingCountry: 'FR', identifiers: [{ scheme: 'x', value: 'A' }] },
      ['/type', '/issuingCountry', '/identifiers/0/scheme'],
    ],
  ])('%s', async (_, number, changes, expected) => {
    const response = await members.put(number, aMember(changes));
    expect(response.statusCode, response.body).toBe(400);
    expect(response.json()).toMatchObject({ code: 'VALIDATION_FAILED', detail: expect.any(String) });
    expect(pointers(response)).toEqual(expected);
    expect((await members.get(number)).statusCode).toBe(404);
  });

  test('a number of 65 characters, a bad header', async () => {
    expect(pointers(await members.put('D'.repeat(65)))).toEqual(['/path/number']);
    const response = await members.put('DEAEOF00000021', aMember(), { headers: { 'idempotency-key': 'a b' } });
    expect(pointers(response)).toEqual(['/headers/idempotency-key']);
  });
});

describe('403', () => {
  test('a caller who acts for another administration, for a member of the union, or for none', async () => {
    for (const administration of ['JP', 'DE', null]) {
      const response = await members.put('DEAEOF00000030', aMember(), { administration });
      expect(response.statusCode).toBe(403);
      expect(response.json().code).toBe('WRONG_ADMINISTRATION');
    }
    expect((await members.get('DEAEOF00000030')).statusCode).toBe(404);
  });

  test('a deployment that only keeps copies of the members', async () => {
    const response = await members.put(
      'KRAEO0001',
      { type: 'AAA', validFrom: '2020-01-01', names: [{ name: 'K', kind: 'legal' }] },
      { programme: 'kr-aeo', administration: 'KR' },
    );
    expect(response.statusCode).toBe(403);
    expect(response.json().code).toBe('NOT_AUTHORITATIVE');
  });
});

describe('404', () => {
  test('an unknown programme', async () => {
    const response = await members.put('DEAEOF00000001', aMember(), { programme: 'xx-none' });
    expect(response.statusCode).toBe(404);
    expect(response.json().code).toBe('NOT_FOUND');
  });
});
