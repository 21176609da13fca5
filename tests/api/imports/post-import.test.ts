import { beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { createTestApi } from '../../support/api.ts';
import { createTestDatabase, type TestDatabase } from '../../support/database.ts';
import { aLine, aList, counts, csv, FULL, importsOf, ndjson, numberOf } from './lists.ts';

let database: TestDatabase;
let imports: ReturnType<typeof importsOf>;
beforeAll(async () => {
  database = await createTestDatabase();
  imports = importsOf(await createTestApi(database, { isLocal: (administration) => administration !== 'KR' }));
});
beforeEach(() => database.clear());

const one = async (text: string): Promise<Record<string, unknown>> => (await database.asOwner(text)).rows[0];
const state = () =>
  one(
    'select (select count(*) from change_log) as log, (select count(*) from membership_record) as records, (select count(*) from import_line) as lines',
  );

const CSV_ROW = {
  number: 'DE-AEOF 00012345',
  type: 'AEOF',
  validFrom: '2019-04-01',
  validTo: '2031-01-01',
  validatedOn: '2019-03-15',
  issuingCountry: 'DE',
  name: 'Muster "Logistik", GmbH',
  street: 'Hafenstraße 1',
  city: 'Hamburg',
  postalCode: '20457',
  country: 'DE',
  identifiers: 'eori:DE123456789012345;lei:529900T8BM49AURSDO55',
  roles: 'exporter;importer',
  consent: 'JP;US',
} as const;

describe('200', () => {
  test('new members are created, and recognised from then on', async () => {
    expect(await imports.load(ndjson(aList(3)))).toEqual({
      importId: expect.any(String),
      programme: 'jp-aeo',
      mode: 'delta',
      received: 3,
      created: 3,
      updated: 0,
      unchanged: 0,
      ended: 0,
      rejected: 0,
      rejections: [],
      rejectionsOmitted: 0,
    });
    expect(await imports.ask(numberOf(1))).toBe('RECOGNISED');
    expect((await imports.member(numberOf(2))).json()).toMatchObject({ status: 'active', source: 'local', version: 1 });
    expect(await state()).toMatchObject({ lines: 0 });
  });

  test('CSV and NDJSON of the same content give the same record', async () => {
    const eu = { query: 'programme=eu-aeo&mode=delta', administration: 'EU' };
    await imports.load(`\ufeff${csv([CSV_ROW])}`, { ...eu, type: 'text/csv; charset=utf-8' });
    const { recordedAt, ...fromCsv } = (await imports.member(CSV_ROW.number, 'EU', 'eu-aeo')).json();
    const line = {
      number: CSV_ROW.number,
      type: 'AEOF',
      validFrom: '2019-04-01',
      validTo: '2031-01-01',
      validatedOn: '2019-03-15',
      issuingCountry: 'DE',
      names: [{ name: CSV_ROW.name, kind: 'legal' }],
      addresses: [{ kind: 'registered', street: 'Hafenstraße 1', city: 'Hamburg', postalCode: '20457', country: 'DE' }],
      identifiers: [
        { scheme: 'eori', value: 'DE123456789012345' },
        { scheme: 'lei', value: '529900T8BM49AURSDO55' },
      ],
      roles: ['exporter', 'importer'],
      consent: { given: true, partners: ['JP', 'US'] },
    };
    expect(counts(await imports.load(ndjson([line]), eu))).toMatchObject({ received: 1, unchanged: 1 });
    await database.clear();
    await imports.load(ndjson([line]), eu);
    const { recordedAt: later, ...fromNdjson } = (await imports.member(CSV_ROW.number, 'EU', 'eu-aeo')).json();
    expect(fromNdjson).toEqual(fromCsv);
    expect(later > recordedAt).toBe(true);
    expect(fromCsv).toMatchObject({
      status: 'active',
      consent: { given: true, partners: ['JP', 'US'], from: '2019-04-01' },
    });
  });

  test('the same list again changes nothing and writes nothing', async () => {
    const list = ndjson(aList(30));
    await imports.load(list, { query: FULL });
    const before = await state();
    expect(counts(await imports.load(list, { query: FULL }))).toEqual({
      received: 30,
      created: 0,
      updated: 0,
      unchanged: 30,
      ended: 0,
      rejected: 0,
    });
    expect(await state()).toEqual(before);
  });

  test('a changed record is updated; its earlier version stays known as of then', async () => {
    await imports.load(ndjson(aList(2)));
    const list = [aLine(0, { type: 'IMPORTER' }), aLine(1)];
    expect(counts(await imports.load(ndjson(list)))).toMatchObject({ updated: 1, unchanged: 1 });
    expect((await imports.member(numberOf(0))).json()).toMatchObject({ type: 'IMPORTER', version: 2 });
  });

  test('a suspension outlives the lists that name the member', async () => {
    await imports.load(ndjson(aList(1)));
    await database.asOwner(
      `insert into membership_event (seq, membership_id, type, effective_from, recorded_at, recorded_by)
       select 1000000, id, 'suspended', now(), now(), 'tests' from membership`,
    );
    await imports.load(ndjson([aLine(0, { validatedOn: '2024-01-01' })]));
    expect((await imports.member(numberOf(0))).json()).toMatchObject({
      status: 'suspended',
      validatedOn: '2024-01-01',
    });
  });

  test('each wrong line is rejected by itself, with line, number, pointer and code', async () => {
    const broken = `{"number": "${numberOf(9)}", "type": "EXPORTER"`;
    const lines = [
      aLine(0),
      aLine(1, { type: 'AEOF' }),
      aLine(2, { validFrom: '2020-02-30', names: undefined, identifiers: [{ scheme: 'nope', value: 'X1' }] }),
      aLine(3, { validUntil: '2030-01-01' }),
      aLine(4, { identifiers: [{ scheme: 'eori-eu', value: 'X1' }] }),
      aLine(5, { number: '???' }),
      aLine(6, {
        identifiers: [
          { scheme: 'lei', value: 'X1', validFrom: '2020-01-01' },
          { scheme: 'lei', value: 'x 1', validFrom: '2021-01-01' },
        ],
      }),
      aLine(7, { names: [{ name: 'half \ud83d', kind: 'legal' }] }),
      42,
      aLine(0, { type: 'IMPORTER' }),
    ].map((line) => JSON.stringify(line));
    const text = [...lines, '', broken, `{"number":"${'9'.repeat(300_000)}"}`, JSON.stringify(aLine(8))].join('\r\n');
    const result = await imports.load(text);
    expect(counts(result)).toEqual({ received: 13, created: 2, updated: 0, unchanged: 0, ended: 0, rejected: 11 });
    expect(result.rejections.map(({ line, number, pointer, code }) => [line, number, pointer, code])).toEqual([
      [2, numberOf(1), '/type', 'TYPE_UNKNOWN'],
      [3, numberOf(2), '/validFrom', 'VALIDATION_FAILED'],
      [4, numberOf(3), '/validUntil', 'VALIDATION_FAILED'],
      [5, numberOf(4), '/identifiers/0/scheme', 'SCHEME_UNKNOWN'],
      [6, '???', '/number', 'NUMBER_INVALID'],
      [7, numberOf(6), '/identifiers', 'IDENTIFIER_OVERLAP'],
      [8, numberOf(7), '/names/0/name', 'VALIDATION_FAILED'],
      [9, null, '', 'VALIDATION_FAILED'],
      [10, numberOf(0), '/number', 'DUPLICATE_NUMBER'],
      [12, numberOf(9), '', 'MALFORMED_JSON'],
      [13, null, '', 'LINE_TOO_LONG'],
    ]);
    expect(result.rejections[1]?.detail).toMatch(/; also \/names: .*; also \/identifiers\/0\/scheme: /);
    expect((await imports.member(numberOf(0))).json()).toMatchObject({ type: 'EXPORTER' });
  });

  test('NDJSON: a line that is not UTF-8 is rejected, with its number if that can be read', async () => {
    const lines = [aLine(0), aLine(1, { names: [{ name: 'Müller', kind: 'legal' }] }), aLine(2, { number: 'Ä1' })];
    const last = Buffer.from([0xc3]);
    const result = await imports.load(Buffer.concat([Buffer.from(ndjson(lines), 'latin1'), last]));
    expect(counts(result)).toMatchObject({ received: 4, created: 1, rejected: 3 });
    expect(result.rejections.map(({ line, number, code, detail }) => [line, number, code, detail])).toEqual([
      [2, numberOf(1), 'MALFORMED_JSON', 'is not UTF-8'],
      [3, null, 'MALFORMED_JSON', 'is not UTF-8'],
      [4, null, 'MALFORMED_JSON', 'is not UTF-8'],
    ]);
    expect((await imports.member(numberOf(1))).statusCode).toBe(404);
  });

  test('a rejected line does not stand in the way of a good one with its number', async () => {
    const result = await imports.load(ndjson([aLine(0, { type: 'AEOF' }), aLine(0), aLine(0)]));
    expect(counts(result)).toMatchObject({ created: 1, rejected: 2 });
    expect(result.rejections.map(({ line, code }) => [line, code])).toEqual([
      [1, 'TYPE_UNKNOWN'],
      [3, 'DUPLICATE_NUMBER'],
    ]);
  });

  test('CSV: pointers name columns, lines are those of the file, whatever is quoted or blank before them', async () => {
    const eu = { query: 'programme=eu-aeo&mode=delta', administration: 'EU', type: 'text/csv' };
    const rows = [
      CSV_ROW,
      { ...CSV_ROW, number: 'DEAEOF2', street: 'Hafenstraße 1\r\nHaus 2' },
      { ...CSV_ROW, number: 'DEAEOF3', issuingCountry: 'FR' },
      { ...CSV_ROW, number: 'DEAEOF4', identifiers: 'eori' },
    ];
    const text = `${csv(rows).replace('DEAEOF3', '\n\r\nDEAEOF3')}DEAEOF5,AEOF,2019-04-01\n`;
    const result = await imports.load(text, eu);
    expect(result.rejections.map(({ line, number, pointer, code }) => [line, number, pointer, code])).toEqual([
      [3, 'DEAEOF2', '/street', 'VALIDATION_FAILED'],
      [7, 'DEAEOF3', '/issuingCountry', 'ISSUING_COUNTRY'],
      [8, 'DEAEOF4', '/identifiers', 'VALIDATION_FAILED'],
      [9, 'DEAEOF5', '', 'COLUMN_COUNT'],
    ]);
    expect(counts(result)).toMatchObject({ received: 5, created: 1, rejected: 4 });
  });

  test('a member that is the copy of a partner here is not overwritten by an own list', async () => {
    await imports.load(ndjson(aList(1)));
    await database.asOwner("update membership set source = 'JP'");
    const result = await imports.load(ndjson([aLine(0, { type: 'IMPORTER' }), aLine(1)]));
    expect(counts(result)).toMatchObject({ received: 2, created: 1, rejected: 1 });
    expect(result.rejections).toMatchObject([{ line: 1, number: numberOf(0), pointer: '', code: 'NOT_AUTHORITATIVE' }]);
  });

  test('repeated with its Idempotency-Key it is done once and answered alike', async () => {
    const headers = { 'idempotency-key': 'list-1' };
    const first = await imports.post(ndjson(aList(2)), { headers });
    const before = await state();
    const second = await imports.post(ndjson(aList(2)), { headers });
    expect([second.statusCode, second.body]).toEqual([200, first.body]);
    expect(second.json()).toMatchObject({ created: 2 });
    expect(await state()).toMatchObject({ log: before.log, records: before.records });
  });

  test('operations load the list of an administration for which a hub is authoritative, in its name', async () => {
    const result = await imports.load(ndjson(aList(1)), { scopes: ['operations'], administration: null });
    expect(counts(result)).toMatchObject({ created: 1 });
    expect((await imports.member(numberOf(0))).json()).toMatchObject({ source: 'local' });
  });
});
