import type { FastifyReply, FastifyRequest, HookHandlerDoneFunction } from 'fastify';

/** A look at a request before its body is read: it throws, rejects, or answers, where the request goes no further. */
export type Check = (request: FastifyRequest, reply: FastifyReply) => Promise<void> | undefined | void;

/**
 * Makes one onRequest hook of checks that always run together: one after the other until one fails or has answered, and at once as
 * long as none of them has a promise.
 */
export function hookOf(checks: readonly Check[]) {
  const runFrom = (
    first: number,
    request: FastifyRequest,
    reply: FastifyReply,
    done: HookHandlerDoneFunction,
  ): void => {
    for (let next = first; next < checks.length; next += 1) {
      let pending: ReturnType<Check>;
      try {
        pending = checks[next]?.(request, reply);
      } catch (error) {
        done(error as Error);
        return;
      }
      if (reply.sent) return;
      if (pending !== undefined) {
        pending.then(() => runFrom(next + 1, request, reply, done), done);
        return;
      }
    }
    done();
  };
  return (request: FastifyRequest, reply: FastifyReply, done: HookHandlerDoneFunction): void =>
    runFrom(0, request, reply, done);
}
