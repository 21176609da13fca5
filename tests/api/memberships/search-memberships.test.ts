import { beforeAll, describe, expect, test } from 'vitest';
import { createTestApi } from '../../support/api.ts';
import { createTestDatabase } from '../../support/database.ts';
import { aMember, membersOf } from '../../support/members.ts';

let members: ReturnType<typeof membersOf>;
beforeAll(async () => {
  members = membersOf(await createTestApi(await createTestDatabase({ demo: true })));
  const named = (name: string, changes: object = {}) => aMember({ names: [{ name, kind: 'legal' }], ...changes });
  await members.put('DEAEOF55550001', named('Fünf % Rabatt_GmbH'));
  await members.put('DEAEOF55550002', named('Fünf Prozent Rabatt-GmbH'));
  await members.put('DEAEOF55550003', named('C:\\Spedition'));
  await members.put(
    'DEAEOF55550004',
    aMember({
      names: [
        { name: 'Groß AG', kind: 'legal' },
        { name: 'Grosshandel Überall', kind: 'trading' },
      ],
      identifiers: [{ scheme: 'eori', value: 'DE 5555-0004' }],
    }),
  );
  await members.put('DEAEOF55550005', named('Später AG', { validFrom: '2999-01-01', consent: null }));
  await members.put('DEAEOF55550006', named('Heimlich AG', { consent: { given: false } }));
});

type Row = { programme: string; number: string; status: string; names: { name: string }[]; consent: unknown };
const search = async (query: Record<string, string>, administration: string | null = 'EU'): Promise<Row[]> => {
  const response = await members.search(query, { administration });
  expect(response.statusCode, response.body).toBe(200);
  return response.json().data;
};
const numbers = async (query: Record<string, string>, administration?: string | null) =>
  (await search(query, administration)).map(({ number }) => number);

describe('200', () => {
  test('small pages give each member once, in order, and as many as one large page', async () => {
    const all = await search({ limit: '500' });
    expect(all.length).toBeGreaterThan(60);
    const seen: Row[] = [];
    let cursor: string | null = null;
    let pages = 0;
    do {
      const response = await members.search({ limit: '7', ...(cursor !== null && { cursor }) });
      const page: { data: Row[]; nextCursor: string | null } = response.json();
      expect(page.data.length).toBeLessThanOrEqual(7);
      seen.push(...page.data);
      cursor = page.nextCursor;
      pages += 1;
    } while (cursor !== null);
    expect(seen).toEqual(all);
    expect(pages).toBe(Math.ceil(all.length / 7));
    expect(new Set(seen.map(({ programme, number }) => `${programme} ${number}`)).size).toBe(seen.length);
  });

  test('the last full page has no next', async () => {
    const all = await numbers({ name: 'fünf' });
    const response = await members.search({ name: 'fünf', limit: String(all.length) });
    expect(response.json()).toMatchObject({ nextCursor: null });
    expect((await members.search({ name: 'nobody at all' })).json()).toEqual({ data: [], nextCursor: null });
  });

  test('by part of a name in any case; signs of patterns are themselves', async () => {
    expect(await numbers({ name: 'FÜNF' })).toEqual(['DEAEOF55550001', 'DEAEOF55550002']);
    expect(await numbers({ name: '%' })).toEqual(['DEAEOF55550001']);
    expect(await numbers({ name: 'rabatt_' })).toEqual(['DEAEOF55550001']);
    expect(await numbers({ name: '\\spe' })).toEqual(['DEAEOF55550003']);
    expect(await numbers({ name: 'überall' })).toEqual(['DEAEOF55550004']);
    expect(await numbers({ name: 'GROSS ag' })).toEqual(['DEAEOF55550004']);
  });

  test('by any identifier, normalised', async () => {
    expect(await numbers({ identifier: 'de55550004' })).toEqual(['DEAEOF55550004']);
    expect(await numbers({ identifier: ' deaeof-5555 0004' })).toEqual(['DEAEOF55550004']);
    expect(await numbers({ identifier: 'gbaeof00001/10', programme: 'eu-aeo' })).toEqual(['GBAEOF00001/10']);
  });

  test('by status now, as each membership tells it', async () => {
    for (const status of ['active', 'suspended', 'revoked', 'annulled', 'withdrawn', 'expired', 'not_started']) {
      const found = await search({ status, programme: 'eu-aeo', limit: '500' });
      expect(found.length).toBeGreaterThan(0);
      expect(new Set(found.map((row) => row.status))).toEqual(new Set([status]));
    }
    const all = await search({ programme: 'eu-aeo', limit: '500' });
    expect(await numbers({ status: 'active', limit: '500', programme: 'eu-aeo' })).toEqual(
      all.filter(({ status }) => status === 'active').map(({ number }) => number),
    );
  });

  test('by several at once, and by programme', async () => {
    expect(
      await numbers({ programme: 'eu-aeo', status: 'active', name: 'fünf', identifier: 'DEAEOF55550002' }),
    ).toEqual(['DEAEOF55550002']);
    expect(await numbers({ programme: 'jp-aeo', name: 'fünf' })).toEqual([]);
    expect(await numbers({ programme: 'xx-none' })).toEqual([]);
  });

  test("partners' members as far as they may be known, without their consents", async () => {
    const found = await search({ programme: 'eu-aeo', limit: '500' }, 'JP');
    expect(found.map(({ number }) => number)).toContain('DEAEOF00012345');
    for (const hidden of ['DEAEOC00012346', 'DEAEOF00012352', 'DEAEOF55550006'])
      expect(found.map(({ number }) => number)).not.toContain(hidden);
    expect(found.every(({ consent }) => consent === null)).toBe(true);
    expect((await search({ programme: 'jp-aeo' }, 'JP')).length).toBeGreaterThan(10);
    expect(await numbers({ name: 'heimlich' }, 'JP')).toEqual([]);
    expect(await numbers({ identifier: 'DEAEOF55550006' }, 'JP')).toEqual([]);
  });

  test('a broker finds nobody', async () => {
    expect(await search({}, null)).toEqual([]);
  });
});

describe('400', () => {
  const cursorOf = (parts: unknown) => Buffer.from(JSON.stringify(parts)).toString('base64url');
  test.each([
    ['a cursor of nothing', { cursor: 'AAAA' }, ['/cursor']],
    ['a cursor of fewer parts', { cursor: cursorOf(['memberships', 'only-one']) }, ['/cursor']],
    ['a cursor of another list', { cursor: cursorOf(['agreements', 'eu-aeo', 'A1']) }, ['/cursor']],
    ['a cursor of numbers', { cursor: cursorOf(['memberships', 1, 2]) }, ['/cursor']],
    ['a limit of 0', { limit: '0' }, ['/limit']],
    ['a limit of 501', { limit: '501' }, ['/limit']],
    ['an unknown status', { status: 'dead' }, ['/status']],
    ['an unknown filter', { programe: 'eu-aeo' }, ['/programe']],
    ['an empty name', { name: '' }, ['/name']],
    ['an identifier of 65 characters', { identifier: 'x'.repeat(65) }, ['/identifier']],
  ])('%s', async (_, query, expected) => {
    const response = await members.search(query as Record<string, string>);
    expect(response.statusCode).toBe(400);
    expect(response.json().code).toBe('VALIDATION_FAILED');
    expect(response.json().errors.map(({ pointer }: { pointer: string }) => pointer)).toEqual(expected);
  });
});
