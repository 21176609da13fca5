import { beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { createTestApi } from '../../support/api.ts';
import { createTestDatabase, type TestDatabase } from '../../support/database.ts';
import { aLine, aList, counts, FULL, importsOf, ndjson, numberOf } from './lists.ts';

/** A partner has said something newer of a member than its copy says, and it was not understood: then nobody can know what holds. */
const DELTA = 'programme=jp-aeo&mode=delta';
const operations = { scopes: ['operations'], administration: null } as const;

let database: TestDatabase;
let imports: ReturnType<typeof importsOf>;
beforeAll(async () => {
  database = await createTestDatabase();
  imports = importsOf(await createTestApi(database, { isLocal: (administration) => administration === 'KR' }));
});
beforeEach(() => database.clear());

const load = (list: readonly unknown[], query = DELTA) => imports.load(ndjson(list), { ...operations, query });
const asks = (...indexes: readonly number[]) =>
  Promise.all(indexes.map((index) => imports.ask(numberOf(index), { at: '2026-06-01T00:00:00Z' })));

test('a line that names nobody may be about anybody: a differential list with one makes no copy fresh', async () => {
  await load(aList(3), FULL);
  await database.asOwner("update synchronisation set synchronised_at = synchronised_at - interval '100 days'");
  expect(await asks(0, 1)).toEqual(['DATA_STALE', 'DATA_STALE']);
  const { number, ...ended } = aLine(1, { validTo: '2026-01-01' });
  expect(counts(await load([aLine(0), { ...ended, Number: number }]))).toMatchObject({ unchanged: 1, rejected: 1 });
  expect(await asks(0, 1)).toEqual(['DATA_STALE', 'DATA_STALE']);
  await load([aLine(0)]);
  expect(await asks(0, 1)).toEqual(['RECOGNISED', 'RECOGNISED']);
});

describe.each([DELTA, FULL])('%s', (query) => {
  beforeEach(() => load(aList(3), FULL));

  test.each([
    ['a wrong field', aLine(1, { validTo: 'soon' })],
    ['an unknown type', aLine(1, { type: 'X' })],
    ['a number in another form', { ...aLine(1, { type: 'X' }), number: ` ${numberOf(1)}` }],
  ])('a line with %s: answers about its member are indeterminate, all others as before', async (_, line) => {
    expect(counts(await load([aLine(0), line, aLine(2)], query))).toMatchObject({ rejected: 1, ended: 0 });
    expect(await asks(0, 1, 2)).toEqual(['RECOGNISED', 'DATA_STALE', 'RECOGNISED']);
  });

  test('a line that is accepted later ends it, also one that says nothing new', async () => {
    const before = new Date().toISOString();
    await load([aLine(0), aLine(1, { type: 'X' }), aLine(2)], query);
    await load([aLine(0), aLine(1, { type: 'X' }), aLine(2)], query);
    const meanwhile = new Date().toISOString();
    expect(await asks(1)).toEqual(['DATA_STALE']);
    expect(counts(await load([aLine(1)]))).toMatchObject({ unchanged: 1 });
    expect(await asks(1)).toEqual(['RECOGNISED']);
    expect(await imports.ask(numberOf(1), { at: '2026-06-01T00:00:00Z', knownAt: before })).toBe('RECOGNISED');
    expect(await imports.ask(numberOf(1), { at: '2026-06-01T00:00:00Z', knownAt: meanwhile })).toBe('DATA_STALE');
  });

  test('two lines that say different things of one number, not two that say the same', async () => {
    const twice = [aLine(0), aLine(0), aLine(1), aLine(1, { validTo: '2026-01-01' }), aLine(2)];
    expect(counts(await load(twice, query))).toMatchObject({ rejected: 2 });
    expect(await asks(0, 1, 2)).toEqual(['RECOGNISED', 'DATA_STALE', 'RECOGNISED']);
  });

  test('a rejected line beside an accepted one', async () => {
    await load([aLine(0), aLine(1, { validTo: 'soon' }), aLine(1), aLine(2)], query);
    expect(await asks(0, 1, 2)).toEqual(['RECOGNISED', 'DATA_STALE', 'RECOGNISED']);
  });

  test('a line that contradicts one of a member who is new', async () => {
    const list = [...aList(3), aLine(3), aLine(3, { validTo: '2026-01-01' })];
    expect(counts(await load(list, query))).toMatchObject({ created: 1, rejected: 1 });
    expect(await asks(3)).toEqual(['DATA_STALE']);
  });
});

test('what was said in the exchange and in a list are doubts apart: a list ends only its own', async () => {
  await load(aList(2), FULL);
  await database.asOwner(
    `insert into membership_doubt (membership_id, told_by, known, recorded_by)
     select id, 'exchange', tstzrange(now(), null), 'worker' from membership where number = $1`,
    [numberOf(1)],
  );
  await load([aLine(0), aLine(1)]);
  expect(await asks(0, 1)).toEqual(['RECOGNISED', 'DATA_STALE']);
});

test('the own list of an administration that speaks for itself puts nobody in doubt', async () => {
  const own = { scopes: ['registry:write'], administration: 'KR' } as const;
  const line = { ...aLine(0), number: 'KRAEO0001', type: 'AAA' };
  const query = 'programme=kr-aeo&mode=delta';
  expect(counts(await imports.load(ndjson([line]), { ...own, query }))).toMatchObject({ created: 1 });
  expect(counts(await imports.load(ndjson([{ ...line, type: 'X' }]), { ...own, query }))).toMatchObject({
    rejected: 1,
  });
  expect(await imports.ask('KRAEO0001', { recogniser: 'JP' })).toBe('RECOGNISED');
});

test('a line that stands against what is known of its member, though nothing is wrong with it', async () => {
  const query = 'programme=eu-aeo&mode=delta';
  const [one, other] = ['DEAEOF00000001', 'DEAEOF00000002'].map((number) => ({ ...aLine(0), number, type: 'AEOF' }));
  const consent = { given: true };
  await load(
    [
      { ...one, consent },
      { ...other, consent },
    ],
    query,
  );
  await database.asOwner(
    `insert into membership_event (seq, membership_id, type, component, effective_from, recorded_at, recorded_by)
     select l.seq, m.id, 'suspended', 'AEOC', '2021-01-01', now(), 'worker'
       from membership m, (select max(seq) as seq from change_log) l where m.number = $1`,
    [other?.number],
  );
  const result = await load(
    [
      { ...one, consent },
      { ...other, consent, type: 'AEOS' },
    ],
    query,
  );
  expect(result.rejections).toMatchObject([{ line: 2, code: 'TRANSITION_NOT_ALLOWED' }]);
  const ask = (number = '') => imports.ask(number, { recogniser: 'JP' });
  expect([await ask(one?.number), await ask(other?.number)]).toEqual(['RECOGNISED', 'DATA_STALE']);
});
