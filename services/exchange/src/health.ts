import { createServer, type Server } from 'node:http';
import type { Exchange } from '@mra/exchange';
import { sql } from 'kysely';

const TIMEOUT_MS = 2000;

/**
 * `GET /livez`: the process answers. `GET /readyz`: its database does too, or 503. Nobody is told more than that.
 */
export async function serveHealth(
  { db }: Exchange,
  at: { readonly host: string; readonly port: number },
): Promise<Server> {
  const server = createServer(async (request, response) => {
    const path = request.url?.split('?', 1)[0];
    const status = path === '/livez' ? 200 : path === '/readyz' ? await readiness() : 404;
    response.writeHead(status).end();
  });

  async function readiness(): Promise<number> {
    const timeout = Promise.withResolvers<number>();
    const timer = setTimeout(() => timeout.resolve(503), TIMEOUT_MS);
    const asked = sql`select`.execute(db).then(
      () => 200,
      () => 503,
    );
    return Promise.race([asked, timeout.promise]).finally(() => clearTimeout(timer));
  }

  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(at.port, at.host, resolve);
  });
  return server;
}
