import { errorCodes, type FastifyInstance, type FastifyReply, type FastifyRequest, type RouteOptions } from 'fastify';
import { routeOf } from './route-of.ts';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Milliseconds until the answer begins, and until it ends if it streams; set from the `handlerTimeout` of the route. */
    handlerMs?: number;
  }
}

/** How late a deadline may be noticed. */
const TICK_MS = 50;

interface Watched {
  readonly request: FastifyRequest;
  readonly reply: FastifyReply;
  readonly deadline: number;
  readonly handlerMs: number;
}

/**
 * Ends requests whose handlers take too long, with the error of Fastify's own `handlerTimeout`. That one forgets a request with a body
 * as soon as the body has been read (fastify 5.12.8: its timer ends with the `close` of the request, which comes before the answer), and
 * makes an AbortController, a timer and an exception for each, a tenth of the time of a question.
 * Call it after what sets the `handlerTimeout` of routes.
 * @param usualMs for routes that state no `handlerTimeout`
 * @returns a check from which on the time of a request runs
 */
export function keepDeadlines(
  app: FastifyInstance,
  usualMs: number,
): (request: FastifyRequest, reply: FastifyReply) => void {
  // Requests of one duration come to their deadlines in the order in which they came.
  const byDuration = new Map<number, Map<FastifyRequest, Watched>>();
  const forget = (request: FastifyRequest): void => {
    const { handlerMs } = routeOf(request).config ?? {};
    if (handlerMs !== undefined) byDuration.get(handlerMs)?.delete(request);
  };
  const ticking = setInterval(() => {
    const now = performance.now();
    for (const watched of byDuration.values()) {
      for (const one of watched.values()) {
        if (one.deadline > now) break;
        watched.delete(one.request);
        end(one);
      }
    }
  }, TICK_MS);
  ticking.unref();

  app.addHook('onRoute', (route) => {
    // A route for HEAD is made of one for GET, which has been here.
    const handlerMs = route.handlerTimeout ?? route.config?.handlerMs ?? usualMs;
    route.config = { ...route.config, handlerMs } as NonNullable<RouteOptions['config']>;
    delete route.handlerTimeout;
    if (!byDuration.has(handlerMs)) byDuration.set(handlerMs, new Map());
  });
  app.addHook('onResponse', (request, _reply, done) => {
    forget(request);
    done();
  });
  app.addHook('onRequestAbort', (request, done) => {
    forget(request);
    done();
  });
  app.addHook('onClose', (_app, done) => {
    clearInterval(ticking);
    done();
  });
  return (request, reply) => {
    const { handlerMs } = routeOf(request).config ?? {};
    if (handlerMs === undefined) return;
    const deadline = performance.now() + handlerMs;
    byDuration.get(handlerMs)?.set(request, { request, reply, deadline, handlerMs });
  };
}

/** As Fastify does: an answer on its way cannot become another one, so it is broken off. */
function end({ request, reply, handlerMs }: Watched): void {
  if (reply.sent) return;
  const error = new errorCodes.FST_ERR_HANDLER_TIMEOUT(String(handlerMs), routeOf(request).url ?? '');
  if (reply.raw.headersSent) reply.raw.destroy(error);
  else reply.send(error);
}
