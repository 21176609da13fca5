import { problem } from '@mra/contracts';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { json, noContent } from './media-types.ts';
import { aToyApp, bearer } from './test-support.ts';

const { app, lines } = await aToyApp();
const write = await bearer('registry:write');
const read = await bearer('registry:read');

test('every wrong field is told at once, of the path, the query string and the header fields alike', async () => {
  const answer = await app.inject({
    url: '/things/much-too-long?at=yesterday&size=9&att=1',
    headers: { ...read, 'if-none-match': 'too long' },
  });
  expect(answer.statusCode).toBe(400);
  expect(answer.json()).toMatchObject({ code: 'VALIDATION_FAILED', detail: '5 fields are wrong.' });
  expect(
    answer
      .json()
      .errors.map(({ pointer }: { pointer: string }) => pointer)
      .sort(),
  ).toEqual(['/at', '/att', '/headers/if-none-match', '/path/thing', '/size']);
});

test('body and query string are told together', async () => {
  const answer = await app.inject({ method: 'POST', url: '/things?dry=maybe', headers: write, payload: { name: 5 } });
  expect(answer.json().errors).toEqual([
    { pointer: '/name', detail: 'must be a string' },
    { pointer: '/dry', detail: expect.stringContaining('must be one of') },
  ]);
});

test('what a route finds beside its schemas is told with them, of each field the first thing, and only when they fail', async () => {
  const { app: asking } = await aToyApp();
  const asked: unknown[] = [];
  asking.post(
    '/odd/:size',
    {
      config: {
        access: 'public',
        alsoWrong: async ({ params, body, query }) => {
          asked.push({ params, body, query });
          if ((body as { name?: unknown }).name === 'secret') throw problem('WRONG_ADMINISTRATION');
          if ((body as { name?: unknown }).name === 'broken') throw new Error('no database');
          return [
            { pointer: '/name', detail: 'is not known' },
            { pointer: '/odd', detail: 'is odd' },
          ];
        },
      },
      schema: {
        operationId: 'odd',
        summary: 'x',
        tags: ['things'],
        params: z.object({ size: z.string().max(2) }),
        querystring: z.strictObject({ at: z.iso.date().optional() }),
        body: z.strictObject({ name: z.string() }),
        response: { 204: noContent('x') },
      },
    },
    async (_request, reply) => reply.code(204).send(),
  );
  const post = (url: string, name: unknown) => asking.inject({ method: 'POST', url, payload: { name } });
  expect((await post('/odd/1', 'cog')).statusCode).toBe(204);
  expect(asked).toEqual([]);

  const answer = await post('/odd/1?at=now', 5);
  expect(answer.json()).toMatchObject({ code: 'VALIDATION_FAILED', detail: '3 fields are wrong.' });
  expect(answer.json().errors).toEqual([
    { pointer: '/name', detail: 'must be a string' },
    { pointer: '/at', detail: expect.any(String) },
    { pointer: '/odd', detail: 'is odd' },
  ]);
  expect(asked).toEqual([{ params: { size: '1' }, body: { name: 5 }, query: { at: 'now' } }]);
  const known = (await post('/odd/much-too-long', 'cog')).json().errors as { pointer: string }[];
  expect(known.map(({ pointer }) => pointer)).toEqual(['/path/size', '/name', '/odd']);

  expect((await post('/odd/long', 'secret')).json()).toMatchObject({ status: 403, code: 'WRONG_ADMINISTRATION' });
  expect((await post('/odd/long', 'broken')).json()).toMatchObject({ status: 500, code: 'INTERNAL_ERROR' });
});

test('an unknown field is refused and named with its pointer, however deep, and so is a query string where there is none', async () => {
  const payload = { name: 'cog', parts: [{ count: 1, 'a/b~c': 2 }], namee: 'x' };
  const answer = await app.inject({ method: 'POST', url: '/things', headers: write, payload });
  expect(answer.statusCode).toBe(400);
  expect(answer.json().errors).toEqual([
    { pointer: '/parts/0/a~1b~0c', detail: 'is not a known field' },
    { pointer: '/namee', detail: 'is not a known field' },
  ]);
  expect((await app.inject({ url: '/hello?at=now' })).json().errors).toEqual([
    { pointer: '/at', detail: 'is not a known field' },
  ]);
});

test('a missing body is a wrong field, a body where none is asked for too, and an empty object there is not', async () => {
  const missing = await app.inject({ method: 'POST', url: '/things', headers: write });
  expect(missing.json()).toMatchObject({ code: 'VALIDATION_FAILED', errors: [{ pointer: '' }] });
  const unread = await app.inject({ method: 'DELETE', url: '/things/cog', headers: write, payload: { force: true } });
  expect(unread.json().errors).toEqual([{ pointer: '/force', detail: 'is not a known field' }]);
  expect((await app.inject({ method: 'DELETE', url: '/things/cog', headers: write, payload: {} })).statusCode).toBe(
    204,
  );
  expect((await app.inject({ method: 'DELETE', url: '/things/cog', headers: write })).statusCode).toBe(204);
});

