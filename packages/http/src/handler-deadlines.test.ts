import { request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Readable } from 'node:stream';
import { expect, test } from 'vitest';
import { aToyApp } from './test-support.ts';

const HOUR_MS = 3_600_000;

/** An app whose handlers have little time, with a handler that never answers and one whose answer never ends. */
async function aHurriedApp() {
  const { app, lines } = await aToyApp({ limits: { handlerMs: 100 } });
  const config = { access: 'public' } as const;
  const schema = { hide: true };
  app.post('/never', { config, schema }, () => new Promise(() => undefined));
  app.post('/patient', { config, schema, handlerTimeout: HOUR_MS }, async () => {
    await new Promise((resolve) => setTimeout(resolve, 300));
    return { late: true };
  });
  app.post('/quick', { config, schema }, async () => ({ late: false }));
  app.post('/endless', { config, schema }, (_request, reply) => {
    const stream = new Readable({ read: () => undefined });
    stream.push('first\n');
    return reply.type('text/plain').send(stream);
  });
  await app.listen({ host: '127.0.0.1', port: 0 });
  const { port } = app.server.address() as AddressInfo;
  return { app, lines, port };
}

/** A POST with a body over a socket; `ended` is false where the answer was broken off. */
function post(port: number, path: string): Promise<{ status: number; body: string; ended: boolean }> {
  return new Promise((resolve, reject) => {
    const headers = { 'content-type': 'application/json' };
    const sending = request({ host: '127.0.0.1', port, path, method: 'POST', headers, agent: false }, (response) => {
      let body = '';
      const settle = (ended: boolean) => resolve({ status: response.statusCode ?? 0, body, ended });
      response.setEncoding('utf8').on('data', (text: string) => {
        body += text;
      });
      response.once('end', () => settle(true)).once('error', () => settle(false));
    });
    sending.once('error', reject).end('{}');
  });
}

test('a handler that does not answer a request with a body is ended with 503', async () => {
  const { app, lines, port } = await aHurriedApp();
  const answer = await post(port, '/never');
  expect(answer.status).toBe(503);
  expect(JSON.parse(answer.body)).toMatchObject({ code: 'SERVICE_UNAVAILABLE', detail: 'The answer took too long.' });
  await app.close();
  expect(lines.filter(({ msg }) => msg === 'request')).toMatchObject([
    { status: 503, outcome: 'SERVICE_UNAVAILABLE', reason: 'FST_ERR_HANDLER_TIMEOUT' },
  ]);
});

test('a route with a time of its own has that', async () => {
  const { app, port } = await aHurriedApp();
  expect(await post(port, '/patient')).toEqual({ status: 200, body: '{"late":true}', ended: true });
  await app.close();
});

test('an answer that does not end is broken off', async () => {
  const { app, port } = await aHurriedApp();
  expect(await post(port, '/endless')).toEqual({ status: 200, body: 'first\n', ended: false });
  await app.close();
});

test('of many under way each that does not answer is ended, and no other', async () => {
  const { app, port } = await aHurriedApp();
  const paths = ['/never', '/patient', '/quick', '/never', '/quick', '/quick', '/never'];
  const answers = await Promise.all(paths.map((path) => post(port, path)));
  expect(answers.map(({ status }) => status)).toEqual(paths.map((path) => (path === '/never' ? 503 : 200)));
  expect((await post(port, '/never')).status).toBe(503);
  await app.close();
});
