import { type FastifyBaseLogger, type FastifyReply, type FastifyRequest, LogController } from 'fastify';
import { type DestinationStream, type Logger, type LoggerOptions, pino } from 'pino';
import { callerOf } from './caller.ts';
import { standardOutput } from './log-output.ts';
import { routeOf } from './route-of.ts';

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

/** The logger of a service: JSON lines to `destination`, by default stdout. */
export function createLogger(level: string, destination: DestinationStream = standardOutput()): Logger {
  return pino(loggerOptions(level), destination);
}

/** The operation id of the route, else its pattern; never the URL. */
export function operationOf(request: FastifyRequest): string {
  const { schema, url } = routeOf(request);
  return (schema as { operationId?: string } | undefined)?.operationId ?? url ?? 'unmatched';
}

/** One line for each request, in place of Fastify's two, which hold the URL with its query. */
export class RequestLog extends LogController {
  readonly #logger: Logger;
  readonly #lines: DestinationStream;

  /** @param logger of `createLogger` */
  constructor(logger: FastifyBaseLogger) {
    super({ requestIdLogLabel: 'requestId' });
    this.#logger = logger as Logger;
    this.#lines = (logger as unknown as { [pino.symbols.streamSym]: DestinationStream })[pino.symbols.streamSym];
  }

  override incomingRequest(): void {}

  override requestCompleted(error: Error | null | undefined, request: FastifyRequest, reply: FastifyReply): void {
    const operation = operationOf(request);
    const durationMs = Math.round(reply.elapsedTime * 10) / 10;
    const { outcome, reason } = request;
    const client = callerOf(request)?.clientId ?? null;
    if (error) {
      const line = { operation, status: reply.statusCode, durationMs, client, outcome: outcome ?? 'failed' };
      request.log.info({ ...line, ...(reason === null ? {} : { reason }), err: error }, 'request');
    } else if (this.#logger.levelVal <= INFO) {
      // As pino would write it, in a tenth of the time: it makes every line ready for whatever may be in it, and looks for secrets.
      const because = reason === null ? '' : `,"reason":${quoted(reason)}`;
      this.#lines.write(
        `{"level":${INFO},"time":"${present()}","requestId":${quoted(request.id)},"operation":${quoted(operation)},` +
          `"status":${reply.statusCode},"durationMs":${durationMs},"client":${quoted(client)},` +
          `"outcome":${quoted(outcome)}${because},"msg":"request"}\n`,
      );
    }
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

/** pino's number of the level. */
const INFO = 30;

const PLAIN = /^[\w.:/*-]*$/;

function quoted(text: string | null): string {
  return text !== null && PLAIN.test(text) ? `"${text}"` : JSON.stringify(text);
}

/** Lines of one millisecond share its text. */
let latest = { at: 0, text: '' };

function present(): string {
  const at = Date.now();
  if (latest.at !== at) latest = { at, text: new Date(at).toISOString() };
  return latest.text;
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
