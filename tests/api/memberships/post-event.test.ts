import { beforeAll, describe, expect, test } from 'vitest';
import { createTestApi } from '../../support/api.ts';
import { createTestDatabase, type TestDatabase } from '../../support/database.ts';
import { aMember, membersOf } from '../../support/members.ts';

let database: TestDatabase;
let members: ReturnType<typeof membersOf>;
beforeAll(async () => {
  database = await createTestDatabase();
  members = membersOf(await createTestApi(database, { isLocal: (administration) => administration !== 'KR' }));
});

let count = 0;
/** A new member, with events already recorded. */
async function aWrittenMember(events: readonly object[] = [], record = aMember()): Promise<string> {
  count += 1;
  const number = `DEAEOF${String(count).padStart(8, '0')}`;
  expect((await members.put(number, record)).statusCode).toBe(201);
  for (const event of events) expect((await members.event(number, event)).statusCode).toBe(201);
  return number;
}

const state = async (number: string, query = '') => {
  const { status, type, statusSince, components } = (await members.get(number, query)).json();
  return [
    type,
    status,
    statusSince,
    ...components.map((it: { code: string; status: string }) => `${it.code} ${it.status}`),
  ].join(', ');
};

describe('201', () => {
  test.each([
    ['suspended', [], { type: 'suspended' }, 'AEOF, suspended, 2024-01-01, AEOC suspended, AEOS suspended'],
    [
      'one component suspended',
      [],
      { type: 'suspended', component: 'AEOS' },
      'AEOF, active, 2019-04-01, AEOC active, AEOS suspended',
    ],
    [
      'reinstated',
      [{ type: 'suspended', effectiveFrom: '2023-01-01' }],
      { type: 'reinstated' },
      'AEOF, active, 2024-01-01, AEOC active, AEOS active',
    ],
    ['revoked', [], { type: 'revoked' }, 'AEOF, revoked, 2024-01-01, AEOC revoked, AEOS revoked'],
    [
      'revoked while suspended',
      [{ type: 'suspended', effectiveFrom: '2023-01-01' }],
      { type: 'revoked' },
      'AEOF, revoked, 2024-01-01, AEOC revoked, AEOS revoked',
    ],
    [
      'withdrawn',
      [],
      { type: 'withdrawn', component: null },
      'AEOF, withdrawn, 2024-01-01, AEOC withdrawn, AEOS withdrawn',
    ],
    ['expired', [], { type: 'expired' }, 'AEOF, expired, 2024-01-01, AEOC expired, AEOS expired'],
    [
      'annulled from the beginning',
      [],
      { type: 'annulled' },
      'AEOF, annulled, 2019-04-01, AEOC annulled, AEOS annulled',
    ],
    ['another type', [], { type: 'type_changed', newType: 'AEOC' }, 'AEOC, active, 2024-01-01, AEOC active'],
    [
      'consent withdrawn',
      [],
      { type: 'consent_withdrawn', partners: ['JP'] },
      'AEOF, active, 2019-04-01, AEOC active, AEOS active',
    ],
  ])('%s', async (_, before, event, expected) => {
    const number = await aWrittenMember(before);
    const response = await members.event(number, { ...event, effectiveFrom: '2024-01-01' });
    expect(response.statusCode, response.body).toBe(201);
    expect(response.headers.etag).toBe(`"${before.length + 2}"`);
    expect(response.json().version).toBe(before.length + 2);
    expect(await state(number)).toBe(expected);
    const last = (await members.history(number)).json().events.at(-1);
    expect(last).toMatchObject({
      ...event,
      effectiveFrom: '2024-01-01',
      sequence: before.length + 2,
      recordedBy: 'tests',
    });
  });

  test('annulled: it was never active, as known from now on', async () => {
    const number = await aWrittenMember();
    const { recordedAt } = (await members.get(number)).json();
    await members.event(number, { type: 'annulled', effectiveFrom: '2024-01-01' });
    expect(await state(number, '?at=2020-01-01')).toMatch(/^AEOF, annulled, 2019-04-01/);
    expect(await state(number, `?at=2020-01-01&knownAt=${recordedAt}`)).toMatch(/^AEOF, active/);
    expect((await members.ask({ identifier: number, at: '2020-01-01T00:00:00Z' })).json().reason).toBe('NOT_ACTIVE');
  });

  test('in the past: true from then on; in the future: not before', async () => {
    const past = await aWrittenMember([{ type: 'suspended', effectiveFrom: '2022-05-05T10:00:00Z' }]);
    expect(await state(past, '?at=2022-05-05T09:59:59Z')).toMatch(/^AEOF, active/);
    expect(await state(past, '?at=2022-05-05T10:00:00Z')).toMatch(/^AEOF, suspended, 2022-05-05T10:00:00Z/);
    const future = await aWrittenMember([{ type: 'suspended', effectiveFrom: '2990-01-01' }]);
    expect(await state(future)).toMatch(/^AEOF, active/);
    expect(await state(future, '?at=2990-01-01')).toMatch(/^AEOF, suspended, 2990-01-01/);
    expect((await members.ask({ identifier: future })).json()).toMatchObject({
      outcome: 'recognised',
      validUntil: '2990-01-01T00:00:00Z',
    });
  });

  test('left out, effectiveFrom is the moment of the recording', async () => {
    const number = await aWrittenMember();
    const body = (await members.event(number, { type: 'suspended' })).json();
    expect(body.statusSince).toBe(body.recordedAt);
    expect(body.status).toBe('suspended');
  });

  test('an annulment may name a moment before the beginning, a consent event too', async () => {
    const number = await aWrittenMember([{ type: 'consent_withdrawn', effectiveFrom: '2010-01-01' }]);
    expect((await members.event(number, { type: 'annulled', effectiveFrom: '2010-01-01' })).statusCode).toBe(201);
  });

  test('consent withdrawn from one partner hides the trader there and nowhere else', async () => {
    const number = await aWrittenMember([{ type: 'consent_withdrawn', partners: ['JP'], effectiveFrom: '2024-01-01' }]);
    const reason = async (recogniser: string, at: string) =>
      (await members.ask({ recogniser, identifier: number, at })).json().reason;
    expect(await reason('JP', '2024-01-01T00:00:00Z')).toBe('UNKNOWN_TRADER');
    expect(await reason('JP', '2023-12-31T23:59:59Z')).toBe('RECOGNISED');
    expect(await reason('US', '2024-01-01T00:00:00Z')).toBe('RECOGNISED');
    await members.event(number, { type: 'consent_given', partners: ['JP'], effectiveFrom: '2025-01-01' });
    expect(await reason('JP', '2025-01-01T00:00:00Z')).toBe('RECOGNISED');
  });

  test('an event that a later one overtakes may be recorded afterwards', async () => {
    const number = await aWrittenMember([{ type: 'suspended', effectiveFrom: '2024-06-01' }]);
    expect((await members.event(number, { type: 'revoked', effectiveFrom: '2024-01-01' })).statusCode).toBe(201);
    expect(await state(number)).toMatch(/^AEOF, revoked, 2024-01-01/);
  });

  test('a repeated Idempotency-Key records one event', async () => {
    const number = await aWrittenMember();
    const options = { headers: { 'idempotency-key': 'event-1' } };
    const responses = await Promise.all([1, 2, 3].map(() => members.event(number, { type: 'suspended' }, options)));
    expect(responses.map(({ statusCode }) => statusCode)).toEqual([201, 201, 201]);
    expect(new Set(responses.map(({ body }) => body)).size).toBe(1);
    expect((await members.history(number)).json().events).toHaveLength(2);
  });
});

