import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import type { HttpApp } from './create-app.ts';
import { json, ndjson } from './media-types.ts';
import { problems } from './problem-responses.ts';
import { aToyApp, Thing } from './test-support.ts';

const GOOD = {
  operationId: 'changeIt',
  summary: 'Changes it',
  tags: ['things'],
  response: { 200: json(z.object({}), 'Changed.') },
};

async function declare(schema: unknown, url = '/it', config: object = {}) {
  const { app } = await aToyApp();
  app.post(
    url,
    { config: { access: 'any_token', ...config } as never, schema: schema as object },
    async () => ({}) as never,
  );
  await app.ready();
  return app;
}

test('a route that keeps to the rules can be declared', async () => {
  await expect(declare(GOOD)).resolves.toBeDefined();
});

describe('refused while the app is built', () => {
  test.each<[string, unknown, string?]>([
    ['no schema', undefined],
    ['no operationId', { ...GOOD, operationId: undefined }],
    ['an operationId in kebab case', { ...GOOD, operationId: 'change-it' }],
    ['an operationId that is taken', { ...GOOD, operationId: 'getThing' }],
    ['no summary', { ...GOOD, summary: '' }],
    ['no tag', { ...GOOD, tags: [] }],
    ['an unknown tag', { ...GOOD, tags: ['thing'] }],
    ['no answer below 400', { ...GOOD, response: problems('CONFLICT') }],
    ['an answer without a description', { ...GOOD, response: { 200: z.object({}) } }],
    ['a parameter without a schema', GOOD, '/it/:name'],
    ['a schema without its parameter', { ...GOOD, params: z.object({ nam: z.string() }) }, '/it/:name'],
    ['a query string that is not strict', { ...GOOD, querystring: z.object({ at: z.string() }) }],
    ['a body that is not strict', { ...GOOD, body: z.object({ at: z.string() }) }],
    [
      'a body that is not strict deep within',
      { ...GOOD, body: z.strictObject({ list: z.array(z.object({ at: z.string() })) }) },
    ],
    [
      'one of several bodies that is not strict',
      { ...GOOD, body: { content: { 'application/json': { schema: z.object({ a: z.string() }) } } } },
    ],
  ])('%s', async (_name, schema, url) => {
    await expect(declare(schema, url)).rejects.toThrow(/^POST \/it/);
  });
});

test('bodies of partners may be tolerant when the route says so', async () => {
  await expect(
    declare({ ...GOOD, body: z.object({ at: z.string() }) }, '/it', { unknownFields: 'ignored' }),
  ).resolves.toBeDefined();
});

test('what follows from a declaration is added to its answers', async () => {
  const app = await declare({
    ...GOOD,
    body: Thing,
    response: { ...GOOD.response, ...problems('CONFLICT', 'TRANSITION_NOT_ALLOWED') },
  });
  const responses = responsesOf(app, '/it', 'post');
  expect(Object.keys(responses)).toEqual(['200', '400', '401', '408', '409', '413', '415', '429', '500', '503']);
  expect(responses['400']?.description).toMatch(/VALIDATION_FAILED.*MALFORMED_JSON/);
  expect(responses['409']?.description).toMatch(/CONFLICT.*TRANSITION_NOT_ALLOWED/);
  expect(Object.keys(responsesOf(app, '/hello', 'get'))).toEqual(['200', '400', '500']);
});

test('routes that stream have an hour, unless they say otherwise', async () => {
  const { app } = await aToyApp({ limits: { handlerMs: 20 } });
  const stream = { content: { 'application/x-ndjson': { schema: ndjson(z.object({ a: z.string() })) } } };
  const seen: Record<string, number> = {};
  for (const [name, more] of Object.entries({ streams: {}, hurries: { handlerTimeout: 7 } })) {
    const schema = { ...GOOD, operationId: name, body: stream };
    app.post(`/${name}`, { config: { access: 'public' }, ...more, schema }, async (request) => {
      seen[name] = request.routeOptions.config.handlerMs as number;
      return {};
    });
  }
  for (const name of ['streams', 'hurries']) {
    await app.inject({
      method: 'POST',
      url: `/${name}`,
      headers: { 'content-type': 'application/x-ndjson' },
      payload: '',
    });
  }
  expect(seen).toEqual({ streams: 3_600_000, hurries: 7 });
});

function responsesOf(app: HttpApp, path: string, method: string): Record<string, { description: string }> {
  const paths = app.swagger().paths as Record<
    string,
    Record<string, { responses: Record<string, { description: string }> }>
  >;
  return paths[path]?.[method]?.responses ?? {};
}
