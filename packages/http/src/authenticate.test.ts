import { errors, exportJWK, generateKeyPair, UnsecuredJWT } from 'jose';
import { describe, expect, test } from 'vitest';
import { createAuthenticator } from './authenticate.ts';
import { AUDIENCE, anAuthenticator, aToken, ISSUER, JWKS, refusalOf, withKeys } from './test-support.ts';

const authenticate = anAuthenticator();
const now = Math.floor(Date.now() / 1000);
const strangers = await generateKeyPair('ES256');

const refusal = (authorization: string | undefined, by = authenticate) => refusalOf(by, authorization);

test('a valid token proves client, subject, known scopes and administration', async () => {
  const token = await aToken('recognition:read unknown:scope exchange', { claims: { administration: 'JP' } });
  expect(await authenticate(`Bearer ${token}`)).toEqual({
    issuer: ISSUER,
    clientId: 'toy-client',
    subject: 'someone',
    scopes: new Set(['recognition:read', 'exchange']),
    administration: 'JP',
  });
  expect((await authenticate(`bearer ${await aToken('')}`)).scopes).toEqual(new Set());
  expect((await authenticate(`Bearer ${await aToken()}`)).administration).toBeNull();
});

test('the long form of the type, an audience among others and a clock that is a little off are accepted', async () => {
  const tokens = await Promise.all([
    aToken('exchange', { header: { typ: 'application/at+jwt' } }),
    aToken('exchange', { claims: { aud: ['https://other.example', AUDIENCE] } }),
    aToken('exchange', { claims: { exp: now - 2 } }),
    aToken('exchange', { claims: { iat: now + 2, nbf: now + 2 } }),
  ]);
  for (const token of tokens) expect((await authenticate(`Bearer ${token}`)).clientId).toBe('toy-client');
});

describe('401, all alike', () => {
  const unsecured = new UnsecuredJWT({ sub: 's', client_id: 'c', scope: 'operations' })
    .setIssuer(ISSUER)
    .setAudience(AUDIENCE)
    .setIssuedAt()
    .setExpirationTime('1h')
    .encode();
  const [, payload] = unsecured.split('.');
  const noneHeader = Buffer.from('{"alg":"none","typ":"at+jwt","kid":"k1"}').toString('base64url');
  const secret = new TextEncoder().encode(JSON.stringify(JWKS.keys[0]));

  test.each<[string, () => Promise<string> | string]>([
    ['alg none without signature', () => `${noneHeader}.${payload}.`],
    ['alg none with a signature', () => `${noneHeader}.${payload}.AAAA`],
    [
      'HMAC with the public key as secret',
      () => aToken('operations', { header: { alg: 'HS256' }, key: secret as never }),
    ],
    ['an unknown key id', () => aToken('operations', { header: { kid: 'k2' }, key: strangers.privateKey })],
    ['an unknown key under a known id', () => aToken('operations', { key: strangers.privateKey })],
    ['another audience', () => aToken('operations', { claims: { aud: 'https://other.example' } })],
    ['no audience', () => aToken('operations', { claims: { aud: undefined } })],
    ['an unknown issuer', () => aToken('operations', { claims: { iss: 'https://evil.example' } })],
    ['no issuer', () => aToken('operations', { claims: { iss: undefined } })],
    ['no expiry', () => aToken('operations', { claims: { exp: undefined } })],
    ['not yet valid', () => aToken('operations', { claims: { nbf: now + 60 } })],
    ['issued in the future', () => aToken('operations', { claims: { iat: now + 60 } })],
    ['no time of issue', () => aToken('operations', { claims: { iat: undefined } })],
    ['a client id with a line end', () => aToken('operations', { claims: { client_id: 'a\nb' } })],
    ['a client id of 256 characters', () => aToken('operations', { claims: { client_id: 'a'.repeat(256) } })],
    ['an ID token', () => aToken('operations', { header: { typ: 'JWT' } })],
    ['no type', () => aToken('operations', { header: { typ: undefined } })],
    ['no subject', () => aToken('operations', { claims: { sub: undefined } })],
    ['no client', () => aToken('operations', { claims: { client_id: undefined } })],
    ['no scope', () => aToken('operations', { claims: { scope: undefined } })],
    ['scopes in a list', () => aToken('operations', { claims: { scope: ['operations'] } })],
    ['an administration that is none', () => aToken('operations', { claims: { administration: 'jp; drop' } })],
    ['expired, by an unknown key', () => aToken('', { key: strangers.privateKey, claims: { exp: now - 60 } })],
    ['expired, for another audience', () => aToken('', { claims: { exp: now - 60, aud: 'https://other.example' } })],
    ['a payload that was changed', async () => (await aToken()).replace(/\.[\w-]+\./, `.${payload}.`)],
    ['not a token', () => 'abc.def.ghi'],
    ['an encrypted token', () => 'a.b.c.d.e'],
    ['nothing', () => ''],
  ])('%s', async (_name, make) => {
    const refused = await refusal(`Bearer ${await make()}`);
    expect(refused).toMatchObject({
      code: 'UNAUTHENTICATED',
      status: 401,
      detail: undefined,
      headers: { 'www-authenticate': 'Bearer error="invalid_token"' },
    });
  });

  test('but that a token of its issuer has expired is told', async () => {
    expect(await refusal(`Bearer ${await aToken('operations', { claims: { exp: now - 60 } })}`)).toMatchObject({
      code: 'UNAUTHENTICATED',
      detail: 'The token has expired.',
      headers: { 'www-authenticate': 'Bearer error="invalid_token"' },
      cause: { code: 'ERR_JWT_EXPIRED' },
    });
  });

  test('without a header field the challenge names no error (RFC 6750)', async () => {
    expect(await refusal(undefined)).toMatchObject({
      code: 'UNAUTHENTICATED',
      headers: { 'www-authenticate': 'Bearer' },
    });
  });

  test.each(['Bearer  ', 'bearer', 'Basic ', 'Bearer\t', 'Token Bearer ', ' Bearer '])(
    'the header field %j before a valid token',
    async (start) => {
      expect((await refusal(start + (await aToken()))).code).toBe('UNAUTHENTICATED');
    },
  );

  test('a valid token with something behind it, and one that is far too long', async () => {
    expect((await refusal(`Bearer ${await aToken()} x`)).code).toBe('UNAUTHENTICATED');
    expect((await refusal(`Bearer ${await aToken()}, Bearer x.y.z`)).code).toBe('UNAUTHENTICATED');
    expect((await refusal(`Bearer ${await aToken('', { claims: { pad: 'x'.repeat(9000) } })}`)).code).toBe(
      'UNAUTHENTICATED',
    );
  });
});

