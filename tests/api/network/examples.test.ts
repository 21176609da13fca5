import { readFileSync } from 'node:fs';
import { beforeAll, expect, test } from 'vitest';
import { type Answer, bodyOf, createNetworkApi, type NetworkApi } from './network-api.ts';

interface Example {
  readonly url: string;
  readonly value: Answer['body'];
}

/** The examples of the OpenAPI document are true answers of the reference data. */
const { getNetwork, ...others }: Record<string, Example> & { getNetwork: Example } = JSON.parse(
  readFileSync(new URL('../../../services/api/src/routes/network/examples.json', import.meta.url), 'utf8'),
);

let api: NetworkApi;
beforeAll(async () => {
  api = await createNetworkApi();
});

/** When the reference data were recorded differs between databases. */
const timeless = (value: unknown): unknown =>
  JSON.parse(JSON.stringify(value, (key, field) => (key === 'recordedAt' ? '' : field)));

test.each(Object.entries(others))('%s', async (_, { url, value }) => {
  const { status, body } = await api.get(url);
  expect(status).toBe(200);
  expect(timeless(body)).toEqual(timeless(value));
});

test('getNetwork, shortened', async () => {
  const { body } = await api.get(getNetwork.url);
  const { pairs, ...rest } = getNetwork.value;
  expect(body).toMatchObject(rest);
  expect(pairs.length).toBeGreaterThan(1);
  for (const pair of pairs) expect(body.pairs).toContainEqual(pair);
});

test.each(['getAdministration', 'getProgramme', 'getAgreement'])(
  '%s sent as a body changes nothing',
  async (operation) => {
    const { url, value } = others[operation] ?? { url: '', value: null };
    const { status, body } = await api.put(url, bodyOf(value));
    expect(status).toBe(200);
    expect(body.version).toBe((await api.get(url)).body.version);
    expect(body.version).toBe(value.version);
  },
);
