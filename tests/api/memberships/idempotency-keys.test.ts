import { exportJWK, generateKeyPair } from 'jose';
import { expect, test } from 'vitest';
import { as, createTestApi, testAuthenticator } from '../../support/api.ts';
import { createTestDatabase } from '../../support/database.ts';
import { aMember, memberUrl } from '../../support/members.ts';

test('callers of one client id, of two issuers or for two administrations, have keys of their own', async () => {
  const other = await generateKeyPair('ES256', { extractable: true });
  const jwks = { keys: [{ ...(await exportJWK(other.publicKey)), kid: 'k1', alg: 'ES256', use: 'sig' }] };
  const authenticate = testAuthenticator([{ issuer: 'https://other.test', jwks }]);
  const { app } = await createTestApi(await createTestDatabase(), { authenticate });
  const put = async (caller: { authorization: string }, url: string, payload = aMember()) =>
    app.inject({ method: 'PUT', url, headers: { ...caller, 'idempotency-key': 'key-1' }, payload });

  const eu = await as(['registry:write'], 'EU');
  const stranger = { key: other.privateKey, claims: { iss: 'https://other.test' } };
  const euElsewhere = await as(['registry:write'], 'EU', stranger);
  const jp = await as(['registry:write'], 'JP');
  const japanese = { type: 'EXPORTER', validFrom: '2020-01-01', names: [] };

  const first = await put(eu, memberUrl('DEAEOF00000001'));
  expect([first.statusCode, first.headers.etag]).toEqual([201, '"1"']);
  // Each is done: neither refused as another request, nor answered with what another caller was.
  const same = await put(euElsewhere, memberUrl('DEAEOF00000001'));
  expect([same.statusCode, same.headers.etag]).toEqual([200, '"1"']);
  const third = await put(jp, memberUrl('10000000000000001', 'jp-aeo'), japanese);
  expect([third.statusCode, third.json().programme]).toEqual([201, 'jp-aeo']);
  // And each is repeated for its own caller, also with a token issued later.
  const later = await as(['registry:write', 'registry:read'], 'EU', { claims: { sub: 'another-subject' } });
  for (const caller of [eu, later]) {
    const again = await put(caller, memberUrl('DEAEOF00000001'));
    expect([again.statusCode, again.body]).toEqual([201, first.body]);
  }
  expect((await put(jp, memberUrl('10000000000000001', 'jp-aeo'), japanese)).body).toBe(third.body);
  expect((await put(euElsewhere, memberUrl('DEAEOF00000002'))).statusCode).toBe(422);
});
