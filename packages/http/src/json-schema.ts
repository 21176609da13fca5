import { z } from 'zod';

export type JsonSchema = { [keyword: string]: unknown };

const COMPONENTS = '#/components/schemas/';

/** Lengths that a format fixes. */
const FORMAT_LENGTHS: Readonly<Record<string, number>> = { date: 10, uuid: 36 };

const INT32 = 2 ** 31;

/**
 * Unicode property escapes mean something else to readers that compile patterns without the `u` flag, as most tools do. Those used here,
 * spelt out: control characters and, of a class, lone surrogates, which such readers cannot tell from the halves of a character.
 */
const PORTABLE = [
  [String.raw`\P{Cc}`, String.raw`[^\u0000-\u001F\u007F-\u009F]`],
  [String.raw`\p{Cc}`, String.raw`\u0000-\u001F\u007F-\u009F`],
  [String.raw`\p{Cs}`, ''],
] as const;

/**
 * `input`: answers stay open, so that a field may be added later; requests are closed by `z.strictObject`.
 * `throw`: a `z.date()` cannot slip into the document as "anything".
 */
const OPTIONS = { io: 'input', target: 'draft-2020-12', unrepresentable: 'throw', override } as const;

/**
 * The JSON Schema of what travels for a zod schema. Schemas with an id are references to `components`, also at the root.
 * @throws when the schema cannot be represented
 */
export function jsonSchemaOf(schema: z.ZodType): JsonSchema {
  const { $defs: _, ...rest } = pointToComponents(z.toJSONSchema(schema, OPTIONS)) as JsonSchema;
  return bare(rest);
}

/** The same with the root in place even where it has an id: for the object whose properties are parameters. */
export function inlineJsonSchemaOf(schema: z.ZodType): JsonSchema {
  const all = pointToComponents(z.toJSONSchema(schema, OPTIONS)) as JsonSchema & { $defs?: Record<string, JsonSchema> };
  const id = typeof all.$ref === 'string' ? all.$ref.slice(COMPONENTS.length) : undefined;
  return bare((id === undefined ? all : all.$defs?.[id]) ?? all);
}

/**
 * The registered schemas that a document refers to, directly or through each other, by id in alphabetical order.
 * @throws when it refers to a schema that is not registered (an id lost by chaining after `.meta({ id })`, or recursion without an id)
 */
export function componentsOf(document: unknown): Record<string, JsonSchema> {
  const { schemas } = z.toJSONSchema(z.globalRegistry, { ...OPTIONS, uri: (id) => COMPONENTS + id });
  const found = new Map<string, JsonSchema>();
  const queue = [...referencesIn(document)];
  for (let id = queue.pop(); id !== undefined; id = queue.pop()) {
    if (found.has(id)) continue;
    const schema = schemas[id];
    if (schema === undefined) throw new Error(`no zod schema is registered with the id ${id}`);
    found.set(id, bare(schema as JsonSchema));
    queue.push(...referencesIn(schema));
  }
  return Object.fromEntries([...found].sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** Whether every object that the schema describes refuses unknown fields. */
export function refusesUnknownFields(schema: z.ZodType): boolean {
  return isClosed(z.toJSONSchema(schema, OPTIONS));
}

function isClosed(node: unknown): boolean {
  if (Array.isArray(node)) return node.every(isClosed);
  if (typeof node !== 'object' || node === null) return true;
  const { type, properties, additionalProperties } = node as JsonSchema;
  if (type === 'object' && properties !== undefined && additionalProperties !== false) return false;
  return Object.entries(node).every(
    ([key, value]) => ['examples', 'default', 'enum', 'const'].includes(key) || isClosed(value),
  );
}

/** What zod prints that readers of the document do not need: 200-character patterns of dates, the bounds of every integer. */
function override({ jsonSchema }: { jsonSchema: JsonSchema }): void {
  if (typeof jsonSchema.pattern === 'string') jsonSchema.pattern = portable(jsonSchema.pattern);
  if (jsonSchema.type === 'string' && typeof jsonSchema.format === 'string') {
    delete jsonSchema.pattern;
    const length = FORMAT_LENGTHS[jsonSchema.format];
    if (length !== undefined) jsonSchema.maxLength ??= length;
  }
  if (jsonSchema.type !== 'integer') return;
  if (jsonSchema.minimum === Number.MIN_SAFE_INTEGER) delete jsonSchema.minimum;
  if (jsonSchema.maximum === Number.MAX_SAFE_INTEGER) delete jsonSchema.maximum;
  const { minimum = -Infinity, maximum = Infinity } = jsonSchema as { minimum?: number; maximum?: number };
  jsonSchema.format ??= minimum >= -INT32 && maximum < INT32 ? 'int32' : 'int64';
}

/** @throws when a pattern has a property escape that is not in the table */
function portable(pattern: string): string {
  const plain = PORTABLE.reduce((text, [known, spelt]) => text.replaceAll(known, spelt), pattern);
  if (/\\[pP]\{/.test(plain)) throw new Error(`the pattern ${pattern} means something else without the u flag`);
  return plain;
}

function pointToComponents(node: unknown): unknown {
  if (Array.isArray(node)) return node.map(pointToComponents);
  if (typeof node !== 'object' || node === null) return node;
  const entries = Object.entries(node).map(([key, value]) => {
    const reference = key === '$ref' && typeof value === 'string' && value.startsWith('#/$defs/');
    return [key, reference ? COMPONENTS + value.slice('#/$defs/'.length) : pointToComponents(value)];
  });
  return Object.fromEntries(entries);
}

function bare({ $schema: _, $id: __, id: ___, $defs: ____, ...schema }: JsonSchema): JsonSchema {
  return schema;
}

function* referencesIn(node: unknown): Generator<string> {
  if (typeof node !== 'object' || node === null) return;
  for (const [key, value] of Object.entries(node)) {
    if (key === '$ref' && typeof value === 'string' && value.startsWith(COMPONENTS))
      yield value.slice(COMPONENTS.length);
    else yield* referencesIn(value);
  }
}
