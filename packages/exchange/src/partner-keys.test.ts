import { jwtVerify, SignJWT } from 'jose';
import { afterEach, expect, test } from 'vitest';
import { createPartnerKeys, type PartnerKeysOptions } from './partner-keys.ts';
import { aKey, aPartner, closeServers, serve, type TestKey } from './test-support.ts';

afterEach(closeServers);

const [first, second, stranger] = await Promise.all([aKey('k1'), aKey('k2', 'ES256'), aKey('k3')]);
const signedBy = ({ key, kid, alg }: TestKey) => new SignJWT({}).setProtectedHeader({ alg, kid }).sign(key);

/** A partner whose key set is served, and how a message of a key is taken. */
async function aServedPartner(
  served: { keys: readonly TestKey[]; status?: number; body?: string },
  options: Partial<PartnerKeysOptions> = {},
) {
  const server = await serve((_, response) => {
    response.statusCode = served.status ?? 200;
    if (response.statusCode === 302) response.setHeader('location', 'http://127.0.0.1:9/');
    response.end(served.body ?? JSON.stringify({ keys: served.keys.map(({ jwk }) => jwk) }));
  });
  const keysOf = createPartnerKeys({ allowHttp: true, ...options });
  const partner = aPartner({ jwks: null, jwksUrl: `${server.url}/jwks.json` });
  const take = async (key: TestKey): Promise<string> =>
    jwtVerify(await signedBy(key), keysOf(partner)).then(
      () => 'taken',
      (error) => error.code ?? error.message,
    );
  return { server, take, keysOf, partner };
}

test('pinned keys are used as they are, and no others', async () => {
  const getKey = createPartnerKeys({ allowHttp: false })(aPartner({ jwks: { keys: [first.jwk] } }));
  await expect(jwtVerify(await signedBy(first), getKey)).resolves.toBeDefined();
  await expect(jwtVerify(await signedBy(second), getKey)).rejects.toMatchObject({ code: 'ERR_JWKS_NO_MATCHING_KEY' });
});

test('a key set is fetched once for many messages', async () => {
  const { server, take } = await aServedPartner({ keys: [first, second] });
  expect(await Promise.all([take(first), take(second), take(first)])).toEqual(['taken', 'taken', 'taken']);
  expect(server.seen).toHaveLength(1);
});

test('an unknown kid fetches it again, so that a key is known as soon as it signs', async () => {
  const served = { keys: [first] };
  const { server, take } = await aServedPartner(served, { cooldownMs: 0 });
  expect(await take(first)).toBe('taken');
  served.keys = [first, second];
  expect(await take(second)).toBe('taken');
  expect(server.seen).toHaveLength(2);
});

test('whoever makes up key ids causes no more than one fetch in a while', async () => {
  const { server, take } = await aServedPartner({ keys: [first] }, { cooldownMs: 60_000 });
  expect(await take(first)).toBe('taken');
  for (let count = 0; count < 20; count += 1) expect(await take(stranger)).toBe('ERR_JWKS_NO_MATCHING_KEY');
  expect(server.seen).toHaveLength(1);
});

test('a key that was taken out is refused as soon as the set is fetched again', async () => {
  const served = { keys: [first, second] };
  const { take } = await aServedPartner(served, { cacheMs: 0 });
  expect(await take(first)).toBe('taken');
  served.keys = [second];
  expect(await take(first)).toBe('ERR_JWKS_NO_MATCHING_KEY');
});

test('a set that cannot be had says nothing about the message, and is not asked for with each', async () => {
  const served = { keys: [first], status: 500 };
  const { server, take } = await aServedPartner(served, { failureCooldownMs: 60_000 });
  for (let count = 0; count < 5; count += 1) expect(await take(first)).toBe('the address of the key set answered 500');
  expect(server.seen).toHaveLength(1);
});

test.each([
  ['a redirect is not followed', { status: 302 }, 'the address of the key set answered 302'],
  [
    'more than half a megabyte is no key set',
    { body: `{"keys":[],"x":"${'x'.repeat(600_000)}"}` },
    'the key set is longer than a key set is',
  ],
  ['nor is a page of a proxy', { body: '<html>' }, 'ERR_JOSE_GENERIC'],
  ['nor something else in JSON', { body: '[]' }, 'ERR_JWKS_INVALID'],
])('%s', async (_, answer, reason) => {
  const { take } = await aServedPartner({ keys: [first], ...answer });
  expect(await take(first)).toBe(reason);
});

test('changed terms of a partner take effect', async () => {
  const { keysOf, partner, take } = await aServedPartner({ keys: [first] });
  expect(await take(first)).toBe('taken');
  const pinned = { ...partner, jwksUrl: null, jwks: { keys: [second.jwk] } };
  await expect(jwtVerify(await signedBy(first), keysOf(pinned))).rejects.toMatchObject({
    code: 'ERR_JWKS_NO_MATCHING_KEY',
  });
});

test('production fetches keys over https alone', () => {
  const partner = aPartner({ jwks: null, jwksUrl: 'http://jp.example/jwks.json' });
  expect(() => createPartnerKeys({ allowHttp: false })(partner)).toThrow('the keys of JP are not at an https address');
});
