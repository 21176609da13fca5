import type { AddressInfo } from 'node:net';
import { connect } from 'node:net';
import { expect, test, vi } from 'vitest';
import { createLogger } from './logging.ts';
import { aToken, aToyApp } from './test-support.ts';

test('one line a request: operation, status, duration, client and outcome', async () => {
  const { app, lines } = await aToyApp();
  const authorization = `Bearer ${await aToken()}`;
  await app.inject({ url: '/things/cog?size=2', headers: { authorization, 'x-request-id': 'mine' } });
  expect(lines).toEqual([
    {
      level: 30,
      time: expect.any(String),
      requestId: 'mine',
      operation: 'getThing',
      status: 200,
      durationMs: expect.any(Number),
      client: 'toy-client',
      outcome: 'found',
      msg: 'request',
    },
  ]);
});

test('a problem is an outcome, a refused token has its reason, and an unknown path no name', async () => {
  const { app, lines } = await aToyApp();
  const expired = await aToken('', { claims: { exp: 1 } });
  await app.inject({ url: '/things/cog', headers: { authorization: `Bearer ${expired}` } });
  await app.inject({ url: '/nowhere/DEAEOF00012345' });
  await app.inject({ url: '/docs/static/index.css' });
  expect(lines).toMatchObject([
    { operation: 'getThing', status: 401, client: null, outcome: 'UNAUTHENTICATED', reason: 'ERR_JWT_EXPIRED' },
    { operation: 'unmatched', status: 404, outcome: 'NOT_FOUND' },
    { operation: '/docs/static/*', status: 200 },
  ]);
});

test('no query strings, paths, bodies or tokens, whatever goes wrong', async () => {
  const { app, lines } = await aToyApp();
  app.get('/twice', { config: { access: 'public' }, schema: { hide: true } }, (_request, reply) => {
    reply.send('once');
    reply.send('twice');
  });
  const token = await aToken();
  const headers = { authorization: `Bearer ${token}` };
  await app.inject({ url: '/things/SECRETID?size=SECRETQ', headers });
  await app.inject({ url: '/things/broken?at=SECRETQ', headers });
  await app.inject({ url: '/things/%zz?SECRETQ', headers });
  await app.inject({ url: '/twice?SECRETQ' });
  const typed = { ...headers, 'content-type': 'application/json' };
  await app.inject({ method: 'POST', url: '/things?SECRETQ=1', headers: typed, payload: '{"SECRETFIELD' });
  await app.inject({
    method: 'POST',
    url: '/things',
    headers,
    payload: { name: 'SECRETNAME'.repeat(3), SECRETFIELD: 1 },
  });
  const written = JSON.stringify(lines);
  expect(lines.length).toBeGreaterThanOrEqual(6);
  expect(written).not.toMatch(/SECRET/);
  expect(written).not.toContain(token.slice(-20));
});

test('the message of a database error that repeats a value, and the properties that repeat a row, stay out', () => {
  const lines: string[] = [];
  const logger = createLogger('info', { write: (line) => void lines.push(line) });
  const query = Object.assign(new Error('invalid input syntax for type date: "SECRET"'), {
    code: '22007',
    where: 'SECRET',
  });
  const unique = Object.assign(new Error('duplicate key value violates unique constraint "one"'), {
    code: '23505',
    detail: 'Key (number)=(SECRET) already exists.',
    constraint: 'one',
  });
  logger.error({ err: new Error('outer', { cause: query }) }, 'first');
  logger.error({ err: unique }, 'second');
  logger.error(query);
  logger.info({ token: 'SECRET', headers: { authorization: 'SECRET' } }, 'third');
  expect(lines.join('')).not.toContain('SECRET');
  expect(JSON.parse(lines[0] as string).err.cause).toMatchObject({
    code: '22007',
    message: 'a value does not fit its type',
  });
  expect(JSON.parse(lines[1] as string).err).toMatchObject({
    code: '23505',
    constraint: 'one',
    stack: expect.stringContaining('at '),
  });
});

test('a caller that goes away leaves a line', async () => {
  const { app, lines } = await aToyApp();
  app.get('/never', { config: { access: 'public' }, schema: { hide: true } }, () => new Promise<never>(() => {}));
  await app.listen({ host: '127.0.0.1', port: 0 });
  const socket = connect((app.server.address() as AddressInfo).port, '127.0.0.1');
  socket.write('GET /never?SECRET HTTP/1.1\r\nhost: x\r\n\r\n');
  await vi.waitFor(async () => expect(await connections(app)).toBe(1));
  await new Promise((resolve) => setTimeout(resolve, 50));
  socket.destroy();
  await vi.waitFor(() =>
    expect(lines).toContainEqual(expect.objectContaining({ outcome: 'aborted', operation: '/never' })),
  );
  await app.close();
});

function connections(app: Awaited<ReturnType<typeof aToyApp>>['app']): Promise<number> {
  return new Promise((resolve, reject) =>
    app.server.getConnections((error, count) => (error ? reject(error) : resolve(count))),
  );
}
