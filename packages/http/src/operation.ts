import { METHODS } from 'node:http';
import { PROBLEMS } from '@mra/contracts';
import { z } from 'zod';
import type { Access } from './access.ts';
import { isOptional } from './json-body.ts';
import { inlineJsonSchemaOf, type JsonSchema, jsonSchemaOf } from './json-schema.ts';
import { isStream, type MediaType, type RouteResponse, type StreamSchema } from './media-types.ts';
import { codesOf } from './problem-responses.ts';
import { NO_BODY } from './route-rules.ts';

/** A declared route, as far as its description in OpenAPI goes. */
export interface DescribedRoute {
  readonly access: Access;
  readonly schema: DescribedSchema;
}

export interface DescribedSchema {
  readonly operationId: string;
  readonly summary: string;
  readonly description?: string;
  readonly tags: readonly string[];
  readonly deprecated?: boolean;
  readonly params?: z.ZodType;
  readonly querystring?: z.ZodType;
  readonly headers?: z.ZodType;
  readonly body?: z.ZodType | { readonly description?: string; readonly content: Readonly<Record<string, MediaType>> };
  readonly response: Readonly<Record<string, RouteResponse>>;
}

/** Header fields that answers have beside those that their route declares; components of the document. */
export const COMMON_HEADERS: Readonly<Record<string, object>> = {
  'X-Request-Id': header(
    'Names the request in the log; given by the caller or made here.',
    text(64, '^[A-Za-z0-9._-]{1,64}$'),
  ),
  'RateLimit-Limit': header('Requests a minute that the client may make.', count(1_000_000)),
  'RateLimit-Remaining': header('Requests left in this minute.', count(1_000_000)),
  'RateLimit-Reset': header('Seconds until the count begins anew.', count(60)),
  'Retry-After': header('Seconds after which to try again.', count(3600)),
  'WWW-Authenticate': header('What the access token lacks (RFC 6750).', text(500, '^Bearer')),
  'Access-Control-Allow-Origin': header(
    'Not sent by the service, so that browsers keep its answers from pages of other origins; a gateway in front may add it.',
    text(200, '^(\\*|null|https://.+)$'),
  ),
};

const BEARER = 'bearer';

/** The Operation Object (OpenAPI 3.1) of a route. */
export function describeOperation({ access, schema }: DescribedRoute): JsonSchema {
  const parameters = [
    ...parametersOf('path', schema.params),
    ...parametersOf('query', schema.querystring),
    ...parametersOf('header', schema.headers),
  ];
  return defined({
    operationId: schema.operationId,
    summary: schema.summary,
    description: [schema.description, accessInWords(access)].filter(Boolean).join('\n\n'),
    tags: schema.tags,
    deprecated: schema.deprecated,
    security: securityOf(access),
    parameters: parameters.length === 0 ? undefined : parameters,
    requestBody: schema.body === undefined || schema.body === NO_BODY ? undefined : requestBodyOf(schema.body),
    responses: Object.fromEntries(
      Object.entries(schema.response).map(([status, it]) => [status, responseOf(status, it)]),
    ),
  });
}

/** The security scheme that the operations refer to, by its name. */
export const SECURITY_SCHEMES = {
  [BEARER]: {
    type: 'http',
    scheme: 'bearer',
    bearerFormat: 'JWT',
    description:
      'Access token of the RFC 9068 profile, verified as RFC8725 demands: algorithms from a list, issuer, audience, expiry.',
  },
} as const;

/** Roles of a bearer scheme are the scopes; alternatives stand beside each other (OpenAPI 3.1, Security Requirement Object). */
function securityOf(access: Access): object[] {
  if (access === 'public') return [];
  if (access === 'any_token') return [{ [BEARER]: [] }];
  return access.scopes.map((scope) => ({ [BEARER]: [scope] }));
}

