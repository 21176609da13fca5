import { beforeAll, describe, expect, test } from 'vitest';
import { createTestApi } from '../../support/api.ts';
import { createTestDatabase } from '../../support/database.ts';
import { aMember, membersOf } from '../../support/members.ts';

let members: ReturnType<typeof membersOf>;
beforeAll(async () => {
  members = membersOf(
    await createTestApi(await createTestDatabase(), { isLocal: (administration) => administration !== 'KR' }),
  );
});

let count = 0;
async function aWrittenMember(changes: object = {}): Promise<string> {
  count += 1;
  const number = `DEAEOF${String(count).padStart(8, '0')}`;
  expect((await members.put(number, aMember({ ...changes }))).statusCode).toBe(201);
  return number;
}
const reason = async (identifier: string, recogniser: string, at: string) =>
  (await members.ask({ identifier, recogniser, at })).json().reason;

describe('200', () => {
  test('the benefits are suspended by that recogniser alone, for that time alone', async () => {
    const number = await aWrittenMember();
    const response = await members.suspendLocally(number, {
      from: '2024-01-01',
      to: '2024-07-01',
      note: 'under review',
    });
    expect(response.statusCode, response.body).toBe(200);
    const { recordedAt, ...body } = response.json();
    expect(body).toEqual({
      programme: 'eu-aeo',
      number,
      recogniser: 'JP',
      from: '2024-01-01',
      to: '2024-07-01',
      note: 'under review',
    });
    expect(recordedAt).toMatch(/Z$/);
    expect(response.headers.etag).toBe('"1"');
    expect(await reason(number, 'JP', '2023-12-31T23:59:59Z')).toBe('RECOGNISED');
    expect(await reason(number, 'JP', '2024-01-01T00:00:00Z')).toBe('LOCALLY_SUSPENDED');
    expect(await reason(number, 'JP', '2024-06-30T23:59:59.999Z')).toBe('LOCALLY_SUSPENDED');
    expect(await reason(number, 'JP', '2024-07-01T00:00:00Z')).toBe('RECOGNISED');
    for (const recogniser of ['US', 'CN', 'GB'])
      expect(await reason(number, recogniser, '2024-03-01T00:00:00Z')).toBe('RECOGNISED');
    // The membership itself is as it was, and nobody else learns of it.
    expect((await members.get(number)).json()).toMatchObject({ status: 'active', version: 1 });
    const answer = (await members.ask({ identifier: number, at: '2024-03-01T00:00:00Z' })).json();
    expect(answer.rules[0].conditions).toContainEqual({
      code: 'NOT_LOCALLY_SUSPENDED',
      met: false,
      detail: 'suspended by JP since 2024-01-01',
    });
    expect(JSON.stringify(answer)).not.toContain('under review');
  });

  test('from now on when nothing is said', async () => {
    const number = await aWrittenMember();
    const body = (await members.suspendLocally(number, {})).json();
    expect(body).toMatchObject({ from: body.recordedAt, to: null, note: null });
    expect((await members.ask({ identifier: number })).json().reason).toBe('LOCALLY_SUSPENDED');
  });

  test('from now on without a body and without a content type', async () => {
    const number = await aWrittenMember();
    const response = await members.suspendLocally(number, undefined);
    expect(response.statusCode, response.body).toBe(200);
    expect(response.json()).toMatchObject({ from: response.json().recordedAt, to: null, note: null });
    expect((await members.ask({ identifier: number })).json().reason).toBe('LOCALLY_SUSPENDED');
  });

  test('written again for a shorter period: what was recorded for other times stays, so nothing is given back', async () => {
    const number = await aWrittenMember();
    await members.suspendLocally(number, { from: '2022-01-01', to: '2022-06-01' });
    await members.suspendLocally(number, { from: '2024-01-01' });
    const replaced = await members.suspendLocally(number, { from: '2025-01-01', to: '2025-02-01' });
    expect(replaced.headers.etag).toBe('"3"');
    for (const [at, expected] of [
      ['2022-03-01', 'LOCALLY_SUSPENDED'],
      ['2022-07-01', 'RECOGNISED'],
      ['2024-06-01', 'LOCALLY_SUSPENDED'],
      ['2025-01-15', 'LOCALLY_SUSPENDED'],
      ['2025-03-01', 'LOCALLY_SUSPENDED'],
    ] as const) {
      expect([at, await reason(number, 'JP', `${at}T00:00:00Z`)]).toEqual([at, expected]);
    }
  });

  test('what was known before stays known', async () => {
    const number = await aWrittenMember();
    const { question } = (await members.ask({ identifier: number })).json();
    await members.suspendLocally(number, { from: '2024-01-01' });
    const again = (await members.ask({ identifier: number, at: question.at, knownAt: question.knownAt })).json();
    expect(again.outcome).toBe('recognised');
  });

  test('If-Match and Idempotency-Key', async () => {
    const number = await aWrittenMember();
    const options = { headers: { 'idempotency-key': 'local-1' } };
    const first = await members.suspendLocally(number, {}, options);
    const again = await members.suspendLocally(number, {}, options);
    expect([again.body, again.headers.etag]).toEqual([first.body, '"1"']);
    expect((await members.suspendLocally(number, {}, { headers: { 'if-match': '"1"' } })).headers.etag).toBe('"2"');
  });

  test('a client that acts for another administration has keys of its own', async () => {
    const number = await aWrittenMember();
    const options = { headers: { 'idempotency-key': 'local-2' } };
    const first = await members.suspendLocally(number, { from: '2024-01-01' }, options);
    const other = await members.suspendLocally(number, { from: '2024-01-01' }, { ...options, administration: 'US' });
    expect([other.statusCode, other.json().recogniser]).toEqual([200, 'US']);
    expect(await reason(number, 'US', '2024-03-01T00:00:00Z')).toBe('LOCALLY_SUSPENDED');
    expect((await members.suspendLocally(number, { from: '2024-01-01' }, options)).body).toBe(first.body);
  });
});

