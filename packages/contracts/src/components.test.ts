import { expect, test } from 'vitest';
import { z } from 'zod';
import * as contracts from './index.ts';

interface Json {
  readonly [key: string]: unknown;
}

const document = z.toJSONSchema(z.globalRegistry, {
  io: 'input',
  target: 'draft-2020-12',
  unrepresentable: 'throw',
  uri: (id) => `#/components/schemas/${id}`,
});
const components = Object.entries(document.schemas) as [string, Json][];

/** Every schema within a schema, with a path to read in a failure. */
function* schemasIn(value: unknown, path: string): Generator<[string, Json]> {
  if (typeof value !== 'object' || value === null) return;
  yield [path, value as Json];
  for (const [key, child] of Object.entries(value)) yield* schemasIn(child, `${path}/${key}`);
}

const all = components.flatMap(([name, schema]) => [...schemasIn(schema, name)]);

test('every component has a description', () => {
  expect(components.filter(([, schema]) => typeof schema.description !== 'string').map(([name]) => name)).toEqual([]);
});

test('every string, list and whole number of a component has its limits', () => {
  const limits: Record<string, (schema: Json) => boolean> = {
    string: (schema) => 'maxLength' in schema || 'enum' in schema || 'const' in schema,
    array: (schema) => 'maxItems' in schema,
    integer: ({ minimum, maximum }) =>
      typeof minimum === 'number' && typeof maximum === 'number' && maximum < Number.MAX_SAFE_INTEGER,
  };
  const unlimited = all.filter(
    ([, schema]) => typeof schema.type === 'string' && limits[schema.type]?.(schema) === false,
  );
  expect(unlimited.map(([path]) => path)).toEqual([]);
});

test('components contain no default', () => {
  expect(all.filter(([path, schema]) => 'default' in schema && !path.endsWith('/properties'))).toEqual([]);
});

test('a request component refuses unknown fields, an answer does not say that it will never have more', () => {
  const open = (name: string) => (document.schemas[name] as Json).additionalProperties !== false;
  const requests = [
    'Question',
    'BatchRequest',
    'MembershipRecord',
    'MembershipEvent',
    'ImportLine',
    'AdministrationBody',
    'ProgrammeBody',
    'AgreementBody',
    'RuleBody',
    'LocalSuspensionBody',
  ];
  const answers = [
    'Answer',
    'InvalidAnswer',
    'Membership',
    'Agreement',
    'Programme',
    'Administration',
    'Problem',
    'ImportResult',
  ];
  expect(requests.filter(open)).toEqual([]);
  expect(answers.filter(open)).toEqual(answers);
});

test('every reference leads to a component', () => {
  const names = new Set(components.map(([name]) => `#/components/schemas/${name}`));
  const references = all.map(([, schema]) => schema.$ref).filter((ref): ref is string => typeof ref === 'string');
  expect(references.length).toBeGreaterThan(50);
  expect(references.filter((ref) => !names.has(ref))).toEqual([]);
});

test('query strings are inline objects that the document can show', () => {
  const queries = Object.entries(contracts).filter(([name]) => /^[A-Z]\w*(Query|Params)$/.test(name));
  expect(queries.length).toBeGreaterThan(8);
  for (const [name, schema] of queries as [string, z.ZodType][]) {
    expect(z.globalRegistry.get(schema)?.id, name).toBeUndefined();
    const json = z.toJSONSchema(schema, { io: 'input', unrepresentable: 'throw' });
    expect(json, name).toMatchObject({ type: 'object', additionalProperties: false });
  }
});
