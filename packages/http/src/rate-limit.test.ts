import { afterEach, expect, test, vi } from 'vitest';
import { createAuthenticator } from './authenticate.ts';
import { AUDIENCE, aToyApp, bearer, ISSUER, JWKS } from './test-support.ts';

afterEach(() => {
  vi.useRealTimers();
});

async function aLimitedApp() {
  const { app } = await aToyApp({ rateLimit: { perMinute: 2, anonymousPerMinute: 1 } });
  return app;
}

test('429 with Retry-After and the RateLimit headers once a client has had its share', async () => {
  const app = await aLimitedApp();
  const headers = await bearer();
  const first = await app.inject({ url: '/things/cog', headers });
  expect(first.headers).toMatchObject({ 'ratelimit-limit': '2', 'ratelimit-remaining': '1', 'ratelimit-reset': '60' });
  expect(first.headers).not.toHaveProperty('retry-after');
  expect((await app.inject({ url: '/things/cog', headers })).statusCode).toBe(200);
  const third = await app.inject({ url: '/things/cog', headers });
  expect(third.statusCode).toBe(429);
  expect(third.headers['content-type']).toContain('application/problem+json');
  expect(third.json()).toMatchObject({
    code: 'RATE_LIMITED',
    detail: '2 requests a minute are allowed; try again in 60 seconds.',
  });
  expect(third.headers).toMatchObject({ 'retry-after': '60', 'ratelimit-limit': '2', 'ratelimit-remaining': '0' });
});

test('clients are counted apart, by client id and not by token or address', async () => {
  const app = await aLimitedApp();
  const of = async (client_id: string, jti: string) => bearer(undefined, { claims: { client_id, jti } });
  const statuses = [];
  for (const headers of [await of('a', '1'), await of('a', '2'), await of('a', '3'), await of('b', '4')]) {
    statuses.push((await app.inject({ url: '/things/cog', headers })).statusCode);
  }
  expect(statuses).toEqual([200, 200, 429, 200]);
});

test("client ids are each issuer's own: nobody uses up the share of another", async () => {
  const other = { issuer: 'https://other.example', jwks: JWKS };
  const { app } = await aToyApp({
    rateLimit: { perMinute: 1, anonymousPerMinute: 1 },
    authenticate: createAuthenticator({
      issuers: [{ issuer: ISSUER, jwks: JWKS }, other],
      audience: AUDIENCE,
      algorithms: ['ES256'],
      clockToleranceSeconds: 5,
    }),
  });
  const statusOf = async (iss: string) =>
    (await app.inject({ url: '/things/cog', headers: await bearer(undefined, { claims: { iss } }) })).statusCode;
  expect([await statusOf(other.issuer), await statusOf(other.issuer), await statusOf(ISSUER)]).toEqual([200, 429, 200]);
});

test('requests without a valid token are counted by address, unknown paths and refused tokens among them', async () => {
  const app = await aLimitedApp();
  const refused = await app.inject({ url: '/things/cog', headers: { authorization: 'Bearer a.b.c' } });
  expect(refused.statusCode).toBe(401);
  expect(refused.headers).toHaveProperty('ratelimit-limit', '1');
  expect((await app.inject({ url: '/nowhere' })).statusCode).toBe(429);
  expect((await app.inject({ url: '/things/cog', headers: await bearer() })).statusCode).toBe(200);
  expect((await app.inject({ url: '/nowhere', remoteAddress: '192.0.2.7' })).statusCode).toBe(404);
});

test('routes that are not limited are not counted', async () => {
  const app = await aLimitedApp();
  for (let count = 0; count < 5; count += 1) {
    const answer = await app.inject({ url: '/hello' });
    expect(answer.statusCode).toBe(200);
    expect(answer.headers).not.toHaveProperty('ratelimit-limit');
  }
  expect((await app.inject({ url: '/nowhere' })).statusCode).toBe(404);
});

test('the count begins anew a minute after the first request of it', async () => {
  vi.useFakeTimers({ toFake: ['Date'], now: Date.now() });
  const app = await aLimitedApp();
  const headers = await bearer();
  const ask = async () => (await app.inject({ url: '/things/cog', headers })).headers;
  expect(await ask()).toMatchObject({ 'ratelimit-remaining': '1', 'ratelimit-reset': '60' });
  vi.advanceTimersByTime(20_400);
  expect(await ask()).toMatchObject({ 'ratelimit-remaining': '0', 'ratelimit-reset': '40' });
  expect(await ask()).toMatchObject({ 'ratelimit-remaining': '0', 'retry-after': '40' });
  vi.advanceTimersByTime(39_600);
  expect(await ask()).toMatchObject({ 'ratelimit-remaining': '1', 'ratelimit-reset': '60' });
});
