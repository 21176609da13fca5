import { beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { createTestApi } from '../../support/api.ts';
import { createTestDatabase, type TestDatabase } from '../../support/database.ts';
import { aList, FULL, importsOf, ndjson, numberOf } from './lists.ts';

let database: TestDatabase;
let imports: ReturnType<typeof importsOf>;
beforeAll(async () => {
  database = await createTestDatabase();
  imports = importsOf(await createTestApi(database, { isLocal: (administration) => administration !== 'KR' }));
});
beforeEach(() => database.clear());

/** What an import must not change. */
const state = async () =>
  (
    await database.asOwner(`select (select count(*) from change_log) as log, (select count(*) from membership_record) as records,
                                  (select count(*) from import_upload) as uploads`)
  ).rows[0];

describe('400', () => {
  const nothing = async (payload: string | Buffer, type: string) => {
    const before = await state();
    const response = await imports.post(payload, { type });
    expect(await state()).toEqual(before);
    expect(response.json().code).toBe('VALIDATION_FAILED');
    return response.json().errors as { pointer: string; detail: string }[];
  };

  test('a wrong header', async () => {
    const errors = await nothing('number,type,validFrom,validUntil,number\nX,EXPORTER,2020-01-01,,X\n', 'text/csv');
    expect(errors.map(({ detail }) => detail)).toEqual([
      expect.stringContaining('1 column is not known; known are number, '),
      'column number is there more than once',
      'column name is missing',
    ]);
  });

  test('quotes that leave open where a record ends', async () => {
    const head = 'number,type,validFrom,name\n';
    expect(await nothing(`${head}1,EXPORTER,2020-01-01,A\n2,EXPORTER,2020-01-01,B "b" B\n`, 'text/csv')).toMatchObject([
      { detail: expect.stringMatching(/^line 3: /) },
    ]);
    expect(await nothing(`${head}1,EXPORTER,2020-01-01,"A" A\n`, 'text/csv')).toMatchObject([
      { detail: expect.stringMatching(/^line 2: /) },
    ]);
    expect(
      await nothing(`${head}1,EXPORTER,2020-01-01,"A\n${'2,EXPORTER,2020-01-01,B\n'.repeat(9)}`, 'text/csv'),
    ).toMatchObject([{ detail: expect.stringContaining('left open') }]);
    expect(
      await nothing(`${head}1,EXPORTER,2020-01-01,"A\n${'2,EXPORTER,2020-01-01,B\n'.repeat(20_000)}`, 'text/csv'),
    ).toMatchObject([{ detail: expect.stringContaining('262144') }]);
  });

  test('CSV that is not UTF-8, also where it ends within a character', async () => {
    const list = 'number,type,validFrom,name\n1,EXPORTER,2020-01-01,Müller\n';
    const errors = [{ pointer: '', detail: 'is not text in UTF-8' }];
    expect(await nothing(Buffer.from(list, 'latin1'), 'text/csv')).toEqual(errors);
    expect(await nothing(Buffer.concat([Buffer.from(list), Buffer.from([0xc3])]), 'text/csv')).toEqual(errors);
  });

  test('every wrong parameter, and an unknown programme', async () => {
    const wrong = await imports.post('', { query: 'programme=JP&mode=all&allowRemovals=-1&x=1' });
    expect(wrong.statusCode).toBe(400);
    expect(
      wrong
        .json()
        .errors.map(({ pointer }: { pointer: string }) => pointer)
        .toSorted(),
    ).toEqual(['/allowRemovals', '/mode', '/programme', '/x']);
    const both = await imports.post('', { query: 'programme=xx-aeo&mode=all' });
    expect(both.json().errors.map(({ pointer }: { pointer: string }) => pointer)).toEqual(['/mode', '/programme']);
    const unknown = await imports.post('', { query: 'programme=xx-aeo&mode=full' });
    expect([unknown.statusCode, unknown.json().errors]).toEqual([
      400,
      [{ pointer: '/programme', detail: 'is not a known programme' }],
    ]);
  });
});

describe('403', () => {
  test.each([
    ['WRONG_ADMINISTRATION', { administration: 'US' }],
    ['WRONG_ADMINISTRATION', { administration: null }],
    ['NOT_AUTHORITATIVE', { administration: 'KR', query: 'programme=kr-aeo&mode=delta' }],
    ['INSUFFICIENT_SCOPE', { scopes: ['registry:read', 'network:write', 'exchange'] }],
  ] as const)('%s', async (code, options) => {
    const before = await state();
    const response = await imports.post(ndjson(aList(1)), options);
    expect([response.statusCode, response.json().code]).toEqual([403, code]);
    expect(await state()).toEqual(before);
  });
});

describe('415', () => {
  test.each(['application/json', 'text/plain', 'application/xml'])('%s', async (type) => {
    expect((await imports.post('{}', { type })).statusCode).toBe(415);
  });
});

describe('422', () => {
  test('an Idempotency-Key used for another list, or for the same list in another mode', async () => {
    const headers = { 'idempotency-key': 'list-2' };
    await imports.load(ndjson(aList(1)), { headers });
    const other = await imports.post(ndjson(aList(2)), { headers });
    expect([other.statusCode, other.json().code]).toEqual([422, 'IDEMPOTENCY_KEY_REUSED']);
    expect((await imports.post(ndjson(aList(1)), { headers, query: FULL })).statusCode).toBe(422);
    expect((await imports.member(numberOf(1))).statusCode).toBe(404);
  });
});
