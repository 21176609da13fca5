import { gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { aToyApp, bearer } from './test-support.ts';

const { app } = await aToyApp();
const headers = { ...(await bearer()), 'content-type': 'application/json' };

function post(payload: string | Buffer, more: Record<string, string> = {}) {
  return app.inject({ method: 'POST', url: '/things', headers: { ...headers, ...more }, payload });
}

describe('400 MALFORMED_JSON', () => {
  test.each([
    ['{"name": "cog",}', 'The body has a character that is not JSON at position 15 (line 1, column 16).'],
    ['{\n  "name": secret\n}', 'The body has a character that is not JSON at position 12 (line 2, column 11).'],
    ['{"name": "cog"', 'The body ends too early at position 14 (line 1, column 15).'],
    ['{"__proto__": {"name": "cog"}}', 'The body has a field with a forbidden name.'],
    [Buffer.from([0x22, 0xe4, 0x22]), 'The body is not UTF-8.'],
  ])('%s', async (payload, detail) => {
    const answer = await post(payload);
    expect(answer.statusCode).toBe(400);
    expect(answer.headers['content-type']).toBe('application/problem+json; charset=utf-8');
    expect(answer.json()).toMatchObject({ code: 'MALFORMED_JSON', detail });
    expect(answer.body).not.toContain('secret');
  });
});

test('413: a body over the limit of its route', async () => {
  const answer = await post(JSON.stringify({ name: 'x'.repeat(600) }));
  expect(answer.statusCode).toBe(413);
  expect(answer.json()).toMatchObject({ code: 'PAYLOAD_TOO_LARGE', detail: 'The body may have 500 bytes.' });
});

describe('415', () => {
  test.each(['text/plain', 'application/xml', 'multipart/form-data; boundary=x', 'application/x-ndjson', 'nonsense'])(
    '%s where JSON is declared',
    async (type) => {
      const answer = await post('{"name":"cog"}', { 'content-type': type });
      expect(answer.statusCode).toBe(415);
      expect(answer.json()).toMatchObject({
        code: 'UNSUPPORTED_MEDIA_TYPE',
        detail: 'The body must be application/json.',
      });
      expect(answer.headers.accept).toBe('application/json');
    },
  );

  test.each([{ 'content-type': 'text/plain' }, {}])(
    '%j where several are declared: nothing reaches the handler unchecked',
    async (type) => {
      const { authorization } = headers;
      const answer = await app.inject({ method: 'POST', url: '/things/import', headers: { authorization, ...type } });
      expect(answer.statusCode).toBe(415);
      expect(answer.json().detail).toBe('The body must be application/json or application/x-ndjson or text/csv.');
    },
  );
});

describe('415: a body that is encoded', () => {
  test.each(['gzip', 'br', 'GZIP', 'identity, gzip', 'x-made-up'])('%s', async (coding) => {
    const answer = await post(gzipSync('{"name":"cog"}'), { 'content-encoding': coding });
    expect([answer.statusCode, answer.json().code]).toEqual([415, 'UNSUPPORTED_MEDIA_TYPE']);
    expect(answer.json().detail).toContain('Content-Encoding');
    expect(answer.headers['accept-encoding']).toBe('identity');
  });

  test('a stream, and a body where none is asked for', async () => {
    const sent = { ...headers, 'content-encoding': 'gzip', 'content-type': 'text/csv' };
    const stream = { method: 'POST', url: '/things/import', headers: sent, payload: gzipSync('name\ncog\n') } as const;
    expect((await app.inject(stream)).statusCode).toBe(415);
    const unread = { ...stream, method: 'DELETE', url: '/things/cog' } as const;
    expect((await app.inject({ ...unread, payload: gzipSync('{}') })).statusCode).toBe(415);
  });

  test('not one that is as it is, nor one that is not there', async () => {
    for (const coding of ['identity', 'Identity', ''])
      expect((await post('{"name":"cog"}', { 'content-encoding': coding })).statusCode).toBe(201);
    const { authorization } = headers;
    const bare = {
      method: 'DELETE',
      url: '/things/cog',
      headers: { authorization, 'content-encoding': 'gzip' },
    } as const;
    expect((await app.inject(bare)).statusCode).toBe(204);
  });
});

test('an empty stream is a stream', async () => {
  const answer = await app.inject({
    method: 'POST',
    url: '/things/import',
    headers: { ...headers, 'content-type': 'text/csv' },
  });
  expect(answer.statusCode).toBe(200);
  expect(answer.body).toBe('');
});

test('a byte order mark is no fault', async () => {
  expect((await post('\ufeff{"name":"cog"}')).statusCode).toBe(201);
});
