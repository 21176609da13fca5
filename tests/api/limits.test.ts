import { type AddressInfo, connect } from 'node:net';
import { beforeAll, describe, expect, test } from 'vitest';
import { as, aToken, createTestApi, type TestApi } from '../support/api.ts';
import { buildApiDocument, exampleUrlOf, operationsOf } from '../support/api-document.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';

const MEBIBYTE = 1_048_576;
const ALL = ['recognition:read', 'registry:read', 'registry:write', 'network:write', 'operations', 'exchange'] as const;

/** Operations with a body, with the address of their examples. */
const withBody = operationsOf(await buildApiDocument())
  .filter(({ requestBody }) => requestBody !== undefined)
  .map((operation) => ({
    operationId: operation.operationId,
    method: operation.method as 'POST' | 'PUT',
    url: exampleUrlOf(operation),
    types: Object.keys(operation.requestBody?.content ?? {}),
  }));
const withJson = withBody.filter(({ types }) => types.includes('application/json'));

let database: TestDatabase;
let api: TestApi;
let headers: { authorization: string };
beforeAll(async () => {
  database = await createTestDatabase();
  api = await createTestApi(database);
  headers = await as(ALL, 'EU');
});

/** What every refusal is, over and above its code. */
function expectProblem(
  answer: { statusCode: number; headers: Record<string, unknown>; body: string },
  status: number,
  code: string,
): Record<string, unknown> {
  const body = JSON.parse(answer.body) as Record<string, unknown>;
  expect(body).toMatchObject({ status, code, type: expect.stringContaining('urn:aeo-mra:problem:') });
  expect(answer.statusCode).toBe(status);
  expect(answer.headers).toMatchObject({
    'content-type': 'application/problem+json; charset=utf-8',
    'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
    'x-content-type-options': 'nosniff',
    'cache-control': 'no-store',
  });
  expect(body.instance).toBe(`urn:aeo-mra:request:${answer.headers['x-request-id']}`);
  return body;
}

const sendJson = (method: 'POST' | 'PUT', url: string, payload: string) =>
  api.app.inject({ method, url, headers: { ...headers, 'content-type': 'application/json' }, payload });

describe.each(withJson.map((operation) => [operation.operationId, operation] as const))('%s', (id, { method, url }) => {
  const limit = id === 'askRecognitionBatch' ? 16 * MEBIBYTE : MEBIBYTE;

  test('413 to one byte more than it takes, not to the last that it does', async () => {
    const tooMuch = await sendJson(method, url, `"${'x'.repeat(limit - 1)}"`);
    const body = expectProblem(tooMuch, 413, 'PAYLOAD_TOO_LARGE');
    expect(body.detail).toBe(`The body may have ${limit} bytes.`);
    const enough = await sendJson(method, url, `"${'x'.repeat(limit - 2)}"`);
    expectProblem(enough, 400, 'VALIDATION_FAILED');
  });

  test('400 to what is not JSON, with its position', async () => {
    const body = expectProblem(await sendJson(method, url, '{\n  "at": 2026-11-22\n}'), 400, 'MALFORMED_JSON');
    expect(body.detail).toBe('The body has a character that is not JSON at position 14 (line 2, column 13).');
    const ended = expectProblem(await sendJson(method, url, '{"at": "20'), 400, 'MALFORMED_JSON');
    expect(ended.detail).toMatch(/^The body ends too early at position 10 /);
  });
});

test.each(withBody)('$operationId: 415 to a body of another media type, or of none', async ({ method, url, types }) => {
  for (const type of ['text/plain', 'application/xml', 'application/jsonp', undefined]) {
    const payload = '{}';
    const given = type === undefined ? headers : { ...headers, 'content-type': type };
    const answer = await api.app.inject({ method, url, headers: given, payload: Buffer.from(payload) });
    expectProblem(answer, 415, 'UNSUPPORTED_MEDIA_TYPE');
    expect(String(answer.headers.accept).split(', ').toSorted()).toEqual(types.toSorted());
  }
});

describe('identifiers', () => {
  const ask = (identifier: string) =>
    sendJson('POST', '/v1/recognition', JSON.stringify({ recogniser: 'JP', identifier }));

  test('of 64 characters are looked up, of 65 are 400', async () => {
    expect((await ask('A'.repeat(64))).statusCode).toBe(200);
    const body = expectProblem(await ask('A'.repeat(65)), 400, 'VALIDATION_FAILED');
    expect(body.errors).toEqual([{ pointer: '/identifier', detail: expect.stringContaining('64') }]);
  });

  test('in a query string and in a path have the same limit', async () => {
    const long = 'A'.repeat(65);
    const asked = await api.app.inject({ url: `/v1/recognition?recogniser=JP&identifier=${long}`, headers });
    expect(expectProblem(asked, 400, 'VALIDATION_FAILED').errors).toMatchObject([{ pointer: '/identifier' }]);
    const read = await api.app.inject({ url: `/v1/programmes/eu-aeo/memberships/${long}`, headers });
    expect(expectProblem(read, 400, 'VALIDATION_FAILED').errors).toMatchObject([{ pointer: '/path/number' }]);
  });
});

