import { buildApp, createMetrics, type Dependencies } from '@mra/api';
import { createLogger } from '@mra/http';

export interface OpenApiOperation {
  readonly operationId: string;
  readonly summary: string;
  readonly tags: readonly string[];
  readonly security: readonly Record<string, readonly string[]>[];
  readonly parameters?: readonly Parameter[];
  readonly requestBody?: { readonly content: Readonly<Record<string, Media>> };
  readonly responses: Readonly<Record<string, { readonly content?: Readonly<Record<string, Media>> }>>;
}

interface Parameter {
  readonly name: string;
  readonly in: 'path' | 'query' | 'header';
  readonly required: boolean;
  readonly schema: object;
  readonly example?: unknown;
}

export interface Media {
  readonly schema: object;
  readonly examples?: Readonly<Record<string, { readonly value?: unknown; readonly $ref?: string }>>;
}

export interface ApiDocument {
  readonly openapi: string;
  readonly paths: Readonly<Record<string, Readonly<Record<string, OpenApiOperation>>>>;
  readonly components: Readonly<Record<string, Readonly<Record<string, object>>>>;
}

/** The OpenAPI document of the API, built as the service builds it but without a database, its keys in alphabetical order. */
export async function buildApiDocument(): Promise<ApiDocument> {
  const dependencies: Dependencies = {
    db: untouchable('the database'),
    networks: untouchable('the network'),
    decider: untouchable('the decider'),
    authenticate: untouchable('authentication'),
    isLocal: untouchable('the local administrations'),
    now: untouchable('the clock'),
    logger: createLogger('silent'),
    metrics: createMetrics(),
    partnerCadenceSeconds: 86_400,
    rateLimit: { perMinute: 1, anonymousPerMinute: 1 },
  };
  const app = await buildApp(dependencies);
  await app.ready();
  const document = sorted(app.swagger()) as ApiDocument;
  await app.close();
  return document;
}

/** Every operation of a document with its method and path. */
export function operationsOf({ paths }: ApiDocument): readonly (OpenApiOperation & { method: string; path: string })[] {
  return Object.entries(paths).flatMap(([path, item]) =>
    Object.entries(item).map(([method, operation]) => ({ ...operation, method: method.toUpperCase(), path })),
  );
}

/** The address of a request as the examples of its required parameters make it. */
export function exampleUrlOf({ path, parameters = [] }: OpenApiOperation & { readonly path: string }): string {
  const examples = new Map(parameters.map(({ name, example }) => [name, encodeURIComponent(String(example))]));
  const query = parameters.filter((parameter) => parameter.in === 'query' && parameter.required);
  const filled = path.replace(/\{(\w+)\}/g, (_, name: string) => examples.get(name) ?? '');
  return [filled, query.map(({ name }) => `${name}=${examples.get(name)}`).join('&')].filter(Boolean).join('?');
}

/** A dependency that building the document must not touch: whatever is done with it throws. */
function untouchable(name: string): never {
  const touched = (): never => {
    throw new Error(`building the document touches ${name}`);
  };
  return new Proxy(touched, { get: touched, apply: touched }) as never;
}

/** Keys in alphabetical order, so that the document changes only where the API does; lists keep their order. */
function sorted(node: unknown): unknown {
  if (Array.isArray(node)) return node.map(sorted);
  if (typeof node !== 'object' || node === null) return node;
  const entries = Object.entries(node).map(([key, value]) => [key, sorted(value)] as const);
  return Object.fromEntries(entries.toSorted(([a], [b]) => (a < b ? -1 : 1)));
}
