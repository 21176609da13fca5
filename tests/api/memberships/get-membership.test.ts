import { programmeAt } from '@mra/recognition';
import { record, writeMemberships } from '@mra/registry';
import { beforeAll, describe, expect, test } from 'vitest';
import { createTestApi } from '../../support/api.ts';
import { createTestDatabase, type TestDatabase } from '../../support/database.ts';
import { aMember, membersOf } from '../../support/members.ts';

let database: TestDatabase;
let members: ReturnType<typeof membersOf>;
beforeAll(async () => {
  database = await createTestDatabase();
  members = membersOf(await createTestApi(database));
});

let count = 0;
async function aWrittenMember(changes: object = {}): Promise<string> {
  count += 1;
  const number = `DEAEOF${String(count).padStart(8, '0')}`;
  expect((await members.put(number, aMember({ ...changes }))).statusCode).toBe(201);
  return number;
}

const DAY = 86_400_000;
const ago = (milliseconds: number) => new Date(Date.now() - milliseconds).toISOString();

describe('200', () => {
  test('the promise of the README: suspended today, yesterday stays as it was, and the answer says why', async () => {
    const number = await aWrittenMember();
    const [yesterday, before] = [ago(DAY), ago(0)];
    await members.event(number, { type: 'suspended', component: 'AEOS', note: 'site closed' });
    const ask = async (at: string) => (await members.ask({ identifier: number, role: 'exporter', at })).json();
    expect(await ask(yesterday)).toMatchObject({ outcome: 'recognised', reason: 'RECOGNISED' });
    const today = await ask(ago(0));
    expect(today).toMatchObject({
      outcome: 'not_recognised',
      reason: 'NOT_ACTIVE',
      membership: {
        status: 'suspended',
        components: [
          { code: 'AEOC', status: 'active' },
          { code: 'AEOS', status: 'suspended' },
        ],
      },
    });
    const why = today.rules[0].conditions.find(({ code }: { code: string }) => code === 'STATUS_ACTIVE');
    expect(why).toEqual({ code: 'STATUS_ACTIVE', met: false, detail: expect.stringContaining('suspended') });
    expect((await members.get(number, `?at=${yesterday}`)).json().components[1]).toMatchObject({
      code: 'AEOS',
      status: 'active',
    });
    expect((await members.get(number)).json().components[1]).toMatchObject({ code: 'AEOS', status: 'suspended' });
    expect((await members.ask({ identifier: number, at: ago(-DAY), knownAt: before })).json().outcome).toBe(
      'recognised',
    );
  });

  test('as of a moment and as known at a moment', async () => {
    const number = await aWrittenMember();
    const first = (await members.get(number)).json();
    const { recordedAt } = (await members.event(number, { type: 'revoked', effectiveFrom: '2022-01-01' })).json();
    const status = async (query: string) => {
      const { status: it, version } = (await members.get(number, query)).json();
      return [it, version];
    };
    expect(await status('')).toEqual(['revoked', 2]);
    expect(await status('?at=2021-12-31')).toEqual(['active', 2]);
    expect(await status('?at=2018-01-01')).toEqual(['not_started', 2]);
    expect(await status(`?knownAt=${first.recordedAt}`)).toEqual(['active', 1]);
    expect(await status(`?at=2022-01-01&knownAt=${recordedAt}`)).toEqual(['revoked', 2]);
    const justBefore = new Date(Date.parse(recordedAt) - 1).toISOString();
    expect(await status(`?at=2022-01-01&knownAt=${justBefore}`)).toEqual(['active', 1]);
  });

  test('to its partners, under an agreement in force and as far as consent goes; consent itself is not told', async () => {
    const number = await aWrittenMember({ consent: { given: true, partners: ['JP', 'US'] } });
    const own = (await members.get(number)).json();
    expect(own.consent.partners).toEqual(['JP', 'US']);
    const cut = { ...own, roles: [], consent: null };
    expect((await members.get(number, '', { administration: 'JP' })).json()).toEqual(cut);
    // EU–US names name, address, status and the day of validation.
    const forUs = { ...cut, validFrom: null, issuingCountry: null };
    expect((await members.get(number, '', { administration: 'US' })).json()).toEqual(forUs);
    expect((await members.get(number, '', { administration: 'CN' })).statusCode).toBe(404);
  });

  test('to a member of the union that recognises', async () => {
    const exporter = (consent: object | null) => ({
      type: 'EXPORTER',
      validFrom: '2020-01-01',
      names: [{ name: 'Mihon', kind: 'legal' }],
      consent,
    });
    const options = { programme: 'jp-aeo', administration: 'JP' };
    const read = async (number: string) =>
      Promise.all(
        ['EU', 'DE', 'FR', 'GB'].map(
          async (administration) => (await members.get(number, '', { programme: 'jp-aeo', administration })).statusCode,
        ),
      );
    await members.put('11111111111111111', exporter(null), options);
    expect(await read('11111111111111111')).toEqual([200, 200, 200, 200]);
    await members.put('22222222222222222', exporter({ given: true, partners: ['DE'] }), options);
    expect(await read('22222222222222222')).toEqual([404, 200, 404, 404]);
    await members.event('11111111111111111', { type: 'consent_withdrawn', partners: ['DE'] }, options);
    expect(await read('11111111111111111')).toEqual([200, 404, 200, 200]);
  });

  test('a copy says whose it is', async () => {
    const network = await database.networks.current();
    const programme = programmeAt(network, 'kr-aeo', '2020-01-01T00:00:00.000Z');
    if (programme === null) throw new Error('no programme');
    const copied = {
      type: 'AAA',
      validFrom: '2020-01-01T00:00:00.000Z',
      validTo: null,
      validatedOn: null,
      issuingCountry: null,
      issuingOffice: null,
      names: [{ name: 'Hanguk', kind: 'legal' as const }],
      addresses: [],
      identifiers: [],
      roles: [],
      consent: null,
    };
    await record(database.db, { client: 'import', administration: 'KR', copies: true }, (recording) =>
      writeMemberships(recording, network, [
        { programme, number: 'KRAEO0001', record: copied, events: [], source: 'KR' },
      ]),
    );
    const response = await members.get('KRAEO0001', '', { programme: 'kr-aeo', administration: 'JP' });
    expect(response.json()).toMatchObject({ source: 'KR', status: 'active' });
  });
});

