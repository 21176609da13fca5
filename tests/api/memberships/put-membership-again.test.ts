import { beforeAll, describe, expect, test } from 'vitest';
import { createTestApi } from '../../support/api.ts';
import { createTestDatabase, type TestDatabase } from '../../support/database.ts';
import { aMember, membersOf } from '../../support/members.ts';

let database: TestDatabase;
let members: ReturnType<typeof membersOf>;
beforeAll(async () => {
  database = await createTestDatabase();
  members = membersOf(await createTestApi(database));
});

const entries = async (number: string): Promise<number> => {
  const { rowCount } = await database.asOwner('select from change_log where subject_id = $1', [`eu-aeo/${number}`]);
  return rowCount ?? 0;
};

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

describe('409', () => {
  test.each(['suspended', 'revoked'])(
    'a record without the component that was %s would undo it, and changes nothing',
    async (type) => {
      const number = type === 'suspended' ? 'DEAEOF00000090' : 'DEAEOF00000091';
      await members.put(number, aMember({ type: 'AEOF' }));
      await members.event(number, { type, component: 'AEOC' });
      const refused = await members.put(number, aMember({ type: 'AEOS' }));
      expect([refused.statusCode, refused.json().code]).toEqual([409, 'TRANSITION_NOT_ALLOWED']);
      expect(refused.json().detail).toContain('AEOC');
      expect((await members.get(number)).json()).toMatchObject({ type: 'AEOF', version: 2 });
    },
  );
});
