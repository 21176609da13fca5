import { beforeAll, describe, expect, test } from 'vitest';
import { createTestApi, type TestApi } from '../../support/api.ts';
import { createTestDatabase, type TestDatabase } from '../../support/database.ts';
import { aMember, membersOf, memberUrl } from '../../support/members.ts';

let database: TestDatabase;
let api: TestApi;
let members: ReturnType<typeof membersOf>;
beforeAll(async () => {
  database = await createTestDatabase();
  api = await createTestApi(database, { isLocal: (administration) => administration !== 'KR' });
  members = membersOf(api);
});

const pointers = (response: { json(): { errors?: { pointer: string }[] } }) =>
  response.json().errors?.map(({ pointer }) => pointer);
const entries = async (number: string): Promise<number> => {
  const { rowCount } = await database.asOwner('select from change_log where subject_id = $1', [`eu-aeo/${number}`]);
  return rowCount ?? 0;
};

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

describe('200', () => {
  test('a replaced record is known from now on; what was known before stays', async () => {
    const number = 'DEAEOF00000010';
    const first = (await members.put(number)).json();
    const second = await members.put(number, aMember({ names: [{ name: 'Neuer Name GmbH', kind: 'legal' }] }));
    expect(second.statusCode).toBe(200);
    expect(second.headers.etag).toBe('"2"');
    expect(second.json()).toMatchObject({ version: 2, names: [{ name: 'Neuer Name GmbH' }] });
    const before = await members.get(number, `?knownAt=${first.recordedAt}`);
    expect(before.json()).toEqual(first);
    expect(before.headers.etag).toBe('"1"');
  });

  test('the same record again is 200 with the same ETag and makes no version', async () => {
    const number = 'DEAEOF00000011';
    const record = aMember({
      identifiers: [{ scheme: 'eori', value: 'DE1' }],
      addresses: [{ kind: 'site', country: 'DE' }],
    });
    const first = await members.put(number, record);
    const logged = await entries(number);
    // Keys in another order, nulls written out, and the day as an instant: the same record.
    const again = Object.fromEntries(
      Object.entries({ ...record, validTo: null, validFrom: '2019-04-01T00:00:00Z', issuingOffice: null }).toReversed(),
    );
    const second = await members.put(number, again);
    expect(second.statusCode).toBe(200);
    expect(second.headers.etag).toBe(first.headers.etag);
    expect(second.json()).toEqual(first.json());
    expect(await entries(number)).toBe(logged);
    expect((await members.history(number)).json().versions).toHaveLength(1);
  });

  test('status changes stay in force when the record is replaced', async () => {
    const number = 'DEAEOF00000012';
    await members.put(number);
    await members.event(number, { type: 'suspended', effectiveFrom: '2024-01-01' });
    const replaced = await members.put(number, aMember({ issuingOffice: 'DE004600' }));
    expect(replaced.json()).toMatchObject({ status: 'suspended', statusSince: '2024-01-01', version: 3 });
  });

  test('If-Match of the present version', async () => {
    const number = 'DEAEOF00000013';
    await members.put(number);
    for (const tag of ['"1"', '"7", "2"', '*']) {
      const response = await members.put(number, aMember({ issuingOffice: tag }), { headers: { 'if-match': tag } });
      expect(response.statusCode).toBe(200);
    }
  });

  test('a repeated Idempotency-Key gets the first answer and writes nothing', async () => {
    const number = 'DEAEOF00000014';
    const options = { headers: { 'idempotency-key': 'put-14' } };
    const first = await members.put(number, aMember(), options);
    await members.event(number, { type: 'suspended' });
    const logged = await entries(number);
    const again = await members.put(number, aMember(), options);
    expect([again.statusCode, again.headers.etag, again.body]).toEqual([201, '"1"', first.body]);
    expect(await entries(number)).toBe(logged);
    // Another client has keys of its own.
    expect((await members.put(number, aMember(), { ...options, client: 'other' })).statusCode).toBe(200);
  });

  test('two requests at once with one key write once', async () => {
    const number = 'DEAEOF00000015';
    const options = { headers: { 'idempotency-key': 'put-15' } };
    const responses = await Promise.all(Array.from({ length: 6 }, () => members.put(number, aMember(), options)));
    expect(responses.map(({ statusCode }) => statusCode)).toEqual(Array(6).fill(201));
    expect(new Set(responses.map(({ body }) => body)).size).toBe(1);
    expect(await entries(number)).toBe(1);
  });

  test('a key older than a day is new again', async () => {
    const number = 'DEAEOF00000016';
    const options = { headers: { 'idempotency-key': 'put-16' } };
    await members.put(number, aMember(), options);
    await database.asOwner(`update idempotency_key set created_at = now() - interval '25 hours' where key = 'put-16'`);
    const response = await members.put(number, aMember({ type: 'AEOS' }), options);
    expect([response.statusCode, response.headers.etag]).toEqual([200, '"2"']);
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
    ['no name', 'DEAEOF00000020', { names: [] }, ['/names']],
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

describe('412', () => {
  test('another version than the present one; nothing changes', async () => {
    const number = 'DEAEOF00000040';
    const absent = await members.put(number, aMember(), { headers: { 'if-match': '*' } });
    expect([absent.statusCode, absent.json().code]).toEqual([412, 'PRECONDITION_FAILED']);
    await members.put(number);
    await members.put(number, aMember({ issuingOffice: 'X' }));
    for (const tag of ['"1"', 'W/"2"', '"3"', '2']) {
      expect((await members.put(number, aMember(), { headers: { 'if-match': tag } })).statusCode).toBe(412);
    }
    expect((await members.get(number)).json()).toMatchObject({ version: 2, issuingOffice: 'X' });
  });

  test('of two that replace the same version one wins', async () => {
    const number = 'DEAEOF00000041';
    await members.put(number);
    const responses = await Promise.all(
      Array.from({ length: 5 }, (_, index) =>
        members.put(number, aMember({ issuingOffice: `O${index}` }), { headers: { 'if-match': '"1"' } }),
      ),
    );
    expect(responses.map(({ statusCode }) => statusCode).toSorted()).toEqual([200, 412, 412, 412, 412]);
  });
});

describe('422', () => {
  test('a key that belongs to another request', async () => {
    const options = { headers: { 'idempotency-key': 'put-50' } };
    await members.put('DEAEOF00000050', aMember(), options);
    for (const response of [
      await members.put('DEAEOF00000050', aMember({ type: 'AEOS' }), options),
      await members.put('DEAEOF00000051', aMember(), options),
      await members.put('DEAEOF00000050', aMember(), { headers: { ...options.headers, 'if-match': '"1"' } }),
      await members.event('DEAEOF00000050', { type: 'suspended' }, options),
    ]) {
      expect([response.statusCode, response.json().code]).toEqual([422, 'IDEMPOTENCY_KEY_REUSED']);
    }
    expect((await members.get('DEAEOF00000050')).json()).toMatchObject({ version: 1, status: 'active' });
  });
});
