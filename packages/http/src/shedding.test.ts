import type { AddressInfo } from 'node:net';
import { connect } from 'node:net';
import { Readable } from 'node:stream';
import { setTimeout as pause } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { aToyApp, bearer } from './test-support.ts';

const hidden = { schema: { hide: true } } as const;

/** An app with routes that answer when they are let, and how many of them are being handled. */
async function aGatedApp(mostUnderWay: number, isBehind = () => false) {
  const { app, lines } = await aToyApp({ overload: { mostUnderWay, isBehind } });
  let gate = Promise.withResolvers<void>();
  const handled = { now: 0 };
  const wait = async () => {
    handled.now += 1;
    await gate.promise;
    handled.now -= 1;
    return 'done';
  };
  app.get('/gated', { config: { access: 'public', rateLimit: false }, ...hidden }, wait);
  app.post('/large', { config: { access: 'public' }, bodyLimit: 3 * 1_048_576, ...hidden }, wait);
  app.get('/health', { config: { access: 'public', shedding: 'never' }, ...hidden }, async () => 'well');
  app.get('/push', { config: { access: { scopes: ['exchange'] } }, ...hidden }, async () => 'taken');
  app.get('/streamed', { config: { access: 'public' }, ...hidden }, async (_request, reply) => {
    async function* parts() {
      yield 'first';
      await gate.promise;
    }
    return reply.type('text/plain').send(Readable.from(parts()));
  });
  const open = () => {
    gate.resolve();
    gate = Promise.withResolvers<void>();
  };
  const status = async (url: string, method: 'GET' | 'POST' = 'GET') => (await app.inject({ url, method })).statusCode;
  const until = async (count: number) => {
    while (handled.now !== count) await pause(1);
  };
  return { app, lines, open, status, until };
}

describe('while as many requests are under way as may be', () => {
  test('others are refused with 503 and Retry-After, without a line of error in the log', async () => {
    const { app, lines, open, status, until } = await aGatedApp(2);
    const first = [status('/gated'), status('/gated')];
    await until(2);
    const refused = await app.inject({ url: '/things/cog', headers: await bearer() });
    expect(refused.statusCode).toBe(503);
    expect(refused.headers['retry-after']).toMatch(/^\d+$/);
    expect(refused.headers).toHaveProperty('x-request-id');
    expect(refused.json()).toMatchObject({ code: 'SERVICE_UNAVAILABLE', detail: 'Too much is under way.' });
    expect(lines.map(({ msg, status }) => [msg, status])).toEqual([['request', 503]]);
    open();
    expect(await Promise.all(first)).toEqual([200, 200]);
    expect((await app.inject({ url: '/things/cog', headers: await bearer() })).statusCode).toBe(200);
  });

  test('health checks and partners get through', async () => {
    const { app, open, status, until } = await aGatedApp(1);
    const first = status('/gated');
    await until(1);
    expect(await status('/gated')).toBe(503);
    expect(await status('/health')).toBe(200);
    expect((await app.inject({ url: '/push', headers: await bearer('exchange') })).statusCode).toBe(200);
    open();
    expect(await first).toBe(200);
  });

  test('one that may bring several mebibytes counts for as many', async () => {
    const { open, status, until } = await aGatedApp(4);
    const first = [status('/gated'), status('/gated')];
    await until(2);
    expect(await status('/large', 'POST')).toBe(503);
    open();
    await Promise.all(first);
    const large = status('/large', 'POST');
    await until(1);
    const small = status('/gated');
    await until(2);
    expect(await status('/gated')).toBe(503);
    open();
    expect(await Promise.all([large, small])).toEqual([200, 200]);
  });

  test('one that counts for more than there may be is served alone', async () => {
    const { open, status, until } = await aGatedApp(1);
    const large = status('/large', 'POST');
    await until(1);
    open();
    expect(await large).toBe(200);
  });
});

test('while what requests need cannot keep up, nothing more is taken in, but for what is never shed', async () => {
  let isBehind = true;
  const { app, open, status, until } = await aGatedApp(100, () => isBehind);
  // So few are no load.
  const first = Array.from({ length: 10 }, () => status('/gated'));
  await until(10);
  expect(await status('/hello')).toBe(503);
  expect(await status('/health')).toBe(200);
  expect((await app.inject({ url: '/push', headers: await bearer('exchange') })).statusCode).toBe(200);
  isBehind = false;
  expect(await status('/hello')).toBe(200);
  open();
  expect(new Set(await Promise.all(first))).toEqual(new Set([200]));
});

describe('a request is under way', () => {
  test('until its answer has been streamed', async () => {
    const { app, open, status } = await aGatedApp(1);
    await app.listen({ host: '127.0.0.1', port: 0 });
    const { port } = app.server.address() as AddressInfo;
    const streamed = await fetch(`http://127.0.0.1:${port}/streamed`);
    expect(await status('/gated')).toBe(503);
    open();
    expect(await streamed.text()).toBe('first');
    await expect.poll(() => status('/hello')).toBe(200);
    await app.close();
  });

  test('until its handler has ended, also when its client has gone', async () => {
    const { app, open, status, until } = await aGatedApp(1);
    await app.listen({ host: '127.0.0.1', port: 0 });
    const socket = connect((app.server.address() as AddressInfo).port, '127.0.0.1');
    socket.write('GET /gated HTTP/1.1\r\nhost: x\r\n\r\n');
    await until(1);
    const connections = () => new Promise<number>((resolve) => app.server.getConnections((_, count) => resolve(count)));
    socket.destroy();
    await expect.poll(connections).toBe(0);
    expect(await status('/hello')).toBe(503);
    open();
    await until(0);
    expect(await status('/hello')).toBe(200);
    await app.close();
  });

  test('no longer than until it is refused, whatever for', async () => {
    const { app, status } = await aGatedApp(1);
    const headers = await bearer();
    for (let round = 0; round < 3; round += 1) {
      expect(await status('/things/cog')).toBe(401);
      expect(await status('/nowhere')).toBe(404);
      expect((await app.inject({ method: 'POST', url: '/things', headers, payload: { nam: 'x' } })).statusCode).toBe(
        400,
      );
      expect((await app.inject({ url: '/things/broken', headers })).statusCode).toBe(500);
    }
    expect(await status('/hello')).toBe(200);
  });
});

test('while the event loop is far behind, nothing more is taken in; afterwards everything is', {
  timeout: 60_000,
}, async () => {
  const { open, status, until } = await aGatedApp(100);
  const first = Array.from({ length: 10 }, () => status('/gated'));
  await until(10);
  const block = () => {
    const end = performance.now() + 1300;
    while (performance.now() < end);
  };
  const refusedWhileBlocked = async () => {
    block();
    await pause(1);
    return status('/hello');
  };
  let found = 200;
  for (let round = 0; round < 10 && found === 200; round += 1) found = await refusedWhileBlocked();
  expect(found).toBe(503);
  expect(await status('/health')).toBe(200);
  await expect.poll(() => status('/hello'), { timeout: 30_000 }).toBe(200);
  open();
  await Promise.all(first);
});

test('without limits everything is taken in', async () => {
  const { app } = await aToyApp();
  const answers = await Promise.all(Array.from({ length: 500 }, () => app.inject({ url: '/hello' })));
  expect(answers.every(({ statusCode }) => statusCode === 200)).toBe(true);
});
