import { type FieldError, fieldErrors, Problem, pointerTo, problem } from '@mra/contracts';
import type {
  FastifyReply,
  FastifyRequest,
  FastifySchemaCompiler,
  FastifySerializerCompiler,
  FastifyTypeProvider,
} from 'fastify';
import { z } from 'zod';
import { isStream, type Received, type Sent } from './media-types.ts';
import { routeOf } from './route-of.ts';

declare module 'fastify' {
  interface FastifyContextConfig {
    /**
     * Asked when a part of the request does not fit its schema: what else is wrong, which a schema cannot know. It meets parts of any
     * content, and may throw a Problem to be answered instead.
     */
    alsoWrong?: (request: FastifyRequest) => Promise<readonly FieldError[]>;
  }
}

/** Types of handlers from the schemas of their route. */
export interface ZodTypeProvider extends FastifyTypeProvider {
  readonly validator: Received<this['schema']>;
  readonly serializer: Sent<this['schema']>;
}

/** The parts of a request in the order in which Fastify validates them, each with the start of its pointers. */
const PARTS = [
  { name: 'params', property: 'params', pointer: '/path' },
  { name: 'body', property: 'body', pointer: '' },
  { name: 'querystring', property: 'query', pointer: '' },
  { name: 'headers', property: 'headers', pointer: '/headers' },
] as const;

/**
 * Checks a part of a request with its zod schema; a failure is a VALIDATION_FAILED with every wrong field of the part. Pointers:
 * `/at` in the body and in the query string, `/path/number` in the path, `/headers/if-match` in a header field.
 */
export const validatorCompiler: FastifySchemaCompiler<unknown> = ({ schema, httpPart }) => {
  if (isStream(schema)) return (value: unknown) => ({ value });
  if (!(schema instanceof z.ZodType)) throw new Error(`the schema of the ${httpPart} is not a zod schema`);
  const needsNothing = needsNothingOf(schema, httpPart);
  return (data: unknown) => {
    if (needsNothing(data)) return true;
    const { success, data: value, error } = schema.safeParse(data);
    return success ? { value } : { error: validationFailed(wrongIn(httpPart, schema, data, error)) };
  };
};

/**
 * Tells at once of a part that has nothing for its schema to look at that it is good as it is: of most query strings and header fields.
 * Of header fields those that the schema does not know are left as they are in any case.
 */
function needsNothingOf(schema: z.ZodType, part: string | undefined): (data: unknown) => boolean {
  if (!(schema instanceof z.ZodObject) || (schema.def.checks ?? []).length > 0) return () => false;
  const fields = Object.entries(schema.shape as Record<string, z.ZodType>);
  const mayBeLeftOut = fields.every(([, field]) => {
    const { success, data } = field.safeParse(undefined);
    return success && data === undefined;
  });
  if (!mayBeLeftOut) return () => false;
  const names = fields.map(([name]) => name);
  const isOpen = part === 'headers' && schema.def.catchall === undefined;
  return (data) => {
    if (typeof data !== 'object' || data === null || Array.isArray(data)) return false;
    const given = data as Readonly<Record<string, unknown>>;
    if (isOpen) return names.every((name) => given[name] === undefined);
    for (const _ in given) return false;
    return true;
  };
}

/** The part of a request that Fastify found not to fit its schema; -1 for any other error. */
const failedPart = (error: unknown): number =>
  error instanceof Problem
    ? PARTS.findIndex(({ name }) => name === (error as { validationContext?: string }).validationContext)
    : -1;

/** Whether an error is what Fastify made of a part of the request that does not fit its schema. */
export const isFailedPart = (error: unknown): error is Problem => failedPart(error) !== -1;

/**
 * Fastify stops at the first part that fails: this adds the wrong fields of the parts after it, and what the route's `alsoWrong` finds,
 * so that a caller learns of every wrong field at once. Of each field the first thing is told.
 * @throws what `alsoWrong` throws
 */
