import { beforeAll, describe, expect, test } from 'vitest';
import { allRows, anAgreement, bodyOf, createNetworkApi, type NetworkApi, pointersOf } from './network-api.ts';

let api: NetworkApi;
beforeAll(async () => {
  api = await createNetworkApi();
});

const put = (id: string, changes: object = {}, headers = {}) =>
  api.put(`/v1/agreements/${id}`, anAgreement(id, changes), headers);

describe('201', () => {
  test('a new agreement, complete, as one new version of the network, in the change log', async () => {
    const before = await api.version();
    const { status, body, etag } = await put('nz-ca-new');
    expect([status, etag, await api.version()]).toEqual([201, `"${before + 1}"`, before + 1]);
    expect(body).toMatchObject({
      id: 'nz-ca-new',
      legalForm: 'unknown',
      legalBasis: [],
      validFrom: null,
      validTo: null,
    });
    expect(body.rules).toMatchObject([{ types: null, benefits: [], confidence: 'low' }, { types: ['SES'] }]);
    expect((await api.get('/v1/agreements/nz-ca-new')).body).toEqual(body);
    const { rows } = await api.database.asOwner(
      'select subject, subject_id, recorded_by, network_version from change_log where network_version > $1',
      [before],
    );
    expect(rows).toEqual([
      { subject: 'agreement', subject_id: 'nz-ca-new', recorded_by: 'tests', network_version: before + 1 },
    ]);
  });
});

describe('200', () => {
  test('every agreement of the reference data sent again changes nothing', async () => {
    const rows = (await allRows(api, '/v1/agreements', 500)).filter(({ id }) => !id.startsWith('nz-ca-'));
    expect(rows).toHaveLength(155 + 34);
    await api.get('/v1/network'); // Has the network loaded once for all these writes.
    const before = await api.version();
    for (const row of rows) {
      const { status, body, etag } = await api.put(`/v1/agreements/${row.id}`, bodyOf(row));
      expect([status, etag, body]).toEqual([200, `"${row.version}"`, row]);
    }
    expect(await api.version()).toBe(before);
  });

  test('terms without a review day were reviewed today; sent again they change nothing, also with the rules in another order', async () => {
    const { body } = await put('nz-ca-review', { reviewedOn: undefined });
    expect(body.reviewedOn).toBe(body.recordedAt.slice(0, 10));
    const earlier = await put('nz-ca-review', { reviewedOn: '2025-05-05' });
    const again = await put('nz-ca-review', {
      reviewedOn: undefined,
      rules: anAgreement('nz-ca-review').rules.toReversed(),
    });
    expect(again.body).toEqual(earlier.body);
    const changed = await put('nz-ca-review', { reviewedOn: undefined, title: 'Another title' });
    expect(changed.body.reviewedOn).toBe(body.reviewedOn);
  });

  test('terms that already hold from the day on change nothing, those that would begin earlier do', async () => {
    const first = await put('nz-ca-from', { effectiveFrom: '2026-01-01' });
    const later = await put('nz-ca-from', { effectiveFrom: '2026-06-01' });
    expect(later.body).toEqual(first.body);
    const earlier = await put('nz-ca-from', { effectiveFrom: '2025-01-01' });
    expect(earlier.body).toMatchObject({ version: first.body.version + 1, validFrom: '2025-01-01', validTo: null });
  });

  test('an agreement to be becomes one', async () => {
    await put('nz-ca-plan', { lifeCycle: 'joint_work_plan', state: 'open', rules: [], inForceOn: null });
    const { body } = await put('nz-ca-plan', { effectiveFrom: '2027-01-01', inForceOn: '2027-01-01' });
    expect(body.lifeCycle).toBe('in_force');
    expect((await api.get('/v1/agreements/nz-ca-plan')).body).toMatchObject({
      lifeCycle: 'joint_work_plan',
      validTo: '2027-01-01',
    });
    const plans = await allRows(api, '/v1/agreements?lifeCycle=joint_work_plan&party=NZ');
    expect(plans.map(({ id }) => id)).toContain('nz-ca-plan');
  });
});

