import { expect, test } from 'vitest';
import { aToyApp } from './test-support.ts';

const { app } = await aToyApp();
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

async function idFor(given: string | undefined, url = '/hello') {
  const answer = await app.inject({ url, headers: given === undefined ? {} : { 'x-request-id': given } });
  return answer.headers['x-request-id'];
}

test.each(['a', 'A.b_c-9', 'x'.repeat(64)])("the caller's id %s is kept", async (given) => {
  expect(await idFor(given)).toBe(given);
});

test.each([undefined, '', 'x'.repeat(65), 'a b', 'a"b', 'ä', '<script>'])(
  '%j is replaced by a new id',
  async (given) => {
    expect(await idFor(given)).toMatch(UUID);
  },
);

test.each(['/nowhere', '/things/cog', '/docs/', '/openapi.json'])('%s answers with an id too', async (url) => {
  expect(await idFor('mine', url)).toBe('mine');
});
