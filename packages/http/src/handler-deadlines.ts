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

/**
 * A request in the list of those of its duration, in the order in which they came, which is that of their deadlines. A Map in place of
 * such a list holds requests long after they were answered: V8 gives it a new table every few requests, and a table that has grown old
 * keeps all that follow it, with what was in them, until the whole heap is collected.
 */
interface Watched {
  readonly request: FastifyRequest;
  readonly reply: FastifyReply;
  readonly deadline: number;
  readonly list: List;
  before: Watched | null;
  after: Watched | null;
}

interface List {
  readonly handlerMs: number;
  first: Watched | null;
  last: Watched | null;
}

const WATCHED = Symbol('watched');
type WatchedRequest = FastifyRequest & { [WATCHED]?: Watched | null };

function watch(list: List, request: FastifyRequest, reply: FastifyReply): void {
  const deadline = performance.now() + list.handlerMs;
  const watched: Watched = { request, reply, deadline, list, before: list.last, after: null };
  if (list.last === null) list.first = watched;
  else list.last.after = watched;
  list.last = watched;
  (request as WatchedRequest)[WATCHED] = watched;
}

function forget(request: FastifyRequest): void {
  const watched = (request as WatchedRequest)[WATCHED];
  if (watched == null) return;
  const { list, before, after } = watched;
  if (before === null) list.first = after;
  else before.after = after;
  if (after === null) list.last = before;
  else after.before = before;
  // So that nothing that has ended holds what comes after it.
  watched.before = null;
  watched.after = null;
  (request as WatchedRequest)[WATCHED] = null;
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
  const lists = new Map<number, List>();
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
