import type { FastifyInstance } from 'fastify';

/**
 * Lets `app.close()` end as soon as the requests under way are answered: their answers carry `Connection: close`. Otherwise a
 * connection that is busy when the server closes is kept alive for its whole `keepAliveTimeout` (fastify#7044).
 */
export function closeConnectionsOnShutdown(app: FastifyInstance): void {
  let closing = false;
  app.addHook('preClose', async () => {
    closing = true;
  });
  app.addHook('onSend', (_request, reply, payload, done) => {
    if (closing) reply.header('connection', 'close');
    done(null, payload);
  });
  // An answer whose head was sent before the server began to close leaves an idle connection behind.
  app.addHook('onResponse', (_request, _reply, done) => {
    if (closing) setImmediate(() => app.server.closeIdleConnections());
    done();
  });
}