describe('400', () => {
  test.each([
    ['an end before the start', { from: '2024-01-01', to: '2024-01-01' }, ['/to']],
    ['an end before now', { to: '2024-01-01' }, ['/to']],
    ['a recogniser in the body', { recogniser: 'US' }, ['/recogniser']],
    ['no moment', { from: 'now' }, ['/from']],
  ])('%s', async (_, body, expected) => {
    const response = await members.suspendLocally(await aWrittenMember(), body);
    expect(response.statusCode).toBe(400);
    expect(response.json()).toMatchObject({ code: 'VALIDATION_FAILED', detail: expect.any(String) });
    expect(response.json().errors.map(({ pointer }: { pointer: string }) => pointer)).toEqual(expected);
  });
});

describe('403', () => {
  test('a caller who acts for nobody, or for an administration this deployment does not speak for', async () => {
    const number = await aWrittenMember();
    const broker = await members.suspendLocally(number, {}, { administration: null });
    expect([broker.statusCode, broker.json().code]).toEqual([403, 'WRONG_ADMINISTRATION']);
    const other = await members.suspendLocally(number, {}, { administration: 'KR' });
    expect([other.statusCode, other.json().code]).toEqual([403, 'NOT_AUTHORITATIVE']);
  });
});

describe('404', () => {
  test('what the recogniser may not know of, as what does not exist', async () => {
    const none = await members.suspendLocally('DEAEOF99999999', {});
    for (const [changes, administration] of [
      [{ type: 'AEOC' }, 'JP'],
      [{ consent: { given: false } }, 'JP'],
      [{}, 'BR'],
    ] as const) {
      const response = await members.suspendLocally(await aWrittenMember(changes), {}, { administration });
      expect(response.statusCode).toBe(404);
      expect({ ...response.json(), instance: '' }).toEqual({ ...none.json(), instance: '' });
    }
  });
});

describe('409', () => {
  test('an own member', async () => {
    const response = await members.suspendLocally(await aWrittenMember(), {}, { administration: 'EU' });
    expect([response.statusCode, response.json().code]).toEqual([409, 'CONFLICT']);
  });
});

describe('412', () => {
  test('another version than the present one', async () => {
    const number = await aWrittenMember();
    expect((await members.suspendLocally(number, {}, { headers: { 'if-match': '*' } })).statusCode).toBe(412);
    await members.suspendLocally(number, { from: '2024-01-01', to: '2024-02-01' });
    expect((await members.suspendLocally(number, {}, { headers: { 'if-match': '"2"' } })).statusCode).toBe(412);
    expect(await reason(number, 'JP', '2024-03-01T00:00:00Z')).toBe('RECOGNISED');
  });
});

describe('422', () => {
  test('a key that belongs to another request', async () => {
    const number = await aWrittenMember();
    const options = { headers: { 'idempotency-key': 'local-3' } };
    await members.suspendLocally(number, {}, options);
    expect((await members.suspendLocally(number, { note: 'x' }, options)).statusCode).toBe(422);
    expect((await members.endLocally(number, options)).statusCode).toBe(422);
  });
});
