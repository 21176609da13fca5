export type { Access } from './access.ts';
export {
  ALGORITHMS,
  type Algorithm,
  type Authenticate,
  type AuthenticatorOptions,
  createAuthenticator,
  type TrustedIssuer,
} from './authenticate.ts';
export { type Caller, callerOf, SCOPES, type Scope } from './caller.ts';
export { createHttpApp, type HttpApp, type HttpAppOptions, type Limits } from './create-app.ts';
export { createLogger, operationOf } from './logging.ts';
export { type Examples, json, ndjson, noContent, type RouteResponse, text } from './media-types.ts';
export type { ApiInfo } from './openapi.ts';
export { problems } from './problem-responses.ts';
export type { RateLimitOptions } from './rate-limit.ts';
export type { OverloadLimits } from './shedding.ts';
export { asMade, type ZodTypeProvider } from './zod-provider.ts';
