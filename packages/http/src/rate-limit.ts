import rateLimit, { normalizeIP } from '@fastify/rate-limit';
import { problem } from '@mra/contracts';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { callerOf } from './caller.ts';

export interface RateLimitOptions {
  /** Requests a minute of one client. */
  readonly perMinute: number;
  /** Requests a minute of one address (IPv6: of one /64) without a valid token. */
  readonly anonymousPerMinute: number;
}

/** Clients and addresses whose counts are kept, each in a few hundred bytes. */
const MOST_COUNTED = 20_000;

/**
 * Limits requests by client id, and by address where there is no valid token; the count is kept in this process. Answers carry
 * `RateLimit-Limit`, `RateLimit-Remaining` and `RateLimit-Reset`, a refusal is RATE_LIMITED with `Retry-After`. Routes with
 * `config: { rateLimit: false }` are not counted.
 * @returns an onRequest hook, to run after the caller is identified
 */
export async function limitRates(
  app: FastifyInstance,
  options: RateLimitOptions,
): Promise<(request: FastifyRequest, reply: FastifyReply) => Promise<void>> {
  await app.register(rateLimit, {
    global: false,
    enableDraftSpec: true,
    cache: MOST_COUNTED,
    timeWindow: 60_000,
    max: (request) => (callerOf(request) === null ? options.anonymousPerMinute : options.perMinute),
    keyGenerator: (request) => {
      const caller = callerOf(request);
      return caller === null
        ? `address ${normalizeIP(request.ip)}`
        : `client ${JSON.stringify([caller.issuer, caller.clientId])}`;
    },
    errorResponseBuilder: (_request, { max, ttl }) =>
      problem('RATE_LIMITED', {
        detail: `${max} requests a minute are allowed; try again in ${Math.ceil(ttl / 1000)} seconds.`,
      }) as never,
  });
  const count = app.rateLimit();
  return async function limitRate(this: FastifyInstance, request, reply) {
    if (request.routeOptions.config?.rateLimit === false) return;
    await count.call(this, request, reply);
  } as (request: FastifyRequest, reply: FastifyReply) => Promise<void>;
}