test('a token of one issuer does not pass with the keys of another', async () => {
  const other = await generateKeyPair('ES256', { extractable: true });
  const jwks = {
    keys: [{ ...(await exportJWK(other.publicKey)), kid: 'k1', alg: 'ES256' }],
  };
  const both = createAuthenticator({
    issuers: [
      { issuer: ISSUER, jwks: JWKS },
      { issuer: 'https://second.example', jwks },
    ],
    audience: AUDIENCE,
    algorithms: ['ES256'],
    clockToleranceSeconds: 0,
  });
  expect((await refusal(`Bearer ${await aToken('exchange', { key: other.privateKey })}`, both)).code).toBe(
    'UNAUTHENTICATED',
  );
  const token = await aToken('exchange', { key: other.privateKey, claims: { iss: 'https://second.example' } });
  expect((await both(`Bearer ${token}`)).clientId).toBe('toy-client');
});

describe('503', () => {
  test.each([
    ['unreachable', new TypeError('fetch failed')],
    ['too slow', new errors.JWKSTimeout()],
    ['nonsense', new errors.JWKSInvalid()],
    ['an error page', new errors.JOSEError('Expected 200 OK from the JSON Web Key Set HTTP response')],
  ])('when the key set is %s', async (_name, error) => {
    const refused = await refusal(
      `Bearer ${await aToken()}`,
      withKeys(() => Promise.reject(error)),
    );
    expect(refused).toMatchObject({ code: 'SERVICE_UNAVAILABLE', status: 503, headers: { 'retry-after': '30' } });
    expect((refused.cause as Error).cause).toBe(error);
  });
});

describe('an issuer that may say no more than some things', async () => {
  const PARTNER = 'https://jp.example';
  const HERE = 'https://eu.example';
  const others = await generateKeyPair('ES256', { extractable: true });
  const key = { ...(await exportJWK(others.publicKey)), kid: 'k1', alg: 'ES256', use: 'sig' };
  const limited = createAuthenticator({
    issuers: [
      { issuer: ISSUER, jwks: JWKS },
      {
        issuer: PARTNER,
        jwks: { keys: [key] },
        audience: HERE,
        allowed: { scopes: ['exchange'], administration: 'JP' },
      },
    ],
    audience: AUDIENCE,
    algorithms: ['ES256'],
    clockToleranceSeconds: 5,
  });
  const fromPartner = (claims: Record<string, unknown> = {}, scope = 'exchange') =>
    aToken(scope, { claims: { iss: PARTNER, aud: HERE, administration: 'JP', ...claims }, key: others.privateKey });

  test('is believed in these, for the audience that is its own', async () => {
    expect(await limited(`Bearer ${await fromPartner()}`)).toMatchObject({
      scopes: new Set(['exchange']),
      administration: 'JP',
    });
  });

  test.each<[string, Record<string, unknown>, string]>([
    ['another scope', {}, 'operations'],
    ['a scope beside its own', {}, 'exchange operations'],
    ['a scope that nobody knows', {}, 'exchange everything'],
    ['no scope', {}, ''],
    ['another administration', { administration: 'EU' }, 'exchange'],
    ['no administration', { administration: undefined }, 'exchange'],
    ['no administration at all', { administration: null }, 'exchange'],
  ])('is refused whole with %s', async (_, claims, scope) => {
    const refused = await refusal(`Bearer ${await fromPartner(claims, scope)}`, limited);
    expect(refused).toMatchObject({ code: 'UNAUTHENTICATED', cause: { code: 'NOT_ALLOWED_TO_ISSUER' } });
  });

  test('is refused for the audience of all others, and others for its own', async () => {
    expect((await refusal(`Bearer ${await fromPartner({ aud: AUDIENCE })}`, limited)).code).toBe('UNAUTHENTICATED');
    const usual = await aToken('exchange', { claims: { aud: HERE } });
    expect((await refusal(`Bearer ${usual}`, limited)).code).toBe('UNAUTHENTICATED');
  });

  test('signs with its own keys alone', async () => {
    const byOther = await aToken('exchange', { claims: { iss: PARTNER, aud: HERE, administration: 'JP' } });
    expect((await refusal(`Bearer ${byOther}`, limited)).code).toBe('UNAUTHENTICATED');
    const inOthersName = await aToken('operations', { key: others.privateKey });
    expect((await refusal(`Bearer ${inOthersName}`, limited)).code).toBe('UNAUTHENTICATED');
  });
});

test('an authenticator that would take symmetric or unsigned tokens cannot be made', () => {
  for (const algorithms of [[], ['HS256'], ['ES256', 'none']]) {
    expect(() =>
      createAuthenticator({
        issuers: [],
        audience: AUDIENCE,
        algorithms: algorithms as never,
        clockToleranceSeconds: 0,
      }),
    ).toThrow('algorithms must be some of');
  }
});
