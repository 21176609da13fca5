import { beforeAll, expect, test } from 'vitest';
import { createTestApi } from '../../support/api.ts';
import { createTestDatabase, type TestDatabase } from '../../support/database.ts';
import { aMember, membersOf } from '../../support/members.ts';
import { importsOf } from '../imports/lists.ts';

let database: TestDatabase;
let members: ReturnType<typeof membersOf>;
let imports: ReturnType<typeof importsOf>;
beforeAll(async () => {
  database = await createTestDatabase();
  const api = await createTestApi(database);
  members = membersOf(api);
  imports = importsOf(api);
});

const eu = { query: 'programme=eu-aeo&mode=delta', administration: 'EU' };

test('a member whose name is not known is stored, read, found by its number and told without a name', async () => {
  const number = 'DEAEOF00000001';
  const written = await members.put(number, aMember({ names: [] }));
  expect([written.statusCode, written.json().names]).toEqual([201, []]);
  expect((await members.get(number)).json()).toEqual(written.json());
  expect((await members.history(number)).json().versions).toMatchObject([{ names: [] }]);
  expect((await members.search({ identifier: number })).json().data).toMatchObject([{ number, names: [] }]);
  expect((await members.search({ name: 'a' })).json().data).toEqual([]);
  const answer = (await members.ask({ identifier: number, role: 'exporter', name: 'Muster' })).json();
  expect(answer).toMatchObject({ outcome: 'recognised', membership: { authorisationNumber: number, name: null } });
  // There is nothing to compare the name on the document with.
  expect(answer.nameMatch).toBeNull();
});

test('what partners are sent of it has no name', async () => {
  const number = 'DEAEOF00000002';
  await members.put(number, aMember({ names: [] }));
  const { rows } = await database.asOwner(
    `select record -> 'names' as names
       from shared_records('JP', clock_timestamp(), array(select id from membership where number = $1))`,
    [number],
  );
  expect(rows).toEqual([{ names: [] }]);
});

test('a name that becomes known, and one that is taken back, are new versions', async () => {
  const number = 'DEAEOF00000003';
  await members.put(number, aMember({ names: [] }));
  expect((await members.put(number, aMember({ names: [] }))).json().version).toBe(1);
  expect((await members.put(number, aMember())).json().version).toBe(2);
  expect((await members.put(number, aMember({ names: [] }))).json()).toMatchObject({ version: 3, names: [] });
});

test('of a list the lines without a name are loaded: an empty list of names, or an empty cell', async () => {
  const line = { number: 'DEAEOF00000004', ...aMember({ names: [] }) };
  const unnamed = { number: 'DEAEOF00000005', ...aMember({ names: undefined }) };
  const loaded = await imports.load(`${JSON.stringify(line)}\n${JSON.stringify(unnamed)}\n`, eu);
  expect(loaded).toMatchObject({ created: 1, rejected: 1, rejections: [{ line: 2, pointer: '/names' }] });
  const csv = 'number,type,validFrom,name\nDEAEOF00000006,AEOF,2019-04-01,\nDEAEOF00000007,AEOF,2019-04-01,Kurz AG\n';
  expect(await imports.load(csv, { ...eu, type: 'text/csv' })).toMatchObject({ created: 2, rejected: 0 });
  const read = async (number: string) => (await imports.member(number, 'EU', 'eu-aeo')).json().names.length;
  expect(await Promise.all([4, 6, 7].map((last) => read(`DEAEOF0000000${last}`)))).toEqual([0, 0, 1]);
});
