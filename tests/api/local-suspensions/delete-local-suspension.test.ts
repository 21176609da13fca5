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
async function aSuspendedMember(body: object = { from: '2024-01-01' }): Promise<string> {
  count += 1;
  const number = `DEAEOF${String(count).padStart(8, '0')}`;
  await members.put(number, aMember());
  expect((await members.suspendLocally(number, body)).statusCode).toBe(200);
  return number;
}
const reason = async (identifier: string, at?: string) =>
  (await members.ask({ identifier, ...(at && { at }) })).json().reason;

describe('204', () => {
  test('ended from now on; the past stays as it was', async () => {
    const number = await aSuspendedMember();
    expect(await reason(number)).toBe('LOCALLY_SUSPENDED');
    const response = await members.endLocally(number);
    expect([response.statusCode, response.body]).toEqual([204, '']);
    expect(await reason(number)).toBe('RECOGNISED');
    expect(await reason(number, '2024-06-01T00:00:00Z')).toBe('LOCALLY_SUSPENDED');
  });

  test('what is announced is called off', async () => {
    const number = await aSuspendedMember({ from: '2990-01-01' });
    expect(await reason(number, '2991-01-01T00:00:00Z')).toBe('LOCALLY_SUSPENDED');
    expect((await members.endLocally(number)).statusCode).toBe(204);
    expect(await reason(number, '2991-01-01T00:00:00Z')).toBe('RECOGNISED');
  });

  test('repeated with its Idempotency-Key', async () => {
    const number = await aSuspendedMember();
    const options = { headers: { 'idempotency-key': 'end-1' } };
    expect((await members.endLocally(number, options)).statusCode).toBe(204);
    const again = await members.endLocally(number, options);
    expect([again.statusCode, again.body]).toEqual([204, '']);
    expect((await members.endLocally(number)).statusCode).toBe(404);
  });

  test('suspended again', async () => {
    const number = await aSuspendedMember();
    await members.endLocally(number);
    expect((await members.suspendLocally(number, {})).headers.etag).toBe('"3"');
    expect(await reason(number)).toBe('LOCALLY_SUSPENDED');
  });
});

describe('403', () => {
  test('a caller who acts for nobody, or for an administration this deployment does not speak for', async () => {
    const number = await aSuspendedMember();
    expect((await members.endLocally(number, { administration: null })).json().code).toBe('WRONG_ADMINISTRATION');
    expect((await members.endLocally(number, { administration: 'KR' })).json().code).toBe('NOT_AUTHORITATIVE');
  });
});

describe('404', () => {
  test('nothing to end: never suspended, already over, of another recogniser, an unknown member', async () => {
    const over = await aSuspendedMember({ from: '2024-01-01', to: '2024-02-01' });
    expect((await members.endLocally(over)).statusCode).toBe(404);
    expect(await reason(over, '2024-01-15T00:00:00Z')).toBe('LOCALLY_SUSPENDED');
    const running = await aSuspendedMember();
    expect((await members.endLocally(running, { administration: 'US' })).statusCode).toBe(404);
    expect(await reason(running)).toBe('LOCALLY_SUSPENDED');
    expect((await members.endLocally('DEAEOF99999999')).statusCode).toBe(404);
  });
});

describe('409', () => {
  test('an own member', async () => {
    expect((await members.endLocally(await aSuspendedMember(), { administration: 'EU' })).json().code).toBe('CONFLICT');
  });
});

describe('412', () => {
  test('another version than the present one; nothing is ended', async () => {
    const number = await aSuspendedMember();
    expect((await members.endLocally(number, { headers: { 'if-match': '"2"' } })).statusCode).toBe(412);
    expect(await reason(number)).toBe('LOCALLY_SUSPENDED');
    expect((await members.endLocally(number, { headers: { 'if-match': '"1"' } })).statusCode).toBe(204);
  });
});

describe('422', () => {
  test('a key that belongs to another request', async () => {
    const options = { headers: { 'idempotency-key': 'end-2' } };
    await members.endLocally(await aSuspendedMember(), options);
    expect((await members.endLocally(await aSuspendedMember(), options)).statusCode).toBe(422);
  });
});