export async function withEveryWrongField(request: FastifyRequest, failed: Problem): Promise<Problem> {
  const others = PARTS.slice(failedPart(failed) + 1).flatMap((part) => {
    const schema = partSchema(request, part.name);
    const value = request[part.property] ?? null;
    const error = schema?.safeParse(value).error;
    return schema === undefined || error === undefined ? [] : wrongIn(part.name, schema, value, error);
  });
  const also = (await request.routeOptions.config.alsoWrong?.(request)) ?? [];
  const first = new Map<string, FieldError>();
  for (const error of [...(failed.errors ?? []), ...others, ...also]) {
    if (!first.has(error.pointer)) first.set(error.pointer, error);
  }
  return validationFailed([...first.values()]);
}

/**
 * Checks an answer with its zod schema, which also strips fields that are not in it. A mismatch is an error of the service: its text,
 * which names the operation and the fields but no values, is for the log. Strings and streams never get here.
 */
export const serializerCompiler: FastifySerializerCompiler<unknown> = ({ schema, method, url, httpStatus }) => {
  const answer = `answer ${httpStatus} of ${method} ${url}`;
  return (data: unknown) => {
    if (!(schema instanceof z.ZodType))
      throw new Error(`${answer} is declared as ${isStream(schema) ? 'a stream' : 'empty'}`);
    const { success, data: checked, error } = schema.safeParse(data);
    if (success) return JSON.stringify(checked);
    const wrong = fieldErrors(error).map(({ pointer, detail }) => `${pointer || 'the whole'} ${detail}`);
    throw new Error(`${answer} does not fit its schema: ${wrong.join('; ')}`);
  };
};

/**
 * Writes an answer as the handler made it, for a route's `serializerCompiler`: where tests hold every answer to its schema and checking
 * each would take longer than making it.
 */
export const asMade: FastifySerializerCompiler<unknown> = () => (data: unknown) => JSON.stringify(data);

/** preSerialization: an answer that the route does not declare would leave unchecked. Problems are sent as strings, so not here. */
export function refuseUndeclaredAnswer(
  request: FastifyRequest,
  reply: FastifyReply,
  payload: unknown,
  done: (error: null, payload: unknown) => void,
): void {
  const { schema, url } = routeOf(request);
  const declared = (schema?.response as Record<string, { content?: object } | undefined> | undefined)?.[
    reply.statusCode
  ];
  const mediaType = String(reply.getHeader('content-type') ?? 'application/json').split(';')[0] ?? '';
  const isHidden = schema === undefined || (schema as { hide?: boolean }).hide === true;
  if (!isHidden && (declared?.content === undefined || !Object.hasOwn(declared.content, mediaType)))
    throw new Error(`answer ${reply.statusCode} ${mediaType} of ${request.method} ${url} is not declared`);
  done(null, payload);
}

function partSchema(request: FastifyRequest, name: (typeof PARTS)[number]['name']): z.ZodType | undefined {
  const schema: unknown = request.routeOptions.schema?.[name];
  if (schema instanceof z.ZodType) return schema;
  const content = (schema as { content?: Record<string, { schema: unknown } | undefined> } | undefined)?.content;
  const chosen = content?.[request.mediaType ?? '']?.schema;
  return chosen instanceof z.ZodType ? chosen : undefined;
}

/** The wrong fields of a part of a request. In a query string a list is a field that is given more than once. */
function wrongIn(part: string | undefined, schema: z.ZodType, value: unknown, error: z.ZodError): FieldError[] {
  const start = PARTS.find(({ name }) => name === part)?.pointer ?? '';
  const lists = part === 'querystring' ? error.issues.filter(({ path }) => isList(value, path)) : [];
  const repeated = new Set(lists.map(({ path }) => pointerTo(path)));
  return fieldErrors(error, { schema, value }).map(({ pointer, detail }) => ({
    pointer: start + pointer,
    detail: repeated.has(pointer) ? 'is given more than once' : detail,
  }));
}

function isList(query: unknown, [name, ...rest]: readonly PropertyKey[]): boolean {
  return name !== undefined && rest.length === 0 && Array.isArray((query as Record<PropertyKey, unknown>)[name]);
}

function validationFailed(errors: readonly FieldError[]): Problem {
  return problem('VALIDATION_FAILED', {
    detail: errors.length === 1 ? 'One field is wrong.' : `${errors.length} fields are wrong.`,
    errors,
  });
}
