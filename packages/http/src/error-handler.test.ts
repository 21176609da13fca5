import { once } from 'node:events';
import { type AddressInfo, connect } from 'node:net';
import { ProblemDocument } from '@mra/contracts';
import { afterAll, expect, test } from 'vitest';
import { z } from 'zod';
import { json } from './media-types.ts';
import { aToyApp, bearer } from './test-support.ts';

const { app, lines } = await aToyApp({ limits: { handlerMs: 200 } });
app.get(
  '/slow',
  {
    config: { access: 'public' },
    schema: { operationId: 'beSlow', summary: 'x', tags: ['things'], response: { 200: json(z.object({}), 'x') } },
  },
  () => new Promise<never>(() => {}),
);
await app.listen({ host: '127.0.0.1', port: 0 });
const { port } = app.server.address() as AddressInfo;
afterAll(() => app.close());
const read = await bearer('registry:read');

test('a thrown problem is answered as its document', async () => {
  const answer = await app.inject({ url: '/things/none', headers: read });
  expect(answer.statusCode).toBe(404);
  expect(answer.headers['content-type']).toBe('application/problem+json; charset=utf-8');
  expect(ProblemDocument.parse(answer.json())).toEqual(answer.json());
  expect(answer.json()).toMatchObject({
    code: 'NOT_FOUND',
    instance: `urn:aeo-mra:request:${answer.headers['x-request-id']}`,
  });
});

test('an unknown record and an unknown path have the same body but for the request', async () => {
  const headers = { ...read, 'x-request-id': 'same' };
  const record = await app.inject({ url: '/things/none', headers });
  const path = await app.inject({ url: '/no/such/path', headers });
  expect(path.statusCode).toBe(404);
  expect(path.body).toBe(record.body);
});

test('a caught exception leaks nothing to the caller and is logged once, with its cause', async () => {
  const answer = await app.inject({ url: '/things/broken', headers: read });
  expect(answer.statusCode).toBe(500);
  expect(answer.body).not.toContain('secret');
  expect(Object.keys(answer.json()).sort()).toEqual(['code', 'instance', 'status', 'title', 'type']);
  const logged = lines.filter(
    ({ requestId, msg }) => requestId === answer.headers['x-request-id'] && msg === 'request failed',
  );
  expect(logged).toHaveLength(1);
  expect(logged[0]).toMatchObject({ operation: 'getThing', err: { message: 'secret of the database' } });
});

test('HEAD answers as GET without a body', async () => {
  expect((await app.inject({ method: 'HEAD', url: '/hello' })).body).toBe('');
  const missing = await app.inject({ method: 'HEAD', url: '/things/none', headers: read });
  expect([missing.statusCode, missing.body]).toEqual([404, '']);
});

test('503 with Retry-After when a handler takes too long', async () => {
  const answer = await app.inject({ url: '/slow' });
  expect(answer.statusCode).toBe(503);
  expect(answer.json()).toMatchObject({ code: 'SERVICE_UNAVAILABLE', detail: 'The answer took too long.' });
  expect(answer.headers['retry-after']).toBe('5');
});

test('408 when the body does not arrive, and the connection is closed', async () => {
  const { authorization } = await bearer('registry:write');
  const head = `POST /things HTTP/1.1\r\nhost: x\r\nauthorization: ${authorization}\r\ncontent-type: application/json\r\ncontent-length: 20\r\n\r\n{`;
  const answer = await raw(head);
  expect(answer).toMatch(/^HTTP\/1.1 408 /);
  expect(answer).toMatch(/connection: close/i);
  expect(answer).toContain('"code":"REQUEST_TIMEOUT"');
});

test.each([
  ['GET /things/%zz HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n', 400, 'MALFORMED_REQUEST'],
  [`GET /things/${'x'.repeat(800)} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n`, 414, 'URI_TOO_LONG'],
  ['this is not HTTP\r\n\r\n', 400, 'MALFORMED_REQUEST'],
  [`GET / HTTP/1.1\r\nhost: x\r\nx-long: ${'x'.repeat(20_000)}\r\n\r\n`, 431, 'HEADERS_TOO_LARGE'],
])('%.25j is answered with a problem too', async (request, status, code) => {
  const answer = await raw(request);
  expect(answer).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
  expect(answer).toMatch(/content-type: application\/problem\+json/i);
  expect(answer).toMatch(/x-request-id: [\w.-]+/i);
  expect(answer).toMatch(/content-security-policy: default-src 'none'/i);
  const document = ProblemDocument.parse(JSON.parse(answer.slice(answer.indexOf('\r\n\r\n') + 4)));
  expect(document).toMatchObject({ status, code });
});

async function raw(request: string): Promise<string> {
  const socket = connect(port, '127.0.0.1');
  const chunks: Buffer[] = [];
  socket.on('data', (chunk) => chunks.push(chunk));
  socket.write(request);
  await once(socket, 'close');
  return Buffer.concat(chunks).toString();
}
