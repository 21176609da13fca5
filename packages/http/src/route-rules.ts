import type { FastifyInstance, RouteOptions } from 'fastify';
import { z } from 'zod';
import type { Access } from './access.ts';
import { inlineJsonSchemaOf, refusesUnknownFields } from './json-schema.ts';
import { isStream, type MediaType, type RouteResponse } from './media-types.ts';
import { impliedProblems, withProblems } from './problem-responses.ts';

declare module 'fastify' {
  interface FastifyContextConfig {
    /**
     * `ignored`: the body comes from a partner, who adds fields first. `ignored_in_query`: probes add parameters of their own.
     * Unknown fields of all other requests are refused.
     */
    unknownFields?: 'ignored' | 'ignored_in_query';
  }
  interface FastifySchema {
    operationId?: string;
    summary?: string;
    description?: string;
    tags?: readonly string[];
    deprecated?: boolean;
    /** Not in the OpenAPI document, and free of the rules of documented routes. */
    hide?: boolean;
  }
}

/** An hour for routes that stream, unless they state a `handlerTimeout` of their own. */
const STREAM_TIMEOUT_MS = 3_600_000;

const NO_QUERY = z.strictObject({});

const ANY_QUERY = z.object({});

/** Clients that send `{}` where no body is asked for are served; whoever sends more is told that nobody reads it. */
export const NO_BODY = z.strictObject({}).nullable();

interface Declared {
  operationId?: string;
  summary?: string;
  tags?: readonly string[];
  hide?: boolean;
  params?: unknown;
  querystring?: unknown;
  headers?: unknown;
  body?: unknown;
  response?: Record<string, RouteResponse>;
}

interface Config {
  access?: Access;
  rateLimit?: unknown;
  unknownFields?: 'ignored' | 'ignored_in_query';
}

/**
 * Holds every route declared from here on to the rules of the API, or throws while the app is built: an operationId of its own, a
 * summary, a known tag, parameters for its path, an answer below 400, requests that refuse unknown fields. It completes what follows
 * from the declaration: no query string where none is declared, the problems of access, limits and bodies, a long timeout for streams.
 */
export function holdRoutesToRules(app: FastifyInstance, tags: readonly string[]): void {
  const operationIds = new Set<string>();
  app.addHook('onRoute', (route) => {
    const schema = route.schema as Declared | undefined;
    if (schema?.hide === true) return;
    const name = `${route.method} ${route.url}`;
    // HEAD routes are made by Fastify from those of GET, which have been judged.
    if (route.method !== 'HEAD') judge(name, route, schema, tags, operationIds);
    complete(route, schema as Declared);
  });
}

function judge(
  name: string,
  route: RouteOptions,
  schema: Declared | undefined,
  tags: readonly string[],
  ids: Set<string>,
): void {
  const { operationId, summary, response = {} } = schema ?? {};
  const refuse = (rule: string) => {
    throw new Error(`${name}: ${rule}`);
  };
  if (operationId === undefined || !/^[a-z][A-Za-z]+$/.test(operationId))
    refuse('schema.operationId must be a lower-camel verb');
  else if (ids.has(operationId)) refuse(`the operationId ${operationId} is taken`);
  else ids.add(operationId);
  if (!summary) refuse('schema.summary is missing');
  const own = schema?.tags ?? [];
  if (own.length === 0 || own.some((tag) => !tags.includes(tag)))
    refuse(`schema.tags must name some of ${tags.join(', ')}`);
  if (!Object.keys(response).some((status) => /^[23]\d\d$/.test(status)))
    refuse('schema.response has no answer below 400');
  if (Object.values(response).some(({ description }) => !description))
    refuse('an answer of schema.response has no description');
  const parameters = [...route.url.matchAll(/:(\w+)/g)].map(([, parameter]) => parameter as string).sort();
  const shape =
    schema?.params instanceof z.ZodType ? Object.keys(inlineJsonSchemaOf(schema.params).properties ?? {}).sort() : [];
  if (shape.join() !== parameters.join())
    refuse(`schema.params must be an object of ${parameters.join(', ') || 'nothing'}`);
  if (!isStrict(schema?.querystring)) refuse('schema.querystring must be a z.strictObject');
  const tolerant = (route.config as Config | undefined)?.unknownFields === 'ignored';
  if (!tolerant && !bodiesOf(schema?.body).every(isStrict))
    refuse('schema.body must consist of z.strictObject, or config.unknownFields be ignored');
}

function complete(route: RouteOptions, schema: Declared): void {
  const { access, rateLimit, unknownFields } = (route.config ?? {}) as Config;
  const codes = impliedProblems({
    isPublic: access === 'public',
    needsScope: typeof access === 'object',
    isLimited: rateLimit !== false,
    takesParameters: true,
    body: schema.body,
  });
  const response = withProblems(schema.response ?? {}, codes);
  const hasBody = !['GET', 'HEAD'].includes(String(route.method));
  const body = schema.body ?? (hasBody ? NO_BODY : undefined);
  const query = schema.querystring ?? (unknownFields === 'ignored_in_query' ? ANY_QUERY : NO_QUERY);
  route.schema = { ...schema, ...(body && { body }), querystring: query, response } as NonNullable<
    RouteOptions['schema']
  >;
  const media = [schema.body as { content?: Record<string, MediaType> } | undefined, ...Object.values(response)];
  const streams = media.some((it) => Object.values(it?.content ?? {}).some((type) => isStream(type.schema)));
  if (streams) route.handlerTimeout ??= STREAM_TIMEOUT_MS;
}

function isStrict(schema: unknown): boolean {
  return schema === undefined || isStream(schema) || (schema instanceof z.ZodType && refusesUnknownFields(schema));
}

function bodiesOf(body: unknown): unknown[] {
  if (body === undefined || body instanceof z.ZodType) return [body];
  return Object.values((body as { content?: Record<string, MediaType> }).content ?? {}).map(({ schema }) => schema);
}
