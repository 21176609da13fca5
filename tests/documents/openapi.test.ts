import { Validator } from '@seriousme/openapi-schema-validator';
import { Ajv2020 } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import { describe, expect, test } from 'vitest';
import { buildApiDocument, type Media, operationsOf } from '../support/api-document.ts';

const document = await buildApiDocument();
const operations = operationsOf(document).map((operation) => [operation.operationId, operation] as const);
const text = JSON.stringify(document);

test('openapi/recognition-api.v1.json is the document of the API', async () => {
  await expect(`${JSON.stringify(document, null, 2)}\n`).toMatchFileSnapshot('../../openapi/recognition-api.v1.json');
});

test('the document fits the schema of OpenAPI 3.1', async () => {
  const validator = new Validator();
  expect(await validator.validate(JSON.parse(text))).toEqual({ valid: true });
  expect(validator.version).toBe('3.1');
});

test('every reference leads somewhere, and every component is referred to', () => {
  const references = new Set([...text.matchAll(/"\$ref":"#([^"]+)"/g)].map(([, pointer]) => pointer as string));
  for (const pointer of references) expect(at(pointer), pointer).toBeTypeOf('object');
  const { securitySchemes = {}, ...others } = document.components;
  const components = Object.entries(others).flatMap(([kind, members]) =>
    Object.keys(members).map((name) => `/components/${kind}/${name}`),
  );
  expect(components.length).toBeGreaterThan(50);
  expect(components.filter((component) => !references.has(component))).toEqual([]);
  const used = new Set(operations.flatMap(([, { security }]) => security.flatMap((entry) => Object.keys(entry))));
  expect(Object.keys(securitySchemes)).toEqual([...used]);
});

test('every operation has an id of its own', () => {
  expect(operations.length).toBeGreaterThan(25);
  expect(new Set(operations.map(([id]) => id)).size).toBe(operations.length);
});

describe.each(operations)('%s', (id, { summary, tags, parameters = [], requestBody, responses }) => {
  test('has a summary, a tag and the problems it may answer', () => {
    expect(id).toMatch(/^[a-z][A-Za-z]+$/);
    expect(summary).toMatch(/^\S.{4,}[^.]$/);
    expect(tags.length).toBeGreaterThan(0);
    expect(Object.keys(responses).some((status) => status.startsWith('4'))).toBe(true);
    for (const [status, { content = {} }] of Object.entries(responses)) {
      if (Number(status) < 400) continue;
      const media = content['application/problem+json'];
      expect(media?.schema, status).toEqual({ $ref: '#/components/schemas/Problem' });
      expect(Object.keys(media?.examples ?? {}), status).not.toEqual([]);
    }
  });

  test('can be tried: required parameters, bodies and answers have examples that fit their schemas', () => {
    for (const { name, required, schema, example } of parameters) {
      if (required) expect(example, name).toBeDefined();
      if (example !== undefined) expect(faultsOf(schema, example), name).toEqual([]);
    }
    for (const [type, media] of Object.entries(requestBody?.content ?? {})) checkExamples(`body ${type}`, media);
    const answers = Object.entries(responses).flatMap(([status, { content = {} }]) =>
      Object.entries(content).map(([type, media]) => [`${status} ${type}`, media] as const),
    );
    for (const [name, media] of answers) {
      // The text of the metrics is Prometheus' own.
      if (name !== '200 text/plain') checkExamples(name, media);
    }
  });
});

const ajv = new Ajv2020({ strict: false, allErrors: true });
addFormats.default(ajv);
ajv.addSchema(JSON.parse(text), 'document');

/** What is wrong with a value, for a schema that may refer to components of the document. */
function faultsOf(schema: object, value: unknown): readonly string[] {
  const inPlace = JSON.parse(JSON.stringify(schema).replaceAll('"$ref":"#/', '"$ref":"document#/'));
  const validate = ajv.compile(inPlace);
  validate(value);
  return (validate.errors ?? []).map(({ instancePath, message }) => `${instancePath} ${message}`);
}

function checkExamples(name: string, { schema, examples = {} }: Media): void {
  expect(Object.keys(examples), name).not.toEqual([]);
  for (const [example, { value, $ref }] of Object.entries(examples)) {
    const shown = $ref === undefined ? value : (at($ref.slice(1)) as { value: unknown }).value;
    expect(faultsOf(schema, shown), `${name} ${example}`).toEqual([]);
  }
}

function at(pointer: string): unknown {
  return pointer
    .split('/')
    .slice(1)
    .map((key) => decodeURIComponent(key).replaceAll('~1', '/').replaceAll('~0', '~'))
    .reduce<unknown>((node, key) => (node as Record<string, unknown> | undefined)?.[key], document);
}
