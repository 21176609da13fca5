import type { FastifyRequest } from 'fastify';

/** What tokens may allow (api.md section 1). */
export const SCOPES = [
  'recognition:read',
  'registry:read',
  'registry:write',
  'network:write',
  'exchange',
  'operations',
] as const;
export type Scope = (typeof SCOPES)[number];

/** Who calls, as proved by the access token. */
export interface Caller {
  /** Who vouches for the caller: `iss` of the token. Client ids are each issuer's own. */
  readonly issuer: string;
  readonly clientId: string;
  readonly subject: string;
  readonly scopes: ReadonlySet<Scope>;
  /** The customs administration that the caller acts for; null for a broker. */
  readonly administration: string | null;
}

/** A property of the request: a WeakMap of all requests under way costs a tenth of the time of the garbage collector. */
const CALLER = Symbol('caller');

type Called = FastifyRequest & { [CALLER]?: Caller | null };

export function setCaller(request: FastifyRequest, caller: Caller): void {
  (request as Called)[CALLER] = caller;
}

/** The caller of a request, null where no token was asked for or none was valid. Handlers use `request.caller`. */
export function callerOf(request: FastifyRequest): Caller | null {
  return (request as Called)[CALLER] ?? null;
}