describe('400', () => {
  const [rule] = anAgreement('nz-ca-x').rules;
  test.each([
    ['/parties/1', { parties: ['CA', 'XY'], rules: [] }],
    ['/rules/0/id', { rules: [{ ...rule, id: 'nz-ca-y:ca-pip>NZ' }] }],
    ['/rules/0/programme', { rules: [{ ...rule, id: 'nz-ca-x:ca-none>NZ', programme: 'ca-none' }] }],
    ['/rules/0/programme', { rules: [{ ...rule, id: 'nz-ca-x:jp-aeo>NZ', programme: 'jp-aeo' }] }],
    ['/rules/0/recogniser', { rules: [{ ...rule, id: 'nz-ca-x:ca-pip>CA', recogniser: 'CA' }] }],
    ['/rules/0/recogniser', { rules: [{ ...rule, id: 'nz-ca-x:ca-pip>JP', recogniser: 'JP' }] }],
    ['/rules/0/types/1', { rules: [{ ...rule, types: ['PIP', 'GOLD'] }] }],
    ['/rules/0/presentation', { rules: [{ ...rule, presentation: 'ca-pip>NZ' }] }],
    ['/rules/0/presentation', { rules: [{ ...rule, presentation: 'nz-ses>US' }] }],
    ['/rules/0/pilotMembers', { lifeCycle: 'in_force', rules: [{ ...rule, pilotMembers: ['PIP-1'] }] }],
  ])('names %s when it does not fit the network', async (pointer, changes) => {
    const answer = await put('nz-ca-x', changes);
    expect(answer).toMatchObject({ status: 400, body: { code: 'VALIDATION_FAILED' } });
    expect(pointersOf(answer)).toEqual([pointer]);
  });

  test('names everything that is wrong at once, and writes nothing', async () => {
    const before = await api.version();
    const rules = [{ ...rule, id: 'a:ca-pip>NZ', types: ['GOLD'], presentation: 'ca-pip>NZ' }];
    expect(pointersOf(await put('nz-ca-x', { parties: ['XY', 'NZ'], rules }))).toEqual([
      '/parties/0',
      '/rules/0/id',
      '/rules/0/programme',
      '/rules/0/types/0',
      '/rules/0/presentation',
    ]);
    expect((await api.get('/v1/agreements/nz-ca-x')).status).toBe(404);
    expect(await api.version()).toBe(before);
  });

  test('names what its schema and what the network refuses, at once', async () => {
    const partyEffective = [{ party: 'US', from: '2024', effective: true }];
    const rules = [
      { ...rule, id: 'nz-ca-x:ca-none>NZ', programme: 'ca-none', flows: ['sideways'] },
      { ...rule, types: ['GOLD', 'gold'] },
      'no rule',
    ];
    const changes = { parties: ['CA', 'XY', 'NZ'], inForceOn: 'soon', rules, partyEffective };
    expect(pointersOf(await put('nz-ca-x', changes)).toSorted()).toEqual([
      '/inForceOn',
      '/parties/1',
      '/partyEffective/0/party',
      '/rules/0/flows/0',
      '/rules/0/programme',
      '/rules/1/types/0',
      '/rules/1/types/1',
      '/rules/2',
    ]);
    // A party that cannot be read may be the one that a rule is about.
    const unread = await put('nz-ca-x', { parties: ['ca', 'NZ'], effectiveFrom: 'soon' });
    expect(pointersOf(unread).toSorted()).toEqual(['/effectiveFrom', '/parties/0']);
  });

  test('names a field that is not known', async () => {
    expect(pointersOf(await put('nz-ca-x', { effectivefrom: '2026-01-01' }))).toEqual(['/effectivefrom']);
  });

  test('judges types by the terms that the programme has then', async () => {
    const ses = (await api.get('/v1/programmes/nz-ses')).body;
    const types = [...ses.types, { ...ses.types[0], code: 'SES2', components: ['SES2'] }];
    await api.put('/v1/programmes/nz-ses', { ...bodyOf(ses), types, effectiveFrom: '2027-01-01' });
    const [, other] = anAgreement('nz-ca-types').rules;
    expect(
      (await put('nz-ca-types', { rules: [{ ...other, types: ['SES2'] }], effectiveFrom: '2027-01-01' })).status,
    ).toBe(201);
  });
});
