import { z } from 'zod';
import { Pointer } from './common.ts';
import { code, line } from './text.ts';

/**
 * Every problem that the API answers with (RFC 9457), one line each. The codes and types are part of the contract: they are added to,
 * never renamed. Kebab-case of the code is the last part of `type`.
 */
export const PROBLEMS = {
  VALIDATION_FAILED: entry(400, 'The request does not fit its schema', 'validation-failed'),
  MALFORMED_JSON: entry(400, 'The body is not JSON', 'malformed-json'),
  MALFORMED_REQUEST: entry(400, 'The request is not well-formed HTTP', 'malformed-request'),
  UNAUTHENTICATED: entry(401, 'A valid access token is needed', 'unauthenticated'),
  INSUFFICIENT_SCOPE: entry(403, 'The access token lacks a scope', 'insufficient-scope'),
  WRONG_ADMINISTRATION: entry(403, 'The caller acts for another administration', 'wrong-administration'),
  NOT_AUTHORITATIVE: entry(403, 'This deployment holds only a copy of the record', 'not-authoritative'),
  STREAM_STOPPED: entry(403, 'The transmitter has stopped the stream', 'stream-stopped'),
  NOT_FOUND: entry(404, 'There is no such resource', 'not-found'),
  METHOD_NOT_ALLOWED: entry(405, 'The resource does not have this method', 'method-not-allowed'),
  NOT_ACCEPTABLE: entry(406, 'No acceptable media type is available', 'not-acceptable'),
  REQUEST_TIMEOUT: entry(408, 'The request took too long to arrive', 'request-timeout'),
  CONFLICT: entry(409, 'The request conflicts with what is recorded', 'conflict'),
  TRANSITION_NOT_ALLOWED: entry(409, 'The life cycle does not allow this change of status', 'transition-not-allowed'),
  REMOVALS_NOT_ALLOWED: entry(409, 'The import would remove more members than allowed', 'removals-not-allowed'),
  GONE: entry(410, 'The resource is not kept any more', 'gone'),
  PRECONDITION_FAILED: entry(412, 'The resource has changed since it was read', 'precondition-failed'),
  PAYLOAD_TOO_LARGE: entry(413, 'The body is too large', 'payload-too-large'),
  URI_TOO_LONG: entry(414, 'A part of the path is too long', 'uri-too-long'),
  UNSUPPORTED_MEDIA_TYPE: entry(415, 'The media type of the body is not supported', 'unsupported-media-type'),
  IDEMPOTENCY_KEY_REUSED: entry(422, 'The idempotency key belongs to another request', 'idempotency-key-reused'),
  RATE_LIMITED: entry(429, 'Too many requests', 'rate-limited'),
  HEADERS_TOO_LARGE: entry(431, 'The header fields are too large', 'headers-too-large'),
  INTERNAL_ERROR: entry(500, 'The service failed', 'internal-error'),
  SERVICE_UNAVAILABLE: entry(503, 'The service cannot answer now', 'service-unavailable'),
} as const;

export type ProblemCode = keyof typeof PROBLEMS;
export type ProblemStatus = (typeof PROBLEMS)[ProblemCode]['status'];

export const PROBLEM_CODES = Object.keys(PROBLEMS) as [ProblemCode, ...ProblemCode[]];

/** The most `errors` that one problem lists: a body of a mebibyte can hold half a million wrong items. */
export const MAX_FIELD_ERRORS = 100;

/** One wrong field: a JSON pointer (RFC 6901) to it, and what is wrong with it. */
interface WrongField {
  readonly pointer: string;
  readonly detail: string;
}

export interface ProblemOptions {
  /** Told to the caller: never a name, a token, or the text of a caught error. */
  readonly detail?: string | undefined;
  readonly errors?: readonly WrongField[] | undefined;
  /** Header fields of the answer, for example `retry-after`. */
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /** For the log only. */
  readonly cause?: unknown;
}

/** An answer that is an error. Its message is the public title, so that printing one leaks nothing of its cause. */
export class Problem extends Error {
  override readonly name = 'Problem';
  readonly code: ProblemCode;
  readonly status: ProblemStatus;
  readonly detail: string | undefined;
  readonly errors: readonly WrongField[] | undefined;
  readonly headers: Readonly<Record<string, string>>;

  constructor(code: ProblemCode, options: ProblemOptions = {}) {
    super(PROBLEMS[code].title, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.status = PROBLEMS[code].status;
    this.detail = options.detail;
    this.errors = options.errors;
    this.headers = options.headers ?? {};
  }
}

/** A problem to throw: `throw problem('NOT_FOUND', { detail: 'no such programme' })`. */
export function problem(code: ProblemCode, options: ProblemOptions = {}): Problem {
  return new Problem(code, options);
}

/**
 * What the caller is shown of a problem (RFC 9457 section 3.1); its cause and headers stay out.
 * @param instance URI of this occurrence.
 */
export function problemDocument(shown: Problem, instance: string): ProblemDocument {
  const { code, status, detail, errors } = shown;
  const { type, title } = PROBLEMS[code];
  return {
    type,
    title,
    status,
    ...(detail === undefined ? {} : { detail }),
    instance,
    code,
    ...(errors === undefined ? {} : { errors: errors.slice(0, MAX_FIELD_ERRORS).map((error) => ({ ...error })) }),
  };
}

const types = PROBLEM_CODES.map((code) => PROBLEMS[code].type) as [ProblemType, ...ProblemType[]];

export const ProblemDocument = z
  .object({
    type: z.enum(types).meta({ description: 'Names the kind of problem; stable.' }),
    title: line(100).meta({ description: 'The kind of problem in words.' }),
    status: z.int().min(400).max(599).meta({ description: 'The HTTP status code.' }),
    detail: line(2000).optional().meta({ description: 'What is wrong with this request.' }),
    instance: code(/^urn:aeo-mra:request:[A-Za-z0-9._-]{1,64}$/, 200, 'the URN of a request').meta({
      description: 'This occurrence: a URN with the request id.',
    }),
    code: z.enum(PROBLEM_CODES).meta({ description: 'The kind of problem, from a closed list.' }),
    errors: z
      .array(
        z.object({
          pointer: Pointer.meta({
            description:
              'JSON pointer to the field: `/at` in the body or the query string, `/path/number` in the path, `/headers/if-match` in a header field; empty for the whole body.',
          }),
          detail: line(2000).meta({ description: 'What is wrong with the field.' }),
        }),
      )
      .max(MAX_FIELD_ERRORS)
      .optional()
      .meta({ description: 'Every wrong field, up to a hundred.' }),
  })
  .meta({ id: 'Problem', description: 'An error (RFC 9457).' });

export type ProblemDocument = z.infer<typeof ProblemDocument>;

type ProblemType = (typeof PROBLEMS)[ProblemCode]['type'];

function entry<Status extends number, Name extends string>(status: Status, title: string, name: Name) {
  return { status, title, type: `urn:aeo-mra:problem:${name}` as const };
}
