import { beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { createTestApi } from '../../support/api.ts';
import { createTestDatabase, type TestDatabase } from '../../support/database.ts';
import { aLine, aList, counts, csv, FULL, importsOf, ndjson, numberOf } from './lists.ts';

let database: TestDatabase;
let imports: ReturnType<typeof importsOf>;
beforeAll(async () => {
  database = await createTestDatabase();
  imports = importsOf(await createTestApi(database));
});
beforeEach(async () => {
  await database.clear();
  await imports.load(ndjson(aList(20)));
});

const full = { query: FULL };
const allowing = (removals: number) => ({ query: `${FULL}&allowRemovals=${removals}` });
const versions = async (): Promise<number> => (await database.asOwner('select from membership_record')).rowCount ?? 0;
const statusOf = async (index: number): Promise<string> => (await imports.member(numberOf(index))).json().status;

describe('200', () => {
  test('members that the list lacks are ended, without a reason that nobody gave', async () => {
    expect(counts(await imports.load(ndjson(aList(18)), full))).toEqual({
      received: 18,
      created: 0,
      updated: 0,
      unchanged: 18,
      ended: 2,
      rejected: 0,
    });
    const ended = (await imports.member(numberOf(19))).json();
    expect(ended).toMatchObject({ status: 'expired', version: 2, validFrom: '2020-01-01' });
    expect(ended.validTo).toBe(ended.recordedAt);
    expect(await imports.ask(numberOf(19))).toBe('NOT_ACTIVE');
    expect(await imports.ask(numberOf(19), { at: '2024-01-01T00:00:00Z' })).toBe('RECOGNISED');
    expect(await statusOf(17)).toBe('active');
    expect(counts(await imports.load(ndjson(aList(18)), full))).toMatchObject({ unchanged: 18, ended: 0 });
  });

  test('a later list that names them restores them', async () => {
    await imports.load(ndjson(aList(18)), full);
    expect(counts(await imports.load(ndjson(aList(20)), full))).toMatchObject({ updated: 2, unchanged: 18, ended: 0 });
    expect(await statusOf(19)).toBe('active');
    expect(await imports.ask(numberOf(19))).toBe('RECOGNISED');
  });

  test('a differential list ends nobody', async () => {
    expect(counts(await imports.load(ndjson([aLine(0)])))).toMatchObject({ unchanged: 1, ended: 0 });
    expect(await statusOf(19)).toBe('active');
  });

  test('a member whose line was rejected is not ended, however the line is wrong', async () => {
    const lines = [
      ...aList(16).map((line) => JSON.stringify(line)),
      JSON.stringify(aLine(16, { type: 'UNKNOWN' })),
      JSON.stringify(aLine(17, { extra: 1 })),
      `{"number":"${numberOf(18)}", "type":`,
      JSON.stringify(aLine(19)),
    ];
    expect(counts(await imports.load(lines.join('\n'), full))).toMatchObject({
      received: 20,
      unchanged: 17,
      ended: 0,
      rejected: 3,
    });
    for (const index of [16, 17, 18, 19]) expect(await statusOf(index)).toBe('active');
  });

  test('nor in CSV, by its column', async () => {
    const row = (index: number) => ({
      number: numberOf(index),
      type: 'EXPORTER',
      validFrom: '2020-01-01',
      name: `Invented Trading ${index} K.K.`,
    });
    const columns = ['type', 'number', 'validFrom', 'name'] as const;
    const good = csv(
      Array.from({ length: 19 }, (_, index) => row(index)),
      columns,
    );
    const result = await imports.load(`${good}EXPORTER,${numberOf(19)},2020-01-01\r\n`, { ...full, type: 'text/csv' });
    expect(counts(result)).toMatchObject({ received: 20, unchanged: 19, ended: 0, rejected: 1 });
  });

  test('members of other programmes, those who have ended and those who have not begun are left alone', async () => {
    await imports.load(ndjson([aLine(90, { number: 'KRAEO1', type: 'AA' })]), {
      query: 'programme=kr-aeo&mode=delta',
      administration: 'KR',
    });
    await imports.load(ndjson([aLine(30, { validTo: '2021-01-01' }), aLine(31, { validFrom: '2999-01-01' })]));
    expect(counts(await imports.load(ndjson(aList(20)), full))).toMatchObject({ unchanged: 20, ended: 0 });
    expect(await statusOf(31)).toBe('not_started');
    expect((await imports.member('KRAEO1', 'KR', 'kr-aeo')).json().status).toBe('active');
  });

  test('with allowRemovals at least the number, a list may end more than a tenth, and be empty', async () => {
    expect(counts(await imports.load(ndjson(aList(15)), allowing(5)))).toMatchObject({ unchanged: 15, ended: 5 });
    expect(counts(await imports.load('', allowing(99)))).toMatchObject({ received: 0, ended: 15 });
    expect(await statusOf(0)).toBe('expired');
  });

  test('the first list of a programme ends nobody', async () => {
    await database.clear();
    expect(counts(await imports.load(ndjson(aList(3)), full))).toMatchObject({ created: 3, ended: 0 });
  });
});

describe('409', () => {
  test('more than a tenth: the number is told, and nothing is applied, not even additions', async () => {
    const list = ndjson([...aList(17), aLine(40), aLine(0, { type: 'IMPORTER' })]);
    const before = await versions();
    for (const options of [full, allowing(2)]) {
      const response = await imports.post(list, options);
      expect([response.statusCode, response.json().code]).toEqual([409, 'REMOVALS_NOT_ALLOWED']);
      expect(response.json().detail).toContain('lacks 3 of 20 members');
      expect(response.json().detail).toContain('allowRemovals=3');
    }
    expect(await versions()).toBe(before);
    expect((await imports.member(numberOf(40))).statusCode).toBe(404);
    expect((await database.asOwner('select from import_line')).rowCount).toBe(0);
  });

  test.each([
    ['application/x-ndjson', ''],
    ['application/x-ndjson', '\n \r\n'],
    ['text/csv', ''],
    ['text/csv', csv([])],
  ])('an empty list: %s %j', async (type, payload) => {
    const response = await imports.post(payload, { ...full, type });
    expect(response.statusCode).toBe(409);
    expect(response.json().detail).toBe(
      'The list is empty, and lacks 20 of 20 members. Nothing was changed; allowRemovals=20 would let them go.',
    );
    expect(await statusOf(0)).toBe('active');
  });

  test('a list of which no line could be accepted: the lines are told', async () => {
    const response = await imports.post(ndjson(aList(20).map((line) => ({ ...line, type: 'X' }))), full);
    expect(response.statusCode).toBe(409);
    expect(response.json().detail).toContain('lacks 0 of 20 members');
    expect(response.json().errors).toHaveLength(20);
    expect(response.json().errors[4]).toEqual({
      pointer: '/5/type',
      detail: expect.stringContaining('is not a type of jp-aeo'),
    });
  });

  test('a refused list can be sent again with the number and the same Idempotency-Key', async () => {
    const headers = { 'idempotency-key': 'full-1' };
    expect((await imports.post(ndjson(aList(15)), { ...full, headers })).statusCode).toBe(409);
    expect(counts(await imports.load(ndjson(aList(15)), { ...allowing(5), headers }))).toMatchObject({ ended: 5 });
  });
});
