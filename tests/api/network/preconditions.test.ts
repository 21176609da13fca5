import { beforeAll, describe, expect, test } from 'vitest';
import { anAgreement, aProgramme, createNetworkApi, type NetworkApi, pointersOf } from './network-api.ts';

/** What the three PUTs of the network have in common. */
let api: NetworkApi;
beforeAll(async () => {
  api = await createNetworkApi();
});

const PUTS = [
  { url: '/v1/administrations/ZZ', one: { name: 'One', kind: 'country' }, two: { name: 'Two', kind: 'country' } },
  { url: '/v1/programmes/no-gl', one: aProgramme(), two: aProgramme({ name: 'Two' }) },
  {
    url: '/v1/agreements/nz-ca-2024',
    one: anAgreement('nz-ca-2024'),
    two: anAgreement('nz-ca-2024', { title: 'Two' }),
  },
];

describe.each(PUTS)('PUT $url', ({ url, one, two }) => {
  test('412 for If-Match where there is nothing yet', async () => {
    expect(await api.put(url, one, { 'if-match': '*' })).toMatchObject({
      status: 412,
      body: { code: 'PRECONDITION_FAILED' },
    });
    expect((await api.get(url)).status).toBe(404);
  });

  test('the same Idempotency-Key does it once and answers alike', async () => {
    const key = { 'idempotency-key': `key-${url}` };
    const first = await api.put(url, one, key);
    const before = await api.version();
    const second = await api.put(url, one, key);
    expect(first.status).toBe(201);
    expect(second).toEqual(first);
    expect(await api.version()).toBe(before);
  });

  test('422 for the same Idempotency-Key with another body', async () => {
    const answer = await api.put(url, two, { 'idempotency-key': `key-${url}` });
    expect(answer).toMatchObject({ status: 422, body: { code: 'IDEMPOTENCY_KEY_REUSED' } });
  });

  test('200 for If-Match of the version read, 412 for it once more', async () => {
    const { etag = '' } = await api.get(url);
    const replaced = await api.put(url, two, { 'if-match': etag });
    expect(replaced.status).toBe(200);
    expect(replaced.etag).not.toBe(etag);
    const late = await api.put(url, one, { 'if-match': etag });
    expect(late).toMatchObject({ status: 412, body: { code: 'PRECONDITION_FAILED' } });
    expect((await api.get(url)).etag).toBe(replaced.etag);
  });

  test('400 before 412: a body that is wrong is told first', async () => {
    const { etag } = await api.get(url);
    expect(pointersOf(await api.put(url, { ...one, wrong: 1 }, { 'if-match': '"0"' }))).toEqual(['/wrong']);
    expect((await api.get(url)).etag).toBe(etag);
  });

  test('403 with every other scope', async () => {
    const others = ['recognition:read', 'registry:read', 'registry:write', 'exchange', 'operations'] as const;
    expect(await api.put(url, one, {}, others)).toMatchObject({ status: 403, body: { code: 'INSUFFICIENT_SCOPE' } });
  });

  test('racing writers who read the same version: one of them wins', async () => {
    const { etag = '' } = await api.get(url);
    const bodies = [1, 2, 3].map((number) => ({ ...two, notes: `writer ${number}` }));
    const answers = await Promise.all(bodies.map((body) => api.put(url, body, { 'if-match': etag })));
    expect(answers.map(({ status }) => status).toSorted()).toEqual([200, 412, 412]);
    const winner = answers.findIndex(({ status }) => status === 200);
    expect((await api.get(url)).body.notes).toBe(`writer ${winner + 1}`);
  });
});

test('terms recorded for later count for If-Match now', async () => {
  const url = '/v1/agreements/nz-ca-later';
  await api.put(url, anAgreement('nz-ca-later', { effectiveFrom: '2020-01-01' }));
  await api.put(url, anAgreement('nz-ca-later', { effectiveFrom: '2100-01-01', title: 'In a hundred years' }));
  const { etag = '' } = await api.get(url);
  await api.put(url, anAgreement('nz-ca-later', { effectiveFrom: '2101-01-01', title: 'And one' }));
  // The terms that hold now are untouched, and yet the agreement is another.
  expect((await api.get(url)).body.title).toBe('New Zealand – Canada');
  const answer = await api.put(url, anAgreement('nz-ca-later', { title: 'Corrected' }), { 'if-match': etag });
  expect(answer.status).toBe(412);
});

test('request logs tell what became of a write', async () => {
  api.log.length = 0;
  const url = '/v1/administrations/YY';
  await api.put(url, { name: 'Y', kind: 'country' });
  await api.put(url, { name: 'Y', kind: 'country' });
  await api.put(url, { name: 'YY', kind: 'country' });
  const told = api.log.filter(({ operation }) => operation === 'putAdministration').map(({ outcome }) => outcome);
  expect(told).toEqual(['created', 'unchanged', 'replaced']);
});
