import type { IncomingMessage, ServerResponse } from 'node:http';
import { type Problem, problem } from '@mra/contracts';
import Fastify, {
  type FastifyBaseLogger,
  type FastifyInstance,
  type FastifyReply,
  type FastifyRequest,
  type RawServerDefault,
} from 'fastify';
import { guardRoutes } from './access.ts';
import type { Authenticate } from './authenticate.ts';
import { hookOf } from './checks.ts';
import { serveDocs } from './docs.ts';
import { answerClientError, answerError, answerFrameworkError } from './error-handler.ts';
import { keepDeadlines } from './handler-deadlines.ts';
import { answerSecurityHeaders } from './headers.ts';
import { readBodies, refuseOtherMediaTypes } from './json-body.ts';
import { logAbortedRequest, RequestLog } from './logging.ts';
import { type ApiInfo, describeApi } from './openapi.ts';
import { limitRates, type RateLimitOptions } from './rate-limit.ts';
import { answerRequestId, requestIdOf } from './request-id.ts';
import { RequestLogger } from './request-logger.ts';
import { forgetRoute } from './route-of.ts';
import { holdRoutesToRules } from './route-rules.ts';
import { type OverloadLimits, shedLoad } from './shedding.ts';
import { closeConnectionsOnShutdown } from './shutdown.ts';
import { refuseUnknownRoutes } from './unknown-route.ts';
import {
  isFailedPart,
  refuseUndeclaredAnswer,
  serializerCompiler,
  validatorCompiler,
  withEveryWrongField,
  type ZodTypeProvider,
} from './zod-provider.ts';

/** An app on which routes are declared with zod schemas. */
export type HttpApp = FastifyInstance<
  RawServerDefault,
  IncomingMessage,
  ServerResponse,
  FastifyBaseLogger,
  ZodTypeProvider
>;

export interface HttpAppOptions {
  readonly logger: FastifyBaseLogger;
  readonly authenticate: Authenticate;
  readonly rateLimit: RateLimitOptions;
  readonly info: ApiInfo;
  readonly limits?: Partial<Limits>;
  /** How much is taken in; everything when left out. */
  readonly overload?: OverloadLimits | undefined;
  /** Proxies whose `X-Forwarded-For` is believed (addresses or networks); none when left out. */
  readonly trustedProxies?: readonly string[];
  /** What an error of the things that routes work with is to the caller; null for one that is INTERNAL_ERROR. */
  readonly translateError?: (error: unknown) => Problem | null;
}

export interface Limits {
  /** Bytes of a body that is read as a whole; routes may state a `bodyLimit` of their own. */
  readonly bodyBytes: number;
  /** Until the answer begins, and until it ends if it streams; routes may state a `handlerTimeout` of their own. */
  readonly handlerMs: number;
  /** Until a request has arrived, streams included. */
  readonly requestMs: number;
  /** Until an idle connection is closed; longer than the one of a gateway in front. */
  readonly keepAliveMs: number;
}

const LIMITS: Limits = { bodyBytes: 1_048_576, handlerMs: 30_000, requestMs: 3_600_000, keepAliveMs: 72_000 };

/** A segment of a path: an identifier has 64 characters, each of up to 12 when percent-encoded. */
const LONGEST_SEGMENT = 768;

/**
 * A Fastify app that speaks zod, OpenAPI 3.1 (`/openapi.json`, `/docs`), problem+json and bearer tokens; routes are declared on it
 * afterwards. Hooks and checks run in the order in which they stand here.
 */
export async function createHttpApp(options: HttpAppOptions): Promise<HttpApp> {
  const limits = { ...LIMITS, ...options.limits };
  const app = Fastify({
    loggerInstance: options.logger,
    logController: new RequestLog(options.logger),
    genReqId: requestIdOf,
    requestIdHeader: false,
    bodyLimit: limits.bodyBytes,
    requestTimeout: limits.requestMs,
    keepAliveTimeout: limits.keepAliveMs,
    childLoggerFactory: (logger, bindings, childOptions) => new RequestLogger(logger, bindings, childOptions),
    trustProxy: options.trustedProxies === undefined ? false : [...options.trustedProxies],
    // Requests that arrive on open connections while the app closes are answered, not refused without a problem document.
    return503OnClosing: false,
    routerOptions: { maxParamLength: LONGEST_SEGMENT },
    frameworkErrors: answerFrameworkError,
    clientErrorHandler: answerClientError,
  });

  app.setValidatorCompiler(validatorCompiler);
  app.setSerializerCompiler(serializerCompiler);
  const answer = (error: unknown, request: FastifyRequest, reply: FastifyReply) =>
    answerError(options.translateError?.(error) ?? error, request, reply);
  app.setErrorHandler((error, request, reply) => {
    if (!isFailedPart(error)) return answer(error, request, reply);
    return withEveryWrongField(request, error)
      .catch((thrown: unknown) => thrown)
      .then((told) => answer(told, request, reply));
  });
  app.setNotFoundHandler((request) => {
    forgetRoute(request);
    throw problem('NOT_FOUND');
  });
  app.decorateRequest('outcome', null);
  app.decorateRequest('reason', null);
  readBodies(app);

  const refuseUnknownRoute = refuseUnknownRoutes(app);
  // Before the pages under /docs, whose own policy then comes last.
  app.addHook('onSend', answerSecurityHeaders);
  await describeApi(app, options.info);
  await serveDocs(app);
  const limitRate = limitRates(options.rateLimit);
  const { identify, authorise } = guardRoutes(app, options.authenticate);
  holdRoutesToRules(
    app,
    options.info.tags.map(({ name }) => name),
  );

  const beginDeadline = keepDeadlines(app, limits.handlerMs);
  const shed = options.overload === undefined ? [] : [await shedLoad(app, options.overload)];
  const access = [identify, limitRate, refuseUnknownRoute, authorise];
  app.addHook('onRequest', hookOf([beginDeadline, answerRequestId, ...shed, ...access, refuseOtherMediaTypes]));
  app.addHook('preSerialization', refuseUndeclaredAnswer);
  app.addHook('onRequestAbort', logAbortedRequest);
  closeConnectionsOnShutdown(app);
  return app.withTypeProvider<ZodTypeProvider>();
}
