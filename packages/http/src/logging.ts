import { type FastifyBaseLogger, type FastifyReply, type FastifyRequest, LogController } from 'fastify';
import { type DestinationStream, type Logger, type LoggerOptions, pino } from 'pino';
import { callerOf } from './caller.ts';

declare module 'fastify' {
  interface FastifyRequest {
    /** What came of the request, for its line in the log: the code of a problem, or what the handler sets (`recognised`). */
    outcome: string | null;
    /** Why, where the answer does not say: the code of the error behind a refused token. */
    reason: string | null;
  }
}

/** Depth to which the causes of an error are logged. */
const MOST_CAUSES = 5;

/** Classes of SQLSTATE whose messages repeat the value that was wrong: 22, data exceptions. */
const DATA_EXCEPTION = /^22[0-9A-Z]{3}$/;

/**
 * Options of the pino logger: no tokens, no request or response objects (their URLs hold identifiers), and of errors only what does
 * not repeat data: a database error's `detail` holds the row.
 */
export function loggerOptions(level: string): LoggerOptions {
  return {
    level,
    base: null,
    timestamp: pino.stdTimeFunctions.isoTime,
    redact: {
      paths: ['authorization', 'token', '*.authorization', '*.token', '*.headers.authorization'],
      censor: '[redacted]',
    },
    serializers: {
      req: (request: FastifyRequest) => ({ operation: operationOf(request) }),
      res: (reply: FastifyReply) => ({ statusCode: reply.statusCode }),
      err: describeError,
    },
    hooks: {
      logMethod(args, method) {
        method.apply(this, withMessage(args).map(withoutUrl) as typeof args);
      },
    },
  };
}

/** The logger of a service: JSON lines to `destination`, by default stdout, without a worker thread. */
export function createLogger(level: string, destination?: DestinationStream): Logger {
  return destination === undefined ? pino(loggerOptions(level)) : pino(loggerOptions(level), destination);
}

/** The operation id of the route, else its pattern; never the URL. */
export function operationOf(request: FastifyRequest): string {
  const { schema, url } = request.routeOptions;
  return (schema as { operationId?: string } | undefined)?.operationId ?? url ?? 'unmatched';
}

/** One line for each request, in place of Fastify's two, which hold the URL with its query. */
export class RequestLog extends LogController {
  /** For lines of known fields: looking for secrets in their values takes three times as long as writing them. */
  readonly #lines: FastifyBaseLogger;

  constructor(logger: FastifyBaseLogger) {
    super({ requestIdLogLabel: 'requestId' });
    this.#lines = logger.child({}, { redact: [] } as object);
  }

  override incomingRequest(): void {}

  override requestCompleted(error: Error | null | undefined, request: FastifyRequest, reply: FastifyReply): void {
    const line = {
      operation: operationOf(request),
      status: reply.statusCode,
      durationMs: Math.round(reply.elapsedTime * 10) / 10,
      client: callerOf(request)?.clientId ?? null,
      outcome: request.outcome ?? (error ? 'failed' : null),
      ...(request.reason === null ? {} : { reason: request.reason }),
    };
    if (error) request.log.info({ ...line, err: error }, 'request');
    else this.#lines.info({ requestId: request.id, ...line }, 'request');
  }

  override defaultErrorLog(error: Error, request: FastifyRequest): void {
    request.log.error({ operation: operationOf(request), err: error }, 'the error handler failed');
  }

  override streamError(error: Error & { code?: string }, request: FastifyRequest): void {
    const aborted = error.code === 'ERR_STREAM_PREMATURE_CLOSE';
    request.log[aborted ? 'info' : 'error']({ operation: operationOf(request), err: error }, 'the answer broke off');
  }

  override routeNotFound(): void {}

  override writeHeadError(error: Error, request: FastifyRequest): void {
    request.log.error({ operation: operationOf(request), err: error }, 'the head of the answer could not be written');
  }

  override serviceUnavailable(logger: FastifyBaseLogger): void {
    logger.info('request refused while closing');
  }
}

/** Logs a request whose caller went away before the answer: Fastify has no line for it. */
export async function logAbortedRequest(request: FastifyRequest): Promise<void> {
  request.log.info(
    { operation: operationOf(request), client: callerOf(request)?.clientId ?? null, outcome: 'aborted' },
    'request',
  );
}

/** Name, code and stack of an error and of its causes, without the properties in which libraries repeat data. */
function describeError(error: unknown, depth = 0): unknown {
  if (!(error instanceof Error)) return { type: typeof error };
  const { code, constraint, table } = error as { code?: unknown; constraint?: unknown; table?: unknown };
  const repeatsData = typeof code === 'string' && DATA_EXCEPTION.test(code);
  return {
    type: error.name,
    message: repeatsData ? 'a value does not fit its type' : withoutUrl(error.message),
    code,
    constraint,
    table,
    stack: error.stack
      ?.split('\n')
      .filter((line) => /^\s+at /.test(line))
      .join('\n'),
    ...(error.cause === undefined || depth === MOST_CAUSES ? {} : { cause: describeError(error.cause, depth + 1) }),
  };
}

/** Of an error without a message pino takes the error's own, past the serializer. */
function withMessage(args: readonly unknown[]): unknown[] {
  return args.length === 1 && typeof args[0] === 'object' ? [args[0], 'error'] : [...args];
}

/** Fastify repeats the URL in its messages about answers that were sent twice. */
function withoutUrl(message: unknown): unknown {
  return typeof message === 'string' ? message.replace(/(Reply was already sent), .*/s, '$1') : message;
}
