import type { FastifyReply, FastifyRequest } from 'fastify';

/** A request whose handler has until `deadline`, in the list of those of one duration. */
export interface Watched {
  readonly request: FastifyRequest;
  readonly reply: FastifyReply;
  readonly deadline: number;
  readonly list: DeadlineList;
  before: Watched | null;
  after: Watched | null;
}

/**
 * Requests of one duration, in the order in which they came, which is that of their deadlines. A Map in place of such a list holds
 * requests long after they were answered: V8 gives it a new table every few requests, and a table that has grown old keeps all that
 * follow it, with what was in them, until the whole heap is collected.
 */
export interface DeadlineList {
  readonly handlerMs: number;
  first: Watched | null;
  last: Watched | null;
}

const WATCHED = Symbol('watched');
type WatchedRequest = FastifyRequest & { [WATCHED]?: Watched | null };

export function watch(list: DeadlineList, request: FastifyRequest, reply: FastifyReply): void {
  const deadline = performance.now() + list.handlerMs;
  const watched: Watched = { request, reply, deadline, list, before: list.last, after: null };
  if (list.last === null) list.first = watched;
  else list.last.after = watched;
  list.last = watched;
  (request as WatchedRequest)[WATCHED] = watched;
}

/** Takes a request out of its list, if it is in one. */
export function forget(request: FastifyRequest): void {
  const watched = (request as WatchedRequest)[WATCHED];
  if (watched === undefined || watched === null) return;
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
