import { expect, test } from 'vitest';
import { z } from 'zod';
import { componentsOf, jsonSchemaOf } from './json-schema.ts';
import { aToyApp } from './test-support.ts';

interface Operation {
  operationId: string;
  description: string;
  security: object[];
  parameters?: { name: string; in: string; required: boolean; description?: string; schema: object }[];
  requestBody?: { required: boolean; content: Record<string, { schema: object; examples?: object }> };
  responses: Record<
    string,
    { description: string; headers: Record<string, { $ref?: string }>; content?: Record<string, { schema: object }> }
  >;
}

const { app } = await aToyApp();
await app.ready();
const document = JSON.parse((await app.inject({ url: '/openapi.json' })).body);
const operations = Object.values(document.paths as Record<string, Record<string, Operation>>).flatMap((path) =>
  Object.values(path),
);
const operation = (id: string) => operations.find(({ operationId }) => operationId === id) as Operation;

test('the document is OpenAPI 3.1.1 with what the service says of itself', () => {
  expect(document).toMatchObject({
    openapi: '3.1.1',
    info: {
      title: 'Toy API',
      version: '1.0.0',
      contact: { name: 'The toy makers' },
      license: { identifier: 'Apache-2.0' },
    },
    servers: [{ url: '/' }],
    tags: [{ name: 'things', description: 'Things and their parts.' }],
    components: { securitySchemes: { bearer: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT' } } },
  });
});

test('every declared route is an operation, HEAD and hidden routes are not', () => {
  expect(operations.map(({ operationId }) => operationId).sort()).toEqual([
    'createThing',
    'deleteThing',
    'getThing',
    'hello',
    'importThings',
  ]);
  expect(Object.keys(document.paths)).toEqual(['/things/{thing}', '/things', '/things/import', '/hello']);
});

test('every reference leads somewhere, every component is referred to, and no key of zod is left over', () => {
  const text = JSON.stringify(document);
  const references = new Set([...text.matchAll(/"\$ref":"#([^"]+)"/g)].map(([, pointer]) => pointer as string));
  expect(references.size).toBeGreaterThan(10);
  for (const pointer of references) {
    const target = pointer
      .split('/')
      .slice(1)
      .reduce((node, key) => node?.[key], document);
    expect(target, pointer).toBeTypeOf('object');
  }
  for (const kind of ['schemas', 'headers', 'examples']) {
    for (const name of Object.keys(document.components[kind]))
      expect(references).toContain(`/components/${kind}/${name}`);
  }
  expect(text).not.toMatch(/"\$defs"|"\$schema"|"\$id"|__schema/);
});

test('schemas with an id are references also at the root, requests are closed and answers open', () => {
  expect(operation('createThing').requestBody?.content['application/json']?.schema).toEqual({
    $ref: '#/components/schemas/ToyThing',
  });
  expect(operation('createThing').responses['201']?.content?.['application/json']?.schema).toEqual({
    $ref: '#/components/schemas/ToyThing',
  });
  expect(document.components.schemas.ToyThing).toMatchObject({
    additionalProperties: false,
    examples: [{ name: 'cog' }],
  });
  expect(document.components.schemas.ToyThingAnswer).not.toHaveProperty('additionalProperties');
});

test('parameters stand one by one, with their descriptions, bounds and formats', () => {
  expect(operation('getThing').parameters).toEqual([
    {
      name: 'thing',
      in: 'path',
      description: 'Name of the thing.',
      required: true,
      schema: { type: 'string', maxLength: 10 },
    },
    { name: 'at', in: 'query', required: false, schema: { type: 'string', format: 'date-time', maxLength: 40 } },
    {
      name: 'size',
      in: 'query',
      required: false,
      schema: { type: 'integer', format: 'int32', minimum: 1, maximum: 5, default: 1 },
    },
    { name: 'if-none-match', in: 'header', required: false, schema: { type: 'string', maxLength: 5 } },
  ]);
});

test('several media types are described, streams by their lines', () => {
  const { requestBody, responses } = operation('importThings');
  expect(Object.keys(requestBody?.content ?? {})).toEqual(['application/json', 'application/x-ndjson', 'text/csv']);
  expect(requestBody?.content['application/x-ndjson']?.schema).toMatchObject({
    type: 'string',
    description: 'One thing a line.',
    contentMediaType: 'application/x-ndjson',
    contentSchema: { $ref: '#/components/schemas/ToyLine' },
  });
  expect(requestBody?.content['text/csv']?.schema).toMatchObject({ type: 'string', contentMediaType: 'text/csv' });
  expect(requestBody?.content['text/csv']?.schema).not.toHaveProperty('contentSchema');
  expect(Object.keys(responses['200']?.content ?? {})).toEqual(['application/json', 'application/x-ndjson']);
});

test('access is documented: no token, any token, or one of the scopes', () => {
  expect(operation('hello').security).toEqual([]);
  expect(operation('deleteThing').security).toEqual([{ bearer: [] }]);
  expect(operation('getThing').security).toEqual([{ bearer: ['registry:read'] }, { bearer: ['operations'] }]);
  expect(operation('getThing').description).toContain('`registry:read` or `operations`');
});

test('a bodiless route has no request body, and 204 no content', () => {
  expect(operation('deleteThing')).not.toHaveProperty('requestBody');
  expect(operation('deleteThing').responses['204']).not.toHaveProperty('content');
});

test('every answer has its headers, and every problem its document with an example of each code', () => {
  for (const { responses } of operations) {
    for (const [status, { headers, content }] of Object.entries(responses)) {
      expect(Object.keys(headers)).toEqual(
        expect.arrayContaining(['X-Request-Id', 'RateLimit-Limit', 'RateLimit-Reset']),
      );
      expect('Retry-After' in headers).toBe(status === '429' || status === '503');
      expect('WWW-Authenticate' in headers).toBe(status === '401' || status === '403');
      if (Number(status) < 400) continue;
      expect(content?.['application/problem+json']).toMatchObject({
        schema: { $ref: '#/components/schemas/Problem' },
        examples: expect.any(Object),
      });
    }
  }
  expect(operation('getThing').responses['200']?.headers).toHaveProperty('etag');
});

test('patterns that a format implies and the bounds of every integer are left out, the format of integers is put in', () => {
  const schema = jsonSchemaOf(
    z.object({ day: z.iso.date(), id: z.uuid(), count: z.int(), code: z.string().regex(/^a$/) }),
  );
  expect(schema.properties).toEqual({
    day: { type: 'string', format: 'date', maxLength: 10 },
    id: { type: 'string', format: 'uuid', maxLength: 36 },
    count: { type: 'integer', format: 'int64' },
    code: { type: 'string', pattern: '^a$' },
  });
});

test('patterns mean the same to readers that do not know Unicode property escapes', () => {
  const patterns = [/^\P{Cc}*$/u, /^[^\p{Cc}\p{Cs}]*$/u, /^(?:[^\p{Cc}\p{Cs}]|[\t\r\n])*$/u];
  for (const pattern of patterns) {
    const printed = new RegExp(jsonSchemaOf(z.string().regex(pattern)).pattern as string);
    for (const unit of [...Array(0x180).keys(), 0x1f600]) {
      const text = `a${String.fromCodePoint(unit)}b`;
      expect(printed.test(text), `U+${unit.toString(16)}`).toBe(pattern.test(text));
    }
  }
  expect(() => jsonSchemaOf(z.string().regex(/^\p{Lu}$/u))).toThrow('u flag');
});

test('what JSON cannot hold, and references to what is not registered, cannot slip in', () => {
  expect(() => jsonSchemaOf(z.object({ at: z.date() }))).toThrow('Date');
  expect(() => componentsOf({ $ref: '#/components/schemas/Nobody' })).toThrow('Nobody');
});

test('Swagger UI asks for the same document, with streams to be typed in place of a file, and keeps the token', async () => {
  const script = (await app.inject({ url: '/docs/static/swagger-initializer.js' })).body;
  expect(script).toContain('"persistAuthorization":true');
  const { paths, ...others } = (await app.inject({ url: '/docs/json' })).json();
  const { paths: named, ...same } = document;
  expect(others).toEqual(same);
  const { content } = paths['/things/import'].post.requestBody;
  for (const type of ['application/x-ndjson', 'text/csv']) {
    expect(content[type].schema).not.toHaveProperty('contentMediaType');
    content[type].schema.contentMediaType = type;
  }
  expect(paths).toEqual(named);
  // The one for programs is another copy.
  expect((await app.inject({ url: '/openapi.json' })).json()).toEqual(document);
  expect((await app.inject({ url: '/openapi.json' })).headers['content-type']).toBe('application/json; charset=utf-8');
});
