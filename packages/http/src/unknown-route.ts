import { problem } from '@mra/contracts';
import type { FastifyInstance, FastifyRequest } from 'fastify';

/**
 * Remembers every route of the app, to tell a path that does not exist (404) from a method that a path does not have (405): Fastify
 * answers 404 to both. Call it before any route is declared.
 * @returns a check that throws NOT_FOUND or METHOD_NOT_ALLOWED (with `Allow`) for a request that no route matches, before
 *   its body is read
 */
export function refuseUnknownRoutes(app: FastifyInstance): (request: FastifyRequest) => void {
  const methodsByPattern = new Map<string, { readonly pattern: RegExp; readonly methods: Set<string> }>();
  app.addHook('onRoute', ({ url, method }) => {
    const known = methodsByPattern.get(url) ?? { pattern: patternOf(url), methods: new Set<string>() };
    for (const name of [method].flat()) known.methods.add(name);
    // HEAD comes with GET, which Fastify does not announce of a prefix with a slash after it.
    if (known.methods.has('HEAD')) known.methods.add('GET');
    methodsByPattern.set(url, known);
  });

  return (request) => {
    if (!request.is404) return;
    const path = decoded(request.url.replace(/[?#].*$/s, ''));
    const matching = [...methodsByPattern.values()].filter(({ pattern }) => pattern.test(path));
    if (matching.length === 0) throw problem('NOT_FOUND');
    const allow = [...new Set(matching.flatMap(({ methods }) => [...methods]))].sort().join(', ');
    throw problem('METHOD_NOT_ALLOWED', { detail: `It has ${allow}.`, headers: { allow } });
  };
}

/** A parameter is one segment that is not empty, and `*` the rest. */
function patternOf(url: string): RegExp {
  const source = url
    .replace(/[.+?^${}()|[\]\\]/g, '\\$&')
    .replace(/:\w+/g, '[^/]+')
    .replace(/\*/g, '.*');
  return new RegExp(`^${source}$`, 's');
}

/** As the router decodes a path: all but the reserved characters, so that `%2F` stays within its segment. */
function decoded(path: string): string {
  try {
    return decodeURI(path);
  } catch {
    return path;
  }
}
