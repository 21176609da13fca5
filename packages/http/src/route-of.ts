import type { FastifyRequest } from 'fastify';

type Route = FastifyRequest['routeOptions'];

const ROUTE = Symbol('route');
type Routed = FastifyRequest & { [ROUTE]?: Route | undefined };

/** `request.routeOptions`, kept: Fastify makes them anew, thirteen fields, each time that they are asked for. */
export function routeOf(request: FastifyRequest): Route {
  const routed = request as Routed;
  routed[ROUTE] ??= request.routeOptions;
  return routed[ROUTE];
}

/** For a handler that leaves its request to the handler of what is not found: it then has no route. */
export function forgetRoute(request: FastifyRequest): void {
  (request as Routed)[ROUTE] = undefined;
}
