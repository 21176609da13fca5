import { expect, test } from 'vitest';
import { aToyApp, bearer } from './test-support.ts';

const { app } = await aToyApp();

test.each([
  ['PATCH', '/things/cog', 'DELETE, GET, HEAD'],
  ['PUT', '/things/cog%2F1?at=now', 'DELETE, GET, HEAD'],
  ['GET', '/things', 'POST'],
  ['OPTIONS', '/hello', 'GET, HEAD'],
  ['TRACE', '/hello', 'GET, HEAD'],
  ['PUT', '/%68ello', 'GET, HEAD'],
  ['POST', '/docs/static/index.html', 'GET, HEAD'],
])('405 with Allow: %s %s', async (method, url, allow) => {
  const answer = await app.inject({ method: method as 'PUT', url });
  expect(answer.statusCode).toBe(405);
  expect(answer.headers.allow).toBe(allow);
  expect(answer.json()).toMatchObject({ code: 'METHOD_NOT_ALLOWED' });
});

test.each(['/thing', '/things/', '/things//', '/things/a/b', '/hello/', '/Hello', '/helloo'])(
  '404: POST %s',
  async (url) => {
    const answer = await app.inject({ method: 'POST', url });
    expect(answer.statusCode).toBe(404);
    expect(answer.headers).not.toHaveProperty('allow');
  },
);

test('a path that does not exist is told before the body is read', async () => {
  const answer = await app.inject({
    method: 'POST',
    url: '/nowhere',
    headers: { 'content-type': 'application/json' },
    payload: '{broken',
  });
  expect(answer.statusCode).toBe(404);
});

test('a path is known or not whoever asks: no token is needed, and an invalid one does not matter', async () => {
  const headers = { authorization: 'Bearer nonsense' };
  expect((await app.inject({ url: '/nowhere', headers })).statusCode).toBe(404);
  expect((await app.inject({ url: '/nowhere', headers: await bearer() })).statusCode).toBe(404);
});
