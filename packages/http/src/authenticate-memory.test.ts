import { createLocalJWKSet, errors, type JWTVerifyGetKey } from 'jose';
import { expect, test, vi } from 'vitest';
import { aToken, JWKS, refusalOf, withKeys } from './test-support.ts';

/** What is remembered of tokens that were verified. */
const now = Math.floor(Date.now() / 1000);
const local = createLocalJWKSet(JWKS);

test('a verified token is not verified again until it expires', async () => {
  let clock = new Date(now * 1000).toISOString();
  const getKey = vi.fn<JWTVerifyGetKey>(local);
  const remembering = withKeys(getKey, () => clock);
  const header = `Bearer ${await aToken('exchange', { claims: { exp: now + 100 } })}`;
  await remembering(header);
  await remembering(header);
  expect(getKey).toHaveBeenCalledTimes(1);
  clock = new Date((now + 104) * 1000).toISOString();
  expect((await remembering(header)).clientId).toBe('toy-client');
  clock = new Date((now + 105) * 1000).toISOString();
  expect((await refusalOf(remembering, header)).code).toBe('UNAUTHENTICATED');
});

test('nor is it remembered for longer than five minutes: its key may have been withdrawn', async () => {
  let clock = new Date(now * 1000).toISOString();
  let withdrawn = false;
  const remembering = withKeys(
    (header, token) => {
      if (withdrawn) throw new errors.JWKSNoMatchingKey();
      return local(header, token);
    },
    () => clock,
  );
  const header = `Bearer ${await aToken('exchange', { claims: { exp: now + 36_000 } })}`;
  await remembering(header);
  withdrawn = true;
  clock = new Date((now + 299) * 1000).toISOString();
  expect((await remembering(header)).clientId).toBe('toy-client');
  clock = new Date((now + 300) * 1000).toISOString();
  expect((await refusalOf(remembering, header)).code).toBe('UNAUTHENTICATED');
});

test('a refused token is not remembered: once its key is there it passes', async () => {
  let known = false;
  const remembering = withKeys((header, token) => {
    if (!known) throw new errors.JWKSNoMatchingKey();
    return local(header, token);
  });
  const header = `Bearer ${await aToken()}`;
  expect((await refusalOf(remembering, header)).code).toBe('UNAUTHENTICATED');
  known = true;
  expect((await remembering(header)).clientId).toBe('toy-client');
});
