import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { FastifyReply, FastifyRequest } from 'fastify';

/** Safe to repeat in headers, logs and URNs. */
const GIVEN_ID = /^[A-Za-z0-9._-]{1,64}$/;

/** The caller's `x-request-id` where it is 1 to 64 of `A-Za-z0-9._-`, else a new UUID. */
export function requestIdOf(request: Pick<IncomingMessage, 'headers'>): string {
  const given = request.headers['x-request-id'];
  return typeof given === 'string' && GIVEN_ID.test(given) ? given : randomUUID();
}

/** Every answer carries `x-request-id`. */
export function answerRequestId(request: FastifyRequest, reply: FastifyReply): void {
  reply.header('x-request-id', request.id);
}

/** The `instance` of a problem: a URN with the request id, as it stands in the log. */
export function instanceOf(requestId: string): string {
  return `urn:aeo-mra:request:${requestId}`;
}