describe('409', () => {
  test.each([
    ['reinstated while active', [], { type: 'reinstated' }],
    ['suspended twice', [{ type: 'suspended', effectiveFrom: '2024-01-01' }], { type: 'suspended' }],
    ['suspended after its end', [{ type: 'revoked', effectiveFrom: '2024-01-01' }], { type: 'suspended' }],
    ['revoked after its withdrawal', [{ type: 'withdrawn', effectiveFrom: '2024-01-01' }], { type: 'revoked' }],
    ['reinstated after its revocation', [{ type: 'revoked', effectiveFrom: '2024-01-01' }], { type: 'reinstated' }],
    ['annulled twice', [{ type: 'annulled', effectiveFrom: '2024-01-01' }], { type: 'annulled' }],
    ['granted again', [], { type: 'granted' }],
    ['the type it has', [], { type: 'type_changed', newType: 'AEOF' }],
    [
      'a component that the present type lacks',
      [{ type: 'type_changed', newType: 'AEOC', effectiveFrom: '2024-01-01' }],
      { type: 'suspended', component: 'AEOS' },
    ],
    ['before its beginning', [], { type: 'suspended', effectiveFrom: '2019-03-31T23:59:59Z' }],
    [
      'before a suspension that it would need',
      [{ type: 'suspended', effectiveFrom: '2024-01-01' }],
      { type: 'reinstated', effectiveFrom: '2023-01-01' },
    ],
  ])('%s is not allowed, and nothing changes', async (_, before, event) => {
    const number = await aWrittenMember(before);
    const [present, history] = [(await members.get(number)).json(), (await members.history(number)).json()];
    const response = await members.event(number, event);
    expect(response.statusCode, response.body).toBe(409);
    expect(response.json()).toMatchObject({ code: 'TRANSITION_NOT_ALLOWED', detail: expect.any(String) });
    expect((await members.get(number)).json()).toEqual(present);
    expect((await members.history(number)).json()).toEqual(history);
  });

  test('after the end of its validity', async () => {
    const number = await aWrittenMember([], aMember({ validTo: '2024-01-01' }));
    expect((await members.event(number, { type: 'suspended', effectiveFrom: '2024-01-01' })).statusCode).toBe(409);
    expect((await members.event(number, { type: 'suspended', effectiveFrom: '2023-12-31' })).statusCode).toBe(201);
  });

  test('of two that end it at once one is refused', async () => {
    const number = await aWrittenMember();
    const responses = await Promise.all(
      ['revoked', 'withdrawn', 'expired'].map((type) => members.event(number, { type, effectiveFrom: '2024-01-01' })),
    );
    expect(responses.map(({ statusCode }) => statusCode).toSorted()).toEqual([201, 409, 409]);
  });
});