describe('400', () => {
  test.each([
    ['?att=2020-01-01', ['/att']],
    ['?at=yesterday', ['/at']],
    ['?at=2020-01-01T00:00:00+01:00', ['/at']],
    [`?knownAt=${ago(-DAY)}`, ['/knownAt']],
    ['?at=1&knownAt=2', ['/at', '/knownAt']],
  ])('%s', async (query, expected) => {
    const response = await members.get(await aWrittenMember(), query);
    expect(response.statusCode).toBe(400);
    expect(response.json()).toMatchObject({ code: 'VALIDATION_FAILED', detail: expect.any(String) });
    expect(response.json().errors.map(({ pointer }: { pointer: string }) => pointer)).toEqual(expected);
  });
});

describe('404', () => {
  const NONE = 'DEAEOF99999999';
  const body = async (number: string, administration: string | null, query = '') => {
    const response = await members.get(number, query, { administration });
    const { instance, ...rest } = response.json();
    if (response.statusCode === 404) expect(instance).toMatch(/^urn:aeo-mra:request:/);
    return { status: response.statusCode, etag: response.headers.etag, rest };
  };

  test.each([
    ['a type that never counts', { type: 'AEOC' }, 'JP'],
    ['no consent', { consent: { given: false } }, 'JP'],
    ['nothing recorded about consent, where it is needed', { consent: null }, 'JP'],
    ['consent for another', { consent: { given: true, partners: ['US'] } }, 'JP'],
    ['consent from later on', { consent: { given: true, from: '2999-01-01' } }, 'JP'],
    ['an agreement that is only negotiated', {}, 'TR'],
    ['an agreement that is only signed', {}, 'AD'],
    ['no agreement', {}, 'BR'],
    ['a member of the union that issued it', {}, 'DE'],
    ['a broker', {}, null],
  ])('%s: as if it did not exist', async (_, changes, administration) => {
    const number = await aWrittenMember(changes);
    expect((await members.get(number)).statusCode).toBe(200);
    const hidden = await body(number, administration);
    expect(hidden.status).toBe(404);
    expect(hidden).toEqual(await body(NONE, administration));
  });

  test('for a partner, anything but what is known now: what was known before the member was shared is not for it', async () => {
    const number = await aWrittenMember();
    const { recordedAt } = (await members.get(number)).json();
    expect((await body(number, 'JP')).status).toBe(200);
    expect((await body(number, 'JP', `?knownAt=${recordedAt}`)).status).toBe(404);
    expect((await body(number, 'EU', `?knownAt=${recordedAt}`)).status).toBe(200);
  });

  test('before it was known, and when it is hidden by an event', async () => {
    const number = await aWrittenMember();
    expect((await body(number, 'EU', `?knownAt=${ago(DAY)}`)).status).toBe(404);
    expect((await body(number, 'JP')).status).toBe(200);
    await members.event(number, { type: 'consent_withdrawn', partners: ['JP'] });
    expect((await body(number, 'JP')).status).toBe(404);
  });

  test('an agreement that begins later, or whose partner has not begun', async () => {
    const number = await aWrittenMember();
    await database.asOwner(`update recognition_rule set effective_from = null where id = 'eu-jp-2010:eu-aeo>JP'`);
    const [was] = (
      await database.asOwner(`select in_force_on, party_effective::text from agreement where id = 'eu-jp-2010'`)
    ).rows;
    const set = (inForceOn: string, parties: string) =>
      database.asOwner(`update agreement set in_force_on = $1, party_effective = $2::jsonb where id = 'eu-jp-2010'`, [
        inForceOn,
        parties,
      ]);
    await set('2999', was.party_effective);
    expect((await body(number, 'JP')).status).toBe(404);
    await set('2011', '[{"party": "JP", "from": null, "effective": false}]');
    expect((await body(number, 'JP')).status).toBe(404);
    await set('2011', '[{"party": "JP", "from": "2999-01", "effective": true}]');
    expect((await body(number, 'JP')).status).toBe(404);
    await set(was.in_force_on, was.party_effective);
    expect((await body(number, 'JP')).status).toBe(200);
  });

  test('a pilot makes known the members on its list and no others', async () => {
    const [listed, other] = [await aWrittenMember(), await aWrittenMember()];
    const set = (lifeCycle: string, pilotMembers: readonly string[] | null) =>
      Promise.all([
        database.asOwner(`update agreement set life_cycle = $1 where id = 'eu-jp-2010'`, [lifeCycle]),
        database.asOwner(`update recognition_rule set pilot_members = $1 where id = 'eu-jp-2010:eu-aeo>JP'`, [
          pilotMembers,
        ]),
      ]);
    await set('pilot', [listed.toLowerCase().replace('aeof', ' aeof-')]);
    expect([(await body(listed, 'JP')).status, (await body(other, 'JP')).status]).toEqual([200, 404]);
    await set('suspended', [listed]);
    expect((await body(listed, 'JP')).status).toBe(404);
    await set('in_force', null);
    expect((await body(other, 'JP')).status).toBe(200);
  });

  test('an unknown programme', async () => {
    expect((await members.get(NONE, '', { programme: 'xx-none' })).statusCode).toBe(404);
  });
});
