import { normalizeIP } from '@fastify/rate-limit';
import { problem } from '@mra/contracts';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { callerOf } from './caller.ts';
import { createMemory } from './memory.ts';
import { routeOf } from './route-of.ts';

export interface RateLimitOptions {
  /** Requests a minute of one client. */
  readonly perMinute: number;
  /** Requests a minute of one address (IPv6: of one /64) without a valid token. */
  readonly anonymousPerMinute: number;
}

/** Clients and addresses whose counts are kept, each in a few hundred bytes. */
const MOST_COUNTED = 20_000;
const WINDOW_MS = 60_000;

interface Count {
  used: number;
  /** When the count begins anew. */
  readonly until: number;
}

/**
 * Limits requests by client id, and by address where there is no valid token; the count is kept in this process. Answers carry
 * `RateLimit-Limit`, `RateLimit-Remaining` and `RateLimit-Reset`, a refusal is RATE_LIMITED with `Retry-After`. Routes with
 * `config: { rateLimit: false }` are not counted. It counts at once, where the plugin has five promises for each request.
 * @returns a check of requests, to run after the caller is identified
 */
export function limitRates(options: RateLimitOptions): (request: FastifyRequest, reply: FastifyReply) => void {
  const counts = createMemory<Count>(MOST_COUNTED);
  return (request, reply) => {
    if (routeOf(request).config?.rateLimit === false) return;
    const now = Date.now();
    const max = callerOf(request) === null ? options.anonymousPerMinute : options.perMinute;
    const key = keyOf(request);
    let count = counts.recall(key, now);
    if (count === undefined) {
      count = { used: 0, until: now + WINDOW_MS };
      counts.remember(key, { value: count, exp: count.until });
    }
    count.used += 1;
    const seconds = Math.ceil((count.until - now) / 1000);
    reply.header('ratelimit-limit', max);
    reply.header('ratelimit-remaining', Math.max(0, max - count.used));
    reply.header('ratelimit-reset', seconds);
    if (count.used <= max) return;
    throw problem('RATE_LIMITED', {
      detail: `${max} requests a minute are allowed; try again in ${seconds} seconds.`,
      headers: { 'retry-after': String(seconds) },
    });
  };
}

/** Client ids are each issuer's own; no issuer has a line break in its name. */
function keyOf(request: FastifyRequest): string {
  const caller = callerOf(request);
  return caller === null ? `address ${normalizeIP(request.ip)}` : `client ${caller.issuer}\n${caller.clientId}`;
}
