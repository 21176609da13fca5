import { beforeAll, describe, expect, test } from 'vitest';
import { as, createTestApi, type TestApi } from '../../support/api.ts';
import { createTestDatabase } from '../../support/database.ts';
import { aMember, membersOf } from '../../support/members.ts';

/** A partner reads of a member what the exchange would send it: the data elements of the agreement (exchange.md section 2). */
const NUMBER = 'DEAEOF00000001';
const AGREEMENT = '/v1/agreements/eu-jp-2010';
let api: TestApi;
let members: ReturnType<typeof membersOf>;
let own: Record<string, unknown>;
beforeAll(async () => {
  api = await createTestApi(await createTestDatabase());
  members = membersOf(api);
  const record = aMember({
    validTo: '2999-01-01',
    validatedOn: '2019-03-15',
    issuingOffice: 'DE004600',
    addresses: [{ kind: 'registered', city: 'Hamburg', country: 'DE' }],
    identifiers: [{ scheme: 'eori', value: 'DE123456789012345' }],
  });
  expect((await members.put(NUMBER, record)).statusCode).toBe(201);
  await members.event(NUMBER, { type: 'suspended', effectiveFrom: '2024-01-01' });
  await members.event(NUMBER, { type: 'reinstated', effectiveFrom: '2024-03-01' });
  own = (await members.get(NUMBER)).json();
});

const japan = { administration: 'JP' };
const read = async (query = '') => members.get(NUMBER, query, japan);
/** Puts the elements that the agreement with Japan names; null: not known. */
async function name(dataElements: readonly string[] | null): Promise<void> {
  const present = (await api.app.inject({ url: AGREEMENT, headers: await as(['network:write'], 'EU') })).json();
  const { id, version, validFrom, validTo, recordedAt, ...body } = present;
  const payload = { ...body, dataElements };
  const response = await api.app.inject({
    method: 'PUT',
    url: AGREEMENT,
    headers: await as(['network:write'], 'EU'),
    payload,
  });
  expect(response.json()).toMatchObject({ dataElements });
}
const NOTHING = {
  names: [],
  addresses: [],
  identifiers: [],
  roles: [],
  validFrom: null,
  validTo: null,
  validatedOn: null,
  issuingCountry: null,
  issuingOffice: null,
  consent: null,
};

test('where the elements are not known: all but roles and day of validation (EU–Switzerland art. 12), and no consent', async () => {
  await name(null);
  expect((await read()).json()).toEqual({ ...own, roles: [], validatedOn: null, consent: null });
});

describe.each([
  ['AUTHORISATION_NUMBER', []],
  ['TIN', ['identifiers']],
  ['NAME', ['names']],
  ['ADDRESS', ['addresses']],
  ['ROLE', ['roles']],
  ['EFFECTIVE_DATES', ['validFrom', 'validTo']],
  ['VALIDATION_DATE', ['validatedOn']],
  ['ISSUING_AUTHORITY', ['issuingCountry', 'issuingOffice']],
] as const)('an agreement that names %s alone', (element, fields) => {
  const told = () => ({ ...NOTHING, ...Object.fromEntries(fields.map((field) => [field, own[field]])) });
  beforeAll(() => name([element]));

  test('one member', async () => {
    expect((await read()).json()).toEqual({ ...own, ...told() });
  });

  test('the list', async () => {
    const { data } = (await members.search({ identifier: NUMBER }, japan)).json();
    expect(data).toEqual([{ ...own, ...told() }]);
  });

  test('the last version, and no event before the present status', async () => {
    const { versions, events } = (await members.history(NUMBER, japan)).json();
    expect(versions).toEqual([expect.objectContaining({ type: 'AEOF', ...told() })]);
    expect(events.map(({ type }: { type: string }) => type)).toEqual(['reinstated']);
  });

  test('nobody is found by what is not told', async () => {
    const found = async (query: Record<string, string>) => (await members.search(query, japan)).json().data.length;
    expect(await found({ name: 'muster' })).toBe(element === 'NAME' ? 1 : 0);
    expect(await found({ identifier: 'DE123456789012345' })).toBe(element === 'TIN' ? 1 : 0);
  });

  test('no past', async () => {
    expect((await read('?at=2024-02-01')).statusCode).toBe(404);
  });

  test('but the present and what is announced', async () => {
    for (const query of ['?at=2998-01-01', `?at=${new Date(Date.now() + 60_000).toISOString()}`])
      expect((await read(query)).json()).toMatchObject({ status: 'active' });
  });
});

describe('a member whose components have a past of their own, by an agreement that names no periods', () => {
  const number = 'DEAEOF00000002';
  const told = async () => {
    const { events } = (await members.history(number, japan)).json();
    return events.map(({ type, component, effectiveFrom }: Record<string, string>) =>
      [type, component, effectiveFrom].filter(Boolean).join(' '),
    );
  };
  const happens = async (type: string, effectiveFrom: string, component: string | null = null) =>
    expect((await members.event(number, { type, component, effectiveFrom })).statusCode).toBe(201);
  beforeAll(async () => {
    await name(['NAME']);
    await members.put(number);
    await happens('suspended', '2020-01-01', 'AEOC');
    await happens('reinstated', '2021-01-01', 'AEOC');
  });

  test('what one was before is not told, though the other is as it began', async () => {
    expect((await members.get(number, '', japan)).json().components).toEqual([
      { code: 'AEOC', status: 'active', since: '2021-01-01' },
      { code: 'AEOS', status: 'active', since: '2019-04-01' },
    ]);
    expect(await told()).toEqual(['granted 2019-04-01', 'reinstated AEOC 2021-01-01']);
  });

  test('nor what happened to both, where one of them has changed since', async () => {
    await happens('suspended', '2022-01-01');
    expect(await told()).toEqual(['suspended 2022-01-01']);
    await happens('reinstated', '2023-01-01', 'AEOC');
    expect(await told()).toEqual(['reinstated AEOC 2023-01-01']);
  });

  test('of a void one nothing is left but the annulment', async () => {
    await happens('annulled', '2024-01-01', 'AEOS');
    expect(await told()).toEqual(['reinstated AEOC 2023-01-01', 'annulled AEOS 2024-01-01']);
    await happens('annulled', '2025-01-01');
    expect(await told()).toEqual(['annulled AEOS 2024-01-01', 'annulled 2025-01-01']);
  });
});

test('periods of status that are over, where the agreement names them', async () => {
  await name(['STATUS_PERIODS']);
  expect((await read('?at=2024-02-01')).json()).toMatchObject({ ...NOTHING, status: 'suspended' });
  const { events } = (await members.history(NUMBER, japan)).json();
  expect(events.map(({ type }: { type: string }) => type)).toEqual(['granted', 'suspended', 'reinstated']);
});

test('the issuer reads its own member whole', async () => {
  await name([]);
  expect((await members.get(NUMBER)).json()).toEqual(own);
  expect((await read()).json()).toEqual({ ...own, ...NOTHING });
});
