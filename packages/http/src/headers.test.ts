import { expect, test } from 'vitest';
import { aToyApp, bearer } from './test-support.ts';

const { app } = await aToyApp();
const STRICT = "default-src 'none'; frame-ancestors 'none'";

test.each([
  ['/hello', 200],
  ['/openapi.json', 200],
  ['/things/cog', 401],
  ['/nowhere', 404],
  ['/docsx', 404],
])('%s (%i) lets nothing run, be framed, guessed at or kept', async (url, status) => {
  const { statusCode, headers } = await app.inject({ url });
  expect(statusCode).toBe(status);
  expect(headers).toMatchObject({
    'content-security-policy': STRICT,
    'x-content-type-options': 'nosniff',
    'cache-control': 'no-store',
  });
});

test.each([
  '/docs',
  '/docs/',
  '/docs/static/swagger-ui-bundle.js',
  '/docs/static/swagger-initializer.js',
  '/docs/json',
])('%s has the policy of the pages: own scripts, nothing inline', async (url) => {
  const { statusCode, headers } = await app.inject({ url });
  expect(statusCode).toBe(200);
  expect(headers['content-security-policy']).toContain("script-src 'self';");
  expect(headers['content-security-policy']).not.toContain('unsafe-inline');
  expect(headers['content-security-policy']).toContain("frame-ancestors 'none'");
  expect(headers['x-content-type-options']).toBe('nosniff');
});

test('errors have the headers too', async () => {
  const { headers } = await app.inject({ url: '/things/broken', headers: await bearer() });
  expect(headers['content-security-policy']).toBe(STRICT);
  expect(headers['cache-control']).toBe('no-store');
});