test('400 to a batch of 10,001 questions', async () => {
  const question = { recogniser: 'JP', identifier: 'X' };
  const payload = JSON.stringify({ questions: Array.from({ length: 10_001 }, () => question) });
  const body = expectProblem(await sendJson('POST', '/v1/recognition/batch', payload), 400, 'VALIDATION_FAILED');
  expect(body.errors).toEqual([{ pointer: '/questions', detail: 'must have at most 10,000 entries' }]);
});

describe('429', () => {
  test('to the request after the last that a client has in a minute, with Retry-After; other clients go on', async () => {
    const { app } = await createTestApi(database, { rateLimit: { perMinute: 3, anonymousPerMinute: 2 } });
    const get = async (client: string | null) =>
      app.inject({ url: '/v1/benefits', headers: client === null ? {} : await as([], undefined, { client }) });
    const seen = [];
    for (let index = 0; index < 3; index += 1) seen.push(await get('one'));
    expect(seen.map(({ statusCode }) => statusCode)).toEqual([200, 200, 200]);
    expect(seen.map((answer) => answer.headers['ratelimit-remaining'])).toEqual(['2', '1', '0']);
    const refused = await get('one');
    expectProblem(refused, 429, 'RATE_LIMITED');
    expect(Number(refused.headers['retry-after'])).toBeGreaterThan(0);
    expect(Number(refused.headers['retry-after'])).toBeLessThanOrEqual(60);
    expect((await get('two')).statusCode).toBe(200);
    expect([await get(null), await get(null)].map(({ statusCode }) => statusCode)).toEqual([401, 401]);
    const stranger = await get(null);
    expectProblem(stranger, 429, 'RATE_LIMITED');
    expect((await app.inject({ url: '/livez' })).statusCode).toBe(200);
  });
});

interface RawAnswer {
  readonly statusCode: number;
  readonly headers: Record<string, string>;
  readonly body: string;
}

/** Writes to a socket and reads until the service ends the connection. */
async function overSocket(app: TestApi['app'], text: string): Promise<RawAnswer> {
  if (!app.server.listening) await app.listen({ host: '127.0.0.1', port: 0 });
  const { port } = app.server.address() as AddressInfo;
  const received = await new Promise<string>((resolve, reject) => {
    const chunks: Buffer[] = [];
    const socket = connect(port, '127.0.0.1', () => socket.write(text));
    socket.on('data', (chunk) => chunks.push(chunk));
    // What was answered counts, also where the service did not wait for the rest of the request.
    socket.on('error', () => undefined);
    socket.on('close', () => resolve(Buffer.concat(chunks).toString()));
    socket.setTimeout(20_000, () => reject(new Error('the service keeps the connection open')));
  });
  const [head = '', body = ''] = received.split('\r\n\r\n');
  const [line = '', ...fields] = head.split('\r\n');
  const answered = fields.map((field) => [field.split(':')[0]?.toLowerCase() ?? '', field.replace(/^[^:]*: ?/, '')]);
  return { statusCode: Number(line.split(' ')[1]), headers: Object.fromEntries(answered), body };
}

describe('over a socket', () => {
  test('408 to a body that does not arrive in time, and the connection ends', async () => {
    const { app, log } = await createTestApi(database, { limits: { handlerMs: 300 } });
    const token = await aToken(ALL);
    const head = ['POST /v1/recognition HTTP/1.1', 'host: test', `authorization: Bearer ${token}`];
    const sent = [...head, 'content-type: application/json', 'content-length: 60', '', '{"recogniser":'].join('\r\n');
    const answer = await overSocket(app, sent);
    expectProblem(answer, 408, 'REQUEST_TIMEOUT');
    expect(answer.headers.connection).toBe('close');
    expect(log.at(-1)).toMatchObject({ operation: 'askRecognition', status: 408, outcome: 'REQUEST_TIMEOUT' });
  });

  test('503 with Retry-After to a question whose answer takes too long', async () => {
    const waiting = { ask: () => new Promise<never>(() => undefined) };
    const { app } = await createTestApi(database, { limits: { handlerMs: 300 }, decider: waiting });
    const asked = {
      method: 'POST',
      url: '/v1/recognition',
      headers,
      payload: { recogniser: 'JP', identifier: 'X' },
    } as const;
    const answer = await app.inject(asked);
    expectProblem(answer, 503, 'SERVICE_UNAVAILABLE');
    expect(Number(answer.headers['retry-after'])).toBeGreaterThan(0);
  });

  test('431 to header fields of more than 16 KiB', async () => {
    const sent = ['GET /v1/benefits HTTP/1.1', 'host: test', `x-padding: ${'x'.repeat(17_000)}`, '', ''].join('\r\n');
    expectProblem(await overSocket(api.app, sent), 431, 'HEADERS_TOO_LARGE');
  });

  test('400 to what is not HTTP', async () => {
    expectProblem(await overSocket(api.app, 'GET / HTTP/9.9\r\n\r\n'), 400, 'MALFORMED_REQUEST');
  });
});

test('414 to a part of the path longer than any identifier, 400 to one that cannot be decoded', async () => {
  const long = await api.app.inject({ url: `/v1/programmes/eu-aeo/memberships/${'x'.repeat(769)}`, headers });
  expectProblem(long, 414, 'URI_TOO_LONG');
  const odd = await api.app.inject({ url: '/v1/programmes/%zz', headers });
  expectProblem(odd, 400, 'MALFORMED_REQUEST');
});