function accessInWords(access: Access): string {
  if (access === 'public') return 'Needs no token.';
  if (access === 'any_token') return 'Needs a valid token, of any scope.';
  return `Needs a token with the scope ${access.scopes.map((scope) => `\`${scope}\``).join(' or ')}.`;
}

function parametersOf(place: 'path' | 'query' | 'header', schema: z.ZodType | undefined): JsonSchema[] {
  if (schema === undefined) return [];
  const { properties = {}, required = [] } = inlineJsonSchemaOf(schema) as {
    properties?: Record<string, JsonSchema>;
    required?: string[];
  };
  const isRequired = (name: string) => place === 'path' || required.includes(name);
  return Object.entries(properties).map(([name, { description, examples, ...property }]) =>
    defined({
      name,
      in: place,
      description,
      required: isRequired(name),
      schema: property,
      // Swagger UI fills examples in: an optional parameter is left for the reader to choose.
      example: isRequired(name) && Array.isArray(examples) ? examples[0] : undefined,
    }),
  );
}

function requestBodyOf(body: NonNullable<DescribedSchema['body']>): JsonSchema {
  if (body instanceof z.ZodType)
    return { required: true, content: contentOf({ 'application/json': { schema: body } }) };
  const required = !isOptional(body.content);
  return defined({ description: body.description, required, content: contentOf(body.content) });
}

function responseOf(status: string, response: RouteResponse): JsonSchema {
  const codes = codesOf(response);
  const own = Object.entries(response.headers ?? {}).map(([name, schema]) => {
    const { description, ...rest } = jsonSchemaOf(schema);
    return [name, defined({ description, schema: rest })];
  });
  const common = Object.keys(COMMON_HEADERS).filter((name) => hasHeader(name, status));
  const content = response.content && contentOf(response.content);
  const problem = content?.['application/problem+json'];
  // Examples of problems are shared components: one of each code.
  if (problem !== undefined && codes.length > 0) {
    problem.examples = Object.fromEntries(codes.map((code) => [code, { $ref: `#/components/examples/${code}` }]));
  }
  return defined({
    description: response.description,
    headers: Object.fromEntries([...common.map((name) => [name, { $ref: `#/components/headers/${name}` }]), ...own]),
    content,
  });
}

function hasHeader(name: string, status: string): boolean {
  if (name === 'Retry-After') return status === '429' || status === '503';
  if (name === 'WWW-Authenticate') return status === '401' || status === '403';
  return true;
}

function contentOf(content: Readonly<Record<string, MediaType>>): Record<string, JsonSchema> {
  return Object.fromEntries(
    Object.entries(content).map(([type, { schema, examples }]) => [
      type,
      defined({ schema: isStream(schema) ? streamSchemaOf(schema, type) : jsonSchemaOf(schema), examples }),
    ]),
  );
}

/** A stream is text; what its lines are is told beside it, since OpenAPI 3.1 has no word for a sequence of values. */
function streamSchemaOf({ line, description }: StreamSchema, contentMediaType: string): JsonSchema {
  const contentSchema = line === null ? undefined : jsonSchemaOf(line);
  return defined({ ...text(Number.MAX_SAFE_INTEGER, '^[^\\u0000]*$'), description, contentMediaType, contentSchema });
}

/** An example of each code, as the service answers it. */
export const PROBLEM_EXAMPLES = Object.fromEntries(
  Object.entries(PROBLEMS).map(([code, { status, title, type }]) => {
    const instance = 'urn:aeo-mra:request:1f0c9b52-4c0e-4d6f-9f27-0a6c2f9f5d11';
    const errors =
      code === 'VALIDATION_FAILED' ? { errors: [{ pointer: '/att', detail: 'is not a known field' }] } : {};
    return [code, { summary: title, value: { type, title, status, instance, code, ...errors } }];
  }),
);

/** The path of a route in OpenAPI's form: `/v1/programmes/{programme}`. */
export function openapiPath(url: string): string {
  if (url.includes('*') || url.includes('('))
    throw new Error(`${url} cannot be described: its parameters must be whole segments`);
  return url.replace(/:(\w+)/g, '{$1}');
}

/** The methods of a route as OpenAPI has them. */
export function openapiMethods(method: string | string[]): string[] {
  return [method]
    .flat()
    .filter((name) => METHODS.includes(name) && name !== 'HEAD')
    .map((name) => name.toLowerCase());
}

function header(description: string, schema: object): object {
  return { description, schema };
}

function text(maxLength: number, pattern: string): object {
  return { type: 'string', maxLength, pattern };
}

function count(maximum: number): object {
  return { type: 'integer', format: 'int32', minimum: 0, maximum };
}

function defined(entries: Record<string, unknown>): JsonSchema {
  return Object.fromEntries(Object.entries(entries).filter(([, value]) => value !== undefined));
}
