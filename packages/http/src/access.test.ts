import { expect, test } from 'vitest';
import { z } from 'zod';
import type { HttpApp } from './create-app.ts';
import { json } from './media-types.ts';
import { aToken, aToyApp, bearer } from './test-support.ts';

const { app } = await aToyApp();

function declare(on: HttpApp, config: unknown, url = '/new') {
  const response = { 200: json(z.object({}), 'x') };
  on.get(
    url,
    { config: config as never, schema: { operationId: 'beNew', summary: 'x', tags: ['things'], response } },
    async () => ({}),
  );
}

test.each([
  undefined,
  {},
  { rateLimit: false },
  { access: undefined },
  { access: 'all' },
  { access: {} },
  { access: { scopes: [] } },
  { access: { scopes: ['registry:reed'] } },
  { access: { scopes: 'operations' } },
])('a route with config %j cannot be declared', async (config) => {
  const { app: fresh } = await aToyApp();
  expect(() => declare(fresh, config)).toThrow('GET /new does not state config.access');
});

test('nor within a plugin: the app does not start', async () => {
  const { app: fresh } = await aToyApp();
  fresh.register(async (scope) => {
    scope.get('/hidden', { schema: { hide: true } } as never, async () => 'x');
  });
  await expect(fresh.ready()).rejects.toThrow('GET /hidden does not state config.access');
});

test('a public route reads no token, not even an invalid one, and has no caller', async () => {
  const { app: fresh } = await aToyApp();
  fresh.get(
    '/who',
    { config: { access: 'public' }, schema: { hide: true } },
    async (request) => request.caller.clientId,
  );
  expect((await fresh.inject({ url: '/hello', headers: { authorization: 'Bearer nonsense' } })).statusCode).toBe(200);
  expect((await fresh.inject({ url: '/who', headers: await bearer() })).statusCode).toBe(500);
});

test('401 with a challenge where a token is missing or invalid', async () => {
  const missing = await app.inject({ url: '/things/cog' });
  expect([missing.statusCode, missing.json().code, missing.headers['www-authenticate']]).toEqual([
    401,
    'UNAUTHENTICATED',
    'Bearer',
  ]);
  const invalid = await app.inject({ url: '/things/cog', headers: { authorization: 'Bearer a.b.c' } });
  expect([invalid.statusCode, invalid.headers['www-authenticate']]).toEqual([401, 'Bearer error="invalid_token"']);
  expect(invalid.json()).not.toHaveProperty('detail');
});

test('403 with the scopes that would do, and any one of them does', async () => {
  const refused = await app.inject({ url: '/things/cog', headers: await bearer('registry:write exchange') });
  expect(refused.statusCode).toBe(403);
  expect(refused.json()).toMatchObject({ code: 'INSUFFICIENT_SCOPE' });
  expect(refused.headers['www-authenticate']).toBe(
    'Bearer error="insufficient_scope", scope="registry:read operations"',
  );
  expect((await app.inject({ url: '/things/cog', headers: await bearer('operations') })).statusCode).toBe(200);
});

test('any valid token opens a route for any token', async () => {
  expect((await app.inject({ method: 'DELETE', url: '/things/cog', headers: await bearer('') })).statusCode).toBe(204);
  expect((await app.inject({ method: 'DELETE', url: '/things/cog' })).statusCode).toBe(401);
});

test('HEAD is guarded as GET is', async () => {
  expect((await app.inject({ method: 'HEAD', url: '/things/cog' })).statusCode).toBe(401);
  expect((await app.inject({ method: 'HEAD', url: '/things/cog', headers: await bearer() })).statusCode).toBe(200);
});

test('the caller is known before the body is read: a broken, huge or foreign body of a stranger is 401', async () => {
  for (const [type, payload] of [
    ['application/json', '{broken'],
    ['application/json', 'x'.repeat(10_000)],
    ['text/plain', 'x'],
  ]) {
    const answer = await app.inject({
      method: 'POST',
      url: '/things',
      headers: { 'content-type': type as string },
      payload: payload as string,
    });
    expect(answer.statusCode).toBe(401);
  }
});

test('handlers see the caller', async () => {
  const { app: fresh } = await aToyApp();
  fresh.get(
    '/who',
    { config: { access: 'any_token' }, schema: { hide: true } },
    async ({ caller }) => `${caller.clientId} ${caller.administration}`,
  );
  const token = await aToken('', { claims: { administration: 'EU' } });
  expect((await fresh.inject({ url: '/who', headers: { authorization: `Bearer ${token}` } })).body).toBe(
    'toy-client EU',
  );
});
