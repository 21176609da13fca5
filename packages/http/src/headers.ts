import type { FastifyReply, FastifyRequest } from 'fastify';

/** For every answer; the pages under /docs replace the policy with their own. */
export const SECURITY_HEADERS = {
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  'x-content-type-options': 'nosniff',
} as const;

/** onSend: nothing in an answer may run, be framed, be guessed at or be kept, unless the route has said how long to keep it. */
export function answerSecurityHeaders(
  _request: FastifyRequest,
  reply: FastifyReply,
  payload: unknown,
  done: (error: null, payload: unknown) => void,
): void {
  reply.headers(SECURITY_HEADERS);
  if (!reply.hasHeader('cache-control')) reply.header('cache-control', 'no-store');
  done(null, payload);
}
