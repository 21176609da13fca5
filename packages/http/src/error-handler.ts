import type { Socket } from 'node:net';
import { Problem, type ProblemCode, problem, problemDocument } from '@mra/contracts';
import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify';
import { SECURITY_HEADERS } from './headers.ts';
import { operationOf } from './logging.ts';
import { instanceOf, requestIdOf } from './request-id.ts';

/** Fastify's own errors that are the caller's doing; any other of its errors is ours. */
const FASTIFY_ERRORS: Readonly<Record<string, ProblemCode>> = {
  FST_ERR_NOT_FOUND: 'NOT_FOUND',
  // Of the files of Swagger UI: no such thing is there, and the path is no failure of the service.
  FST_STATIC_FORBIDDEN_PATH: 'NOT_FOUND',
  FST_ERR_BAD_URL: 'MALFORMED_REQUEST',
  FST_ERR_MAX_PARAM_LENGTH: 'URI_TOO_LONG',
  FST_ERR_CTP_BODY_TOO_LARGE: 'PAYLOAD_TOO_LARGE',
  FST_ERR_CTP_INVALID_MEDIA_TYPE: 'UNSUPPORTED_MEDIA_TYPE',
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: 'MALFORMED_REQUEST',
  FST_ERR_ROUTE_MISSING_CONTENT_TYPE: 'UNSUPPORTED_MEDIA_TYPE',
  // The body broke off: nobody reads the answer, but it is no failure of the service.
  ECONNRESET: 'MALFORMED_REQUEST',
};

/** Headers that a handler may have set for an answer that is now replaced. */
const OF_THE_ANSWER = [
  'etag',
  'location',
  'content-location',
  'last-modified',
  'content-disposition',
  'content-encoding',
];

/** Seconds after which a caller may try again when a handler took too long. */
const RETRY_AFTER_TIMEOUT = '5';

/**
 * The one error handler: answers every error with a problem document, and logs 5xx with their causes. What is not a `Problem` and not
 * the caller's doing is INTERNAL_ERROR with the request id and nothing more.
 */
export function answerError(error: unknown, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const answered = asProblem(error, request);
  if (answered.status >= 500) {
    request.log.error({ operation: operationOf(request), err: answered.cause ?? answered }, 'request failed');
  }
  // A handler that answered twice: the first answer is on its way.
  return reply.sent || reply.raw.headersSent ? reply : sendProblem(answered, request, reply);
}

/** Fastify's `frameworkErrors`: paths that cannot be decoded, before any hook has run. */
export function answerFrameworkError(error: FastifyError, request: FastifyRequest, reply: FastifyReply): void {
  reply.headers({ ...SECURITY_HEADERS, 'cache-control': 'no-store', 'x-request-id': request.id });
  answerError(error, request, reply);
  // Before any hook: nobody has been identified, and no time has passed.
  const line = { operation: operationOf(request), status: reply.statusCode, durationMs: 0, client: null };
  request.log.info({ ...line, outcome: request.outcome }, 'request');
}

/** Node's `clientError`: what is not HTTP, has too long a head, or does not arrive in time. There is no request, only a socket. */
export function answerClientError(error: Error & { code?: string }, socket: Socket): void {
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy();
    return;
  }
  const code = CLIENT_ERRORS[error.code ?? ''] ?? 'MALFORMED_REQUEST';
  const answered = problem(code);
  const requestId = requestIdOf({ headers: {} });
  const body = JSON.stringify(problemDocument(answered, instanceOf(requestId)));
  const headers = {
    ...SECURITY_HEADERS,
    'cache-control': 'no-store',
    connection: 'close',
    'content-length': Buffer.byteLength(body),
    'content-type': 'application/problem+json; charset=utf-8',
    'x-request-id': requestId,
  };
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  socket.end(`HTTP/1.1 ${answered.status} ${answered.message}\r\n${lines.join('')}\r\n${body}`);
}

const CLIENT_ERRORS: Readonly<Record<string, ProblemCode>> = {
  ERR_HTTP_REQUEST_TIMEOUT: 'REQUEST_TIMEOUT',
  HPE_HEADER_OVERFLOW: 'HEADERS_TOO_LARGE',
};

function asProblem(error: unknown, request: FastifyRequest): Problem {
  if (error instanceof Problem) return error;
  const code = (error as { code?: unknown } | null | undefined)?.code;
  if (code === 'FST_ERR_HANDLER_TIMEOUT') return timedOut(request, error);
  const known = typeof code === 'string' && Object.hasOwn(FASTIFY_ERRORS, code) ? FASTIFY_ERRORS[code] : undefined;
  if (known === undefined) return problem('INTERNAL_ERROR', { cause: error });
  const detail =
    known === 'PAYLOAD_TOO_LARGE' ? `The body may have ${request.routeOptions.bodyLimit} bytes.` : undefined;
  return problem(known, { detail, cause: error });
}

/** The same timer runs while the body arrives and while the handler works. */
function timedOut(request: FastifyRequest, cause: unknown): Problem {
  if (request.raw.complete === false) return problem('REQUEST_TIMEOUT', { cause, headers: { connection: 'close' } });
  return problem('SERVICE_UNAVAILABLE', {
    detail: 'The answer took too long.',
    cause,
    headers: { 'retry-after': RETRY_AFTER_TIMEOUT },
  });
}

/** Answers with a problem document and logs nothing but the request. */
export function sendProblem(answered: Problem, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const { code: reason } = (answered.cause ?? {}) as { code?: unknown };
  request.outcome = answered.code;
  request.reason = typeof reason === 'string' ? reason : null;
  for (const name of OF_THE_ANSWER) reply.removeHeader(name);
  // A string, so that no serializer of the route can fail while an error is answered.
  const body = JSON.stringify(problemDocument(answered, instanceOf(request.id)));
  return reply.code(answered.status).headers(answered.headers).type('application/problem+json').send(body);
}
