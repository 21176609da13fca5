import { errorCodes, type FastifyInstance, type FastifyReply, type FastifyRequest, type RouteOptions } from 'fastify';
import { type DeadlineList, forget, type Watched, watch } from './deadline-list.ts';
import { routeOf } from './route-of.ts';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Milliseconds until the answer begins, and until it ends if it streams; set from the `handlerTimeout` of the route. */
    handlerMs?: number;
  }
}

/** How late a deadline may be noticed. */
const TICK_MS = 50;

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
  const lists = new Map<number, DeadlineList>();
  const ticking = setInterval(() => {
    const now = performance.now();
    for (const list of lists.values()) {
      for (let { first } = list; first !== null && first.deadline <= now; { first } = list) {
        forget(first.request);
        end(first);
      }
    }
  }, TICK_MS);
  ticking.unref();

  app.addHook('onRoute', (route) => {
    // A route for HEAD is made of one for GET, which has been here.
    const handlerMs = route.handlerTimeout ?? route.config?.handlerMs ?? usualMs;
    route.config = { ...route.config, handlerMs } as NonNullable<RouteOptions['config']>;
    delete route.handlerTimeout;
    if (!lists.has(handlerMs)) lists.set(handlerMs, { handlerMs, first: null, last: null });
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
    const list = handlerMs === undefined ? undefined : lists.get(handlerMs);
    if (list !== undefined) watch(list, request, reply);
  };
}

/** As Fastify does: an answer on its way cannot become another one, so it is broken off. */
function end({ request, reply, list }: Watched): void {
  if (reply.sent) return;
  const error = new errorCodes.FST_ERR_HANDLER_TIMEOUT(String(list.handlerMs), routeOf(request).url ?? '');
  if (reply.raw.headersSent) reply.raw.destroy(error);
  else reply.send(error);
}
