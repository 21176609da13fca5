import { beforeAll, describe, expect, test } from 'vitest';
import { createTestApi } from '../../support/api.ts';
import { createTestDatabase } from '../../support/database.ts';
import { aMember, membersOf } from '../../support/members.ts';

let members: ReturnType<typeof membersOf>;
beforeAll(async () => {
  members = membersOf(await createTestApi(await createTestDatabase()));
});

interface Answered {
  readonly statusCode: number;
  json(): { code: string; errors: { pointer: string }[] };
}

const pointers = (response: Answered) => {
  expect([response.statusCode, response.json().code]).toEqual([400, 'VALIDATION_FAILED']);
  return response.json().errors.map(({ pointer }) => pointer);
};

/** Neither fits the schema, nor would the rest of it be borne out by the programme. */
const RECORD = {
  type: 'XXX',
  validFrom: 'bad',
  issuingCountry: 'FR',
  identifiers: [{ scheme: 'nope', value: '1' }],
  names: [],
};
const EVENT = { type: 'type_changed', newType: 'TIER2', component: 'AEOX', effectiveFrom: 'tomorrow' };

describe('what a schema and what the network refuses are told at once', () => {
  test('of a record', async () => {
    expect(pointers(await members.put('DEAEOF1', RECORD)).toSorted()).toEqual([
      '/identifiers/0/scheme',
      '/issuingCountry',
      '/type',
      '/validFrom',
    ]);
  });

  test('of a record, within one item of a list too, and of each field one thing', async () => {
    const identifiers = [{ scheme: 'eori', value: 1 }, { scheme: 'nope', validTo: 'x' }, 'DE1'];
    expect(pointers(await members.put('DEAEOF1', aMember({ identifiers, type: 'a', consent: 1 }))).toSorted()).toEqual([
      '/consent',
      '/identifiers/0/value',
      '/identifiers/1/scheme',
      '/identifiers/1/validTo',
      '/identifiers/1/value',
      '/identifiers/2',
      '/type',
    ]);
  });

  test('of a record whose number, or whose header field, is wrong', async () => {
    const headers = { 'idempotency-key': 'a b' };
    expect(pointers(await members.put('D'.repeat(65), aMember({ type: 'XXX' }), { headers }))).toEqual([
      '/path/number',
      '/headers/idempotency-key',
      '/type',
    ]);
    const implausible = await members.put('!?', aMember({ type: 'XXX', validFrom: 'bad', issuingCountry: null }));
    expect(pointers(implausible)).toEqual(['/validFrom', '/path/number', '/type']);
    expect(pointers(await members.put('DEAEOF1', RECORD, { programme: 'No Programme' }))).toEqual([
      '/path/programme',
      '/validFrom',
    ]);
  });

  test('of an event', async () => {
    await members.put('DEAEOF00000001');
    expect(pointers(await members.event('DEAEOF00000001', EVENT))).toEqual([
      '/effectiveFrom',
      '/newType',
      '/component',
    ]);
    expect((await members.history('DEAEOF00000001')).json().events).toHaveLength(1);
  });
});

describe('who may not write is told so, whatever is written', () => {
  test.each(['JP', 'DE', null])('acting for %s', async (administration) => {
    for (const response of [
      await members.put('DEAEOF00000001', RECORD, { administration }),
      await members.event('DEAEOF00000001', EVENT, { administration }),
    ]) {
      expect([response.statusCode, response.json().code]).toEqual([403, 'WRONG_ADMINISTRATION']);
      expect(response.json().errors).toBeUndefined();
    }
  });

  test('a programme that does not exist', async () => {
    const options = { programme: 'xx-none' };
    expect((await members.put('DEAEOF1', RECORD, options)).json()).toMatchObject({ status: 404, code: 'NOT_FOUND' });
    expect((await members.event('DEAEOF1', EVENT, options)).json()).toMatchObject({ status: 404, code: 'NOT_FOUND' });
  });
});
