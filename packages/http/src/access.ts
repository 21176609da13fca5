import { type Problem, Problem as ProblemError, problem } from '@mra/contracts';
import type { FastifyInstance, FastifyRequest, RouteOptions } from 'fastify';
import type { Authenticate } from './authenticate.ts';
import { type Caller, callerOf, SCOPES, type Scope, setCaller } from './caller.ts';
import { routeOf } from './route-of.ts';

/** Who may call a route: anyone, the holder of any valid token, or of a token with at least one of the scopes. */
export type Access = 'public' | 'any_token' | { readonly scopes: readonly [Scope, ...Scope[]] };

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Who may call the route. Every route must state it. */
    access: Access;
  }
  interface FastifyRequest {
    /** Who calls. Throws on a public route, where tokens are not read. */
    readonly caller: Caller;
  }
}

/** Checks of one app, to run in this order; what counts requests may stand between them. */
export interface AccessChecks {
  /** Reads the token and remembers the caller, or the refusal: at once where the token has been verified before. */
  readonly identify: (request: FastifyRequest) => Promise<void> | undefined;
  /** Throws UNAUTHENTICATED, INSUFFICIENT_SCOPE or SERVICE_UNAVAILABLE unless the caller may call the route. */
  readonly authorise: (request: FastifyRequest) => void;
}

/**
 * Guards every route of the app by its `config.access`. A route that does not state it cannot be declared from here on; should one
 * have been declared before, it answers INTERNAL_ERROR to everyone.
 */
export function guardRoutes(app: FastifyInstance, authenticate: Authenticate): AccessChecks {
  const refusals = new WeakMap<FastifyRequest, Problem>();
  app.addHook('onRoute', requireAccess);
  app.decorateRequest('caller', {
    getter() {
      const caller = callerOf(this);
      if (caller === null) throw new Error('a public route has no caller');
      return caller;
    },
  });

  return {
    identify(request) {
      if (request.is404 || routeOf(request).config.access === 'public') return undefined;
      const { authorization } = request.headers;
      const known = authenticate.recall?.(authorization);
      if (known !== undefined) {
        setCaller(request, known);
        return undefined;
      }
      return authenticate(authorization).then(
        (caller) => setCaller(request, caller),
        (error) => {
          if (!(error instanceof ProblemError)) throw error;
          refusals.set(request, error);
        },
      );
    },
    authorise(request) {
      const { access } = routeOf(request).config as { access?: Access };
      if (access === 'public') return;
      const refusal = refusals.get(request);
      if (refusal !== undefined) throw refusal;
      const caller = callerOf(request);
      if (caller === null || access === undefined) throw new Error('a route without access was called');
      if (access === 'any_token' || access.scopes.some((scope) => caller.scopes.has(scope))) return;
      throw insufficientScope(access.scopes);
    },
  };
}

function requireAccess({ method, url, config }: RouteOptions): void {
  const access: unknown = (config as { access?: unknown } | undefined)?.access;
  if (access === 'public' || access === 'any_token') return;
  const scopes = (access as { scopes?: unknown } | null | undefined)?.scopes;
  const known: readonly unknown[] = SCOPES;
  if (Array.isArray(scopes) && scopes.length > 0 && scopes.every((scope) => known.includes(scope))) return;
  throw new Error(`${method} ${url} does not state config.access: 'public', 'any_token' or { scopes: […] }`);
}

function insufficientScope(scopes: readonly Scope[]): Problem {
  return problem('INSUFFICIENT_SCOPE', {
    detail: `The token needs ${scopes.length === 1 ? 'the scope' : 'one of the scopes'} ${scopes.join(', ')}.`,
    headers: { 'www-authenticate': `Bearer error="insufficient_scope", scope="${scopes.join(' ')}"` },
  });
}
