import { setTimeout as delay } from 'node:timers/promises';
import { beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { as, createTestApi, type TestApi } from '../../support/api.ts';
import { createTestDatabase, type TestDatabase } from '../../support/database.ts';
import { openPost, postParts } from '../../support/ndjson.ts';
import { aLine, aList, counts, FULL, importsOf, ndjson, numberOf } from './lists.ts';

let database: TestDatabase;
let api: TestApi;
let imports: ReturnType<typeof importsOf>;
let url: string;
let headers: { authorization: string };
beforeAll(async () => {
  database = await createTestDatabase();
  api = await createTestApi(database);
  imports = importsOf(api);
  url = `${await api.app.listen({ port: 0, host: '127.0.0.1' })}/v1/imports`;
  headers = await as(['registry:write'], 'JP');
});
beforeEach(() => database.clear());

const count = async (table: 'import_line' | 'import_upload' | 'membership'): Promise<number> =>
  (await database.asOwner(`select from ${table}`)).rowCount ?? 0;

async function until(condition: () => Promise<boolean>): Promise<void> {
  for (let tries = 0; !(await condition()); tries += 1) {
    if (tries === 200) throw new Error('it did not come about in ten seconds');
    await delay(50);
  }
}

describe('200', () => {
  test('a list that arrives in pieces, cut anywhere', async () => {
    const bytes = Buffer.from(
      ndjson([...aList(10), aLine(10, { names: [{ name: '株式会社 見本', kind: 'local_script' }] })]),
    );
    const cuts = [1, 7, 400, bytes.length - 30, bytes.length - 29, bytes.length - 28, bytes.length];
    const parts = cuts.map((end, index) => bytes.subarray(cuts[index - 1] ?? 0, end));
    const { status, lines } = await postParts(`${url}?${FULL}`, headers, parts);
    expect([status, lines]).toMatchObject([200, [{ received: 11, created: 11, rejected: 0 }]]);
    expect((await imports.member(numberOf(10))).json().names[0].name).toBe('株式会社 見本');
  });

  test('while a list arrives slowly, others write, and nothing of it is known', async () => {
    const post = openPost(`${url}?programme=jp-aeo&mode=delta`, headers);
    await post.write(ndjson(aList(600)));
    await until(async () => (await count('import_line')) >= 500);
    expect(counts(await imports.load(ndjson([aLine(900)])))).toMatchObject({ created: 1 });
    expect((await imports.member(numberOf(0))).statusCode).toBe(404);
    await post.write(ndjson([aLine(600)]));
    post.end();
    expect((await post.response).statusCode).toBe(200);
    expect(await count('membership')).toBe(602);
    expect(await count('import_upload')).toBe(0);
  });

  test('20,000 lines: what the database has not taken yet is not read', async () => {
    const names = Array.from({ length: 6 }, (_, index) => ({ name: `${index} ${'N'.repeat(290)}`, kind: 'trading' }));
    const text = ndjson(Array.from({ length: 2500 }, (_, index) => aLine(index % 100, { names })));
    const post = openPost(`${url}?programme=jp-aeo&mode=delta`, headers);
    let sent = 0;
    await database.asOwner('begin');
    await database.asOwner('lock table import_line in access exclusive mode');
    const sending = (async () => {
      for (let part = 0; part < 8; part += 1) {
        await post.write(text);
        sent += 2500;
      }
      post.end();
    })();
    for (let before = -1; before !== sent; await delay(500)) before = sent;
    // 38 MB in all: several times what the socket and the streams between hold.
    const held = sent;
    await database.asOwner('commit');
    await sending;
    const response = await post.response;
    let body = '';
    for await (const piece of response.setEncoding('utf8')) body += piece;
    expect(held).toBeLessThan(15_000);
    const result = JSON.parse(body);
    expect(counts(result)).toEqual({
      received: 20_000,
      created: 100,
      updated: 0,
      unchanged: 0,
      ended: 0,
      rejected: 19_900,
    });
    expect([result.rejections.length, result.rejectionsOmitted]).toEqual([19_900, 0]);
    expect(result.rejections[0]).toMatchObject({ line: 101, code: 'DUPLICATE_NUMBER' });
  });

  test('a long list becomes known at one instant, and readers do not wait for it', async () => {
    const loading = imports.load(ndjson(aList(1500)), { query: FULL });
    let slowest = 0;
    let finished = false;
    void loading.finally(() => {
      finished = true;
    });
    const seen = new Set<string>();
    while (!finished) {
      const start = performance.now();
      seen.add([await imports.ask(numberOf(0)), await imports.ask(numberOf(1499))].join());
      slowest = Math.max(slowest, performance.now() - start);
      await delay(20);
    }
    expect(counts(await loading)).toMatchObject({ created: 1500 });
    expect(await imports.ask(numberOf(1499))).toBe('RECOGNISED');
    expect(
      [...seen].every((it) =>
        ['UNKNOWN_TRADER,UNKNOWN_TRADER', 'UNKNOWN_TRADER,RECOGNISED', 'RECOGNISED,RECOGNISED'].includes(it),
      ),
    ).toBe(true);
    expect(seen).toContain('UNKNOWN_TRADER,UNKNOWN_TRADER');
    expect(slowest).toBeLessThan(1500);
  });

  test('one that takes longer than foreseen is applied in a second attempt', async () => {
    await database.asOwner('begin');
    await database.asOwner('lock table membership_record in share mode');
    const loading = imports.load(ndjson(aList(210)), { query: FULL });
    await until(async () => (await count('import_line')) === 210);
    await delay(3500); // Foreseen are two seconds.
    await database.asOwner('commit');
    expect(counts(await loading)).toMatchObject({ created: 210 });
    const { rows } = await database.asOwner(
      'select count(*) as records, count(distinct lower(known)) as instants from membership_record',
    );
    expect(rows).toEqual([{ records: 210, instants: 1 }]);
    expect(await count('import_line')).toBe(0);
  });

  test('what crashed processes have left is removed by the next import', async () => {
    await database.asOwner(`insert into import_upload (id, client, started_at) values
      ('00000000-0000-4000-8000-000000000001', 'crashed', now() - interval '3 hours'),
      ('00000000-0000-4000-8000-000000000002', 'at work', now() - interval '30 minutes')`);
    await database.asOwner(`insert into import_line (upload_id, number_normalised, accepted, line, number)
      values ('00000000-0000-4000-8000-000000000001', 'X', false, 1, 'X')`);
    await imports.load(ndjson(aList(1)));
    expect((await database.asOwner('select client from import_upload')).rows).toEqual([{ client: 'at work' }]);
    expect(await count('import_line')).toBe(0);
    await database.asOwner('delete from import_upload');
  });
});

describe('a list that breaks off', () => {
  test('leaves nothing behind', async () => {
    const post = openPost(`${url}?programme=jp-aeo&mode=delta`, { ...headers, 'idempotency-key': 'broken' });
    await post.write(ndjson(aList(600)));
    await until(async () => (await count('import_line')) >= 500);
    post.request.destroy();
    await until(async () => (await count('import_upload')) === 0);
    expect([await count('import_line'), await count('membership')]).toEqual([0, 0]);
    expect(counts(await imports.load(ndjson(aList(3)), { headers: { 'idempotency-key': 'broken' } }))).toMatchObject({
      created: 3,
    });
    expect(api.log.filter(({ level }) => (level as number) >= 50)).toEqual([]);
  });

  test('an answer reaches a client that is still sending', async () => {
    const post = openPost(`${url}?programme=jp-aeo&mode=delta`, { ...headers, 'content-type': 'text/csv' });
    await post.write('number,type\nA,B\n');
    expect((await post.response).statusCode).toBe(400);
    post.request.destroy();
    expect(await count('import_upload')).toBe(0);
  });
});

describe('row-level security', () => {
  test('lines of one upload are neither read nor written from another transaction', async () => {
    const post = openPost(`${url}?programme=jp-aeo&mode=delta`, headers);
    await post.write(ndjson(aList(600)));
    await until(async () => (await count('import_line')) >= 500);
    const { rows } = await database.asOwner('select id from import_upload');
    expect(await database.db.selectFrom('import_line').selectAll().execute()).toEqual([]);
    const line = { upload_id: rows[0].id, number_normalised: 'X', accepted: false, line: 1, number: 'X', record: null };
    await expect(database.db.insertInto('import_line').values(line).execute()).rejects.toThrow('row-level security');
    post.request.destroy();
    await until(async () => (await count('import_upload')) === 0);
  });
});
