import { beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { as, createTestApi, type TestApi } from '../../support/api.ts';
import { createTestDatabase } from '../../support/database.ts';
import { aMember, membersOf } from '../../support/members.ts';

/** What was taken from somebody stays taken, whatever is recorded afterwards for an earlier time, corrected, or changed in the terms. */
let api: TestApi;
let members: ReturnType<typeof membersOf>;
beforeAll(async () => {
  api = await createTestApi(await createTestDatabase());
  members = membersOf(api);
});

let count = 0;
let number = '';
beforeEach(async () => {
  count += 1;
  number = `DEAEOF${String(count).padStart(8, '0')}`;
  expect((await members.put(number, aMember())).statusCode).toBe(201);
});
const happens = async (type: string, effectiveFrom: string, more: object = {}) =>
  (await members.event(number, { type, effectiveFrom, ...more })).statusCode;
const ask = async (at: string, identifier = number) =>
  (await members.ask({ identifier, role: 'exporter', at: `${at}T00:00:00Z` })).json().reason;

describe('annulled', () => {
  test('an earlier end is refused, and changes nothing', async () => {
    expect(await happens('annulled', '2026-06-01')).toBe(201);
    for (const type of ['revoked', 'suspended', 'expired', 'withdrawn'])
      expect(await happens(type, '2025-01-01')).toBe(409);
    expect(await happens('type_changed', '2025-01-01', { newType: 'AEOC' })).toBe(409);
    expect(await ask('2022-01-01')).toBe('NOT_ACTIVE');
  });

  test('a record that ends earlier leaves it void', async () => {
    await happens('annulled', '2026-06-01');
    expect((await members.put(number, aMember({ validTo: '2026-01-01' }))).statusCode).toBe(200);
    expect(await ask('2022-01-01')).toBe('NOT_ACTIVE');
  });
});

describe('a component that was suspended or revoked', () => {
  test.each(['suspended', 'revoked'])('%s: a change of type dated before it is refused', async (type) => {
    expect(await happens(type, '2026-06-01', { component: 'AEOS' })).toBe(201);
    const response = await members.event(number, {
      type: 'type_changed',
      newType: 'AEOC',
      effectiveFrom: '2026-01-01',
    });
    expect(response.statusCode).toBe(409);
    expect(response.json().detail).toContain(`would undo "${type}" of AEOS`);
    expect(await ask('2026-11-01')).toBe('NOT_ACTIVE');
  });
});

describe('an end dated before a change of type', () => {
  beforeEach(async () => {
    expect((await members.put(number, aMember({ type: 'AEOC' }))).statusCode).toBe(200);
    await happens('type_changed', '2022-01-01', { newType: 'AEOF' });
    await happens('suspended', '2023-01-01', { component: 'AEOS' });
    await happens('reinstated', '2024-01-01', { component: 'AEOS' });
    expect(await ask('2026-01-01')).toBe('RECOGNISED');
  });

  test.each([
    ['annulled', '2019-04-01'],
    ['revoked', '2021-01-01'],
    ['withdrawn', '2021-01-01'],
  ])('%s from %s is recorded, whatever happened to components in between', async (type, effectiveFrom) => {
    expect(await happens(type, effectiveFrom)).toBe(201);
    expect(await ask('2026-01-01')).not.toBe('RECOGNISED');
    expect((await members.get(number)).json()).toMatchObject({ status: type });
  });

  test('so is a record that ends before it', async () => {
    expect((await members.put(number, aMember({ type: 'AEOC', validTo: '2021-01-01' }))).statusCode).toBe(200);
    expect(await ask('2026-01-01')).not.toBe('RECOGNISED');
  });
});

test('ending one part makes no other active again', async () => {
  await happens('type_changed', '2021-01-01', { newType: 'AEOS' });
  await happens('type_changed', '2023-01-01', { newType: 'AEOC' });
  expect(await ask('2026-01-01')).toBe('TYPE_NOT_COVERED');
  expect(await happens('revoked', '2020-01-01', { component: 'AEOC' })).toBe(201);
  expect(await ask('2026-01-01')).not.toBe('RECOGNISED');
});

test('a record of another type is refused for a member who was annulled as a whole', async () => {
  await members.put(number, aMember({ type: 'AEOS' }));
  await happens('type_changed', '2024-01-01', { newType: 'AEOF' });
  await happens('annulled', '2025-01-01', { component: 'AEOC' });
  expect(await happens('annulled', '2021-01-01')).toBe(201);
  const refused = await members.put(number, aMember({ type: 'AEOC' }));
  expect([refused.statusCode, refused.json().detail]).toEqual([409, 'the membership was annulled']);
  expect(await ask('2026-01-01')).not.toBe('RECOGNISED');
  expect((await members.put(number, aMember({ type: 'AEOS', issuingOffice: 'DE004600' }))).statusCode).toBe(200);
});

test('the type shown is that of what was not annulled', async () => {
  await happens('annulled', '2020-01-01', { component: 'AEOC' });
  await happens('type_changed', '2021-01-01', { newType: 'AEOS' });
  expect((await members.get(number)).json()).toMatchObject({ type: 'AEOS', status: 'active' });
});

describe('the terms of a programme', () => {
  const type = (code: string, components: readonly string[]) => ({
    ...{
      code,
      name: code,
      components,
      securityComponent: true,
      validatedOnSite: true,
      recognisable: 'yes',
      basis: 'x',
    },
  });
  const terms = async (id: string, components: readonly string[], more: object = {}) => {
    const { statusCode, body } = await api.app.inject({
      method: 'PUT',
      url: `/v1/programmes/${id}`,
      headers: await as(['network:write'], 'EU'),
      payload: {
        ...{ administration: 'EU', name: 'Tiers', shortName: 'Tiers', consent: 'none', ...more },
        types: [type('A', ['A']), type('B', ['B']), type('T', components)],
      },
    });
    if (statusCode >= 300) throw new Error(body);
  };

  test.each([
    ['eu-tiers-1', {}],
    ['eu-tiers-2', { effectiveFrom: '2026-06-01' }],
  ])('%s: that change %j lift no suspension of a part, whatever is recorded next', async (programme, more) => {
    const record = (name: string) => ({ type: 'T', validFrom: '2020-01-01', names: [{ name, kind: 'legal' }] });
    const status = async () => {
      const { components } = (await members.get('T-1', '?at=2026-11-01', { programme })).json();
      return components.map((of: { status: string }) => of.status);
    };
    await terms(programme, ['A', 'B']);
    expect((await members.put('T-1', record('One'), { programme })).statusCode).toBe(201);
    const suspended = { type: 'suspended', component: 'B', effectiveFrom: '2025-01-01' };
    expect((await members.event('T-1', suspended, { programme })).statusCode).toBe(201);
    await terms(programme, ['T'], more);
    expect((await members.event('T-1', { type: 'consent_given' }, { programme })).statusCode).toBe(201);
    expect(await status()).toContain('suspended');
    expect((await members.put('T-1', record('Two'), { programme })).statusCode).toBe(200);
    expect(await status()).toContain('suspended');
  });
});

describe('consent', () => {
  test('that the record does not give any more is given by no earlier event', async () => {
    await happens('consent_withdrawn', '2025-01-01');
    await happens('consent_given', '2026-01-01');
    expect(await ask('2026-11-01')).toBe('RECOGNISED');
    const consent = { given: false };
    const written = await members.put(number, aMember({ consent }));
    expect(written.json().consent).toMatchObject({ given: false });
    expect((await members.ask({ identifier: number, role: 'exporter' })).json().reason).toBe('UNKNOWN_TRADER');
    expect((await members.get(number, '', { administration: 'JP' })).statusCode).toBe(404);
    expect((await members.history(number)).json().events.at(-1)).toMatchObject({ type: 'consent_withdrawn' });
  });

  test('that the record gives again, after a withdrawal, is given again', async () => {
    await happens('consent_withdrawn', '2025-01-01');
    await members.put(number, aMember({ consent: { given: true, partners: ['JP'], from: '2026-01-01' } }));
    expect((await members.ask({ identifier: number, role: 'exporter' })).json().reason).toBe('RECOGNISED');
  });

  test('a record that says nothing else about consent leaves what events said', async () => {
    await happens('consent_withdrawn', '2025-01-01');
    await members.put(number, aMember({ issuingOffice: 'DE004600' }));
    expect((await members.ask({ identifier: number, role: 'exporter' })).json().reason).toBe('UNKNOWN_TRADER');
  });
});

describe('a union', () => {
  const union = async (body: object) =>
    api.app.inject({
      method: 'PUT',
      url: '/v1/administrations/EU',
      headers: await as(['network:write'], 'EU'),
      payload: { name: 'European Union', kind: 'union', ...body },
    });

  test.each([{}, { members: [] }])('without members %j is refused: whoever left it would be back', async (body) => {
    const response = await union(body);
    expect(response.statusCode).toBe(400);
    expect(response.json().errors).toEqual([{ pointer: '/members', detail: 'must name the members of a union' }]);
  });

  test.each(['country', 'territory'])('does not become a %s: whoever left it would be back', async (kind) => {
    const left = `GB${number.slice(2)}`;
    await members.put(left, aMember({ issuingCountry: 'GB' }));
    const response = await union({ kind });
    expect(response.statusCode).toBe(400);
    expect(response.json().errors).toEqual([{ pointer: '/kind', detail: expect.stringContaining('union') }]);
    expect(await ask('2026-01-01', left)).toBe('NOT_ACTIVE');
  });
});