test('handlers receive what the schema makes of the request: a number of the query string is one', async () => {
  const answer = await app.inject({ url: '/things/cog?size=3', headers: read });
  expect(answer.json()).toEqual({ name: 'cog', parts: [{ count: 3 }] });
});

test('fields that the answer does not declare are stripped', async () => {
  expect((await app.inject({ url: '/things/cog', headers: read })).body).not.toContain('secret');
});

test('an answer that does not fit its schema is INTERNAL_ERROR; only the log names the operation and the field', async () => {
  const answer = await app.inject({ url: '/things/odd', headers: read });
  expect(answer.statusCode).toBe(500);
  expect(answer.json()).toEqual({
    type: 'urn:aeo-mra:problem:internal-error',
    title: 'The service failed',
    status: 500,
    instance: `urn:aeo-mra:request:${answer.headers['x-request-id']}`,
    code: 'INTERNAL_ERROR',
  });
  expect(answer.headers).not.toHaveProperty('etag');
  const logged = lines.find(({ msg }) => msg === 'request failed');
  expect(logged).toMatchObject({ operation: 'getThing', err: { message: expect.stringContaining('/name') } });
  expect(JSON.stringify(logged)).not.toContain('xxxxx');
});

test('an answer of a status or media type that the route does not declare is INTERNAL_ERROR', async () => {
  const { app: other } = await aToyApp();
  other.get(
    '/undeclared',
    {
      config: { access: 'public' },
      schema: { operationId: 'undeclared', summary: 'x', tags: ['things'], response: { 200: { description: 'x' } } },
    },
    async (_request, reply) =>
      (reply as unknown as { code(status: number): { send(payload: object): unknown } }).code(202).send({ secret: 1 }),
  );
  const answer = await other.inject({ url: '/undeclared' });
  expect(answer.statusCode).toBe(500);
  expect(answer.body).not.toContain('secret');
});

test('handlers are typed by their schemas (judged by the type check)', async () => {
  const { app: typed } = await aToyApp();
  const config = { access: 'public' } as const;
  const schema = {
    operationId: 'typed',
    summary: 'x',
    tags: ['things'],
    querystring: z.strictObject({ size: z.coerce.number().default(2) }),
    response: { 200: json(z.object({ size: z.number() }), 'x'), 204: noContent('x') },
  };
  typed.get('/good', { config, schema }, async (request) => ({ size: request.query.size }));
  const { operationId: _, ...unnamed } = schema;
  // @ts-expect-error the answer has the wrong type
  typed.get('/wrong', { config, schema: { ...unnamed, operationId: 'wrong' } }, async (request) => ({
    size: String(request.query.size),
  }));
  typed.get('/undeclared', { config, schema: { ...unnamed, operationId: 'undeclared' } }, async (request, reply) => {
    // @ts-expect-error the status is not declared
    reply.code(201);
    // @ts-expect-error the field is not declared
    return { size: request.query.sise };
  });
  const open = { ...unnamed, operationId: 'open' };
  // @ts-expect-error the access is not stated
  expect(() => typed.get('/open', { config: {}, schema: open }, async () => ({ size: 1 }))).toThrow('access');
  expect((await typed.inject({ url: '/good?size=7' })).json()).toEqual({ size: 7 });
});

test('streams pass as they are, in and out', async () => {
  const payload = '{"name":"cog"}\nnot even JSON\n';
  const headers = { ...write, 'content-type': 'application/x-ndjson; charset=utf-8' };
  const answer = await app.inject({ method: 'POST', url: '/things/import', headers, payload });
  expect(answer.statusCode).toBe(200);
  expect(answer.headers['content-type']).toContain('application/x-ndjson');
  expect(answer.body).toBe(payload);
});

test('of several media types each has its own schema', async () => {
  const answer = await app.inject({ method: 'POST', url: '/things/import', headers: write, payload: { nam: 'cog' } });
  expect(answer.json().errors.map(({ pointer }: { pointer: string }) => pointer)).toEqual(['/name', '/nam']);
});

test('a field that is given more than once says so, one that is not known does not', async () => {
  const answer = await app.inject({ url: '/things/cog?size=3&size=4&att=1&att=2', headers: read });
  expect(answer.json().errors).toEqual([
    { pointer: '/size', detail: 'is given more than once' },
    { pointer: '/att', detail: 'is not a known field' },
  ]);
});

test('null for a field that may be left out says so, and no list of a body is given more than once', async () => {
  const payload = { name: ['cog'], parts: null };
  const answer = await app.inject({ method: 'POST', url: '/things', headers: write, payload });
  expect(answer.json().errors).toEqual([
    { pointer: '/name', detail: 'must be a string' },
    { pointer: '/parts', detail: 'must not be null: leave it out when it is not known' },
  ]);
});
