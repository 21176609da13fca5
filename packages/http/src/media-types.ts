import type { Readable } from 'node:stream';
import type { z } from 'zod';

/**
 * A body that is neither parsed nor checked as a whole: the handler receives, or answers with, a stream.
 * `line` describes one line of it; null: text that is described in words.
 */
export interface StreamSchema<Line extends z.ZodType | null = z.ZodType | null> {
  readonly kind: 'stream';
  readonly line: Line;
  readonly description: string;
}

export interface MediaType<Schema extends z.ZodType | StreamSchema = z.ZodType | StreamSchema> {
  readonly schema: Schema;
  readonly examples?: Examples | undefined;
}

/** Examples by name, as OpenAPI has them. */
export type Examples = Readonly<Record<string, { readonly summary?: string; readonly value: unknown }>>;

/** An answer of a route. Without `content` it has no body. */
export interface RouteResponse {
  readonly description: string;
  /** Header fields of this answer beside those that every answer has. */
  readonly headers?: ResponseHeaders | undefined;
  readonly content?: Readonly<Record<string, MediaType>> | undefined;
}

export type ResponseHeaders = Readonly<Record<string, z.ZodType>>;

interface ResponseDetails {
  readonly headers?: ResponseHeaders;
  readonly examples?: Examples;
}

/** A JSON answer: `200: json(Programme, 'The programme.', { headers: { etag: ETag } })`. */
export function json<Schema extends z.ZodType>(schema: Schema, description: string, details: ResponseDetails = {}) {
  const { headers, examples } = details;
  return { description, headers, content: { 'application/json': { schema, examples } } } as const;
}

/** An answer without a body: `204: noContent('Deleted.')`, sent with `reply.code(204).send()`. */
export function noContent(description: string, details: { readonly headers?: ResponseHeaders } = {}) {
  return { description, headers: details.headers } as const;
}

/** `application/x-ndjson`: one JSON value a line, streamed. The handler checks each line, since nothing else does. */
export function ndjson<Line extends z.ZodType>(line: Line, description = 'One JSON value a line.'): StreamSchema<Line> {
  return { kind: 'stream', line, description };
}

/** Text in a form that JSON Schema cannot describe, streamed: `text('CSV with a header line …')`. */
export function text(description: string): StreamSchema<null> {
  return { kind: 'stream', line: null, description };
}

export function isStream(schema: unknown): schema is StreamSchema {
  return typeof schema === 'object' && schema !== null && (schema as { kind?: unknown }).kind === 'stream';
}

/** What a handler receives for the schema of a part of the request. */
export type Received<Schema> = Schema extends z.ZodType
  ? z.output<Schema>
  : Schema extends StreamSchema
    ? Readable
    : Schema extends { readonly content: infer Content }
      ? {
          [Type in keyof Content]: Content[Type] extends { schema: infer Inner } ? Received<Inner> : never;
        }[keyof Content]
      : unknown;

/** What a handler sends for the schema of an answer. */
export type Sent<Schema> = Schema extends z.ZodType
  ? z.input<Schema>
  : Schema extends StreamSchema
    ? Readable | string
    : Schema extends { readonly content: infer Content extends object }
      ? { [Type in keyof Content]: Content[Type] extends { schema: infer Inner } ? Sent<Inner> : never }[keyof Content]
      : Schema extends { readonly description: string }
        ? undefined
        : unknown;