describe('400', () => {
  test.each([
    ['an unknown type of event', { type: 'paused' }, ['/type']],
    ['a type that the programme does not have', { type: 'type_changed', newType: 'TIER2' }, ['/newType']],
    ['a component that the programme does not have', { type: 'suspended', component: 'AEOX' }, ['/component']],
    ['no new type', { type: 'type_changed' }, ['/newType']],
    ['a new type of a suspension', { type: 'suspended', newType: 'AEOC' }, ['/newType']],
    ['partners of a suspension', { type: 'suspended', partners: ['JP'] }, ['/partners']],
    ['a component of a consent', { type: 'consent_given', component: 'AEOS' }, ['/component']],
    ['a misspelt effectiveFrom', { type: 'suspended', effectivefrom: '2024-01-01' }, ['/effectivefrom']],
    ['no moment', { type: 'suspended', effectiveFrom: 'tomorrow' }, ['/effectiveFrom']],
  ])('%s', async (_, event, expected) => {
    const number = await aWrittenMember();
    const response = await members.event(number, event);
    expect(response.statusCode, response.body).toBe(400);
    expect(response.json()).toMatchObject({ code: 'VALIDATION_FAILED', detail: expect.any(String) });
    expect(response.json().errors.map(({ pointer }: { pointer: string }) => pointer)).toEqual(expected);
    expect((await members.history(number)).json().events).toHaveLength(1);
  });
});

describe('403', () => {
  test('another administration, a broker, a copy', async () => {
    const number = await aWrittenMember();
    for (const administration of ['JP', null]) {
      const response = await members.event(number, { type: 'suspended' }, { administration });
      expect([response.statusCode, response.json().code]).toEqual([403, 'WRONG_ADMINISTRATION']);
    }
    const copy = await members.event('KRAEO0001', { type: 'suspended' }, { programme: 'kr-aeo', administration: 'KR' });
    expect([copy.statusCode, copy.json().code]).toEqual([403, 'NOT_AUTHORITATIVE']);
  });
});

describe('404', () => {
  test('an unknown member, an unknown programme', async () => {
    expect((await members.event('DEAEOF99999999', { type: 'suspended' })).statusCode).toBe(404);
    expect((await members.event('DEAEOF99999999', { type: 'suspended' }, { programme: 'xx-none' })).statusCode).toBe(
      404,
    );
  });
});

describe('412', () => {
  test('another version than the present one', async () => {
    const number = await aWrittenMember();
    expect((await members.event(number, { type: 'suspended' }, { headers: { 'if-match': '"9"' } })).statusCode).toBe(
      412,
    );
    expect((await members.event(number, { type: 'suspended' }, { headers: { 'if-match': '"1"' } })).statusCode).toBe(
      201,
    );
  });
});

describe('422', () => {
  test('a key that belongs to another event', async () => {
    const number = await aWrittenMember();
    const options = { headers: { 'idempotency-key': 'event-2' } };
    await members.event(number, { type: 'suspended' }, options);
    expect((await members.event(number, { type: 'revoked' }, options)).statusCode).toBe(422);
  });
});
