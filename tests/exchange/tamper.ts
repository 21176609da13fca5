import type { IncomingMessage } from 'node:http';
import type { InjectOptions } from 'fastify';
import type { TestNode } from '../support/exchange-nodes.ts';

/** A request on its way to a node, and how it goes on. */
export interface OnItsWay {
  readonly path: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
  /** Lets the node answer it, with another body if one is given. */
  pass(body?: string): Promise<Reply>;
}

export interface Reply {
  readonly status: number;
  readonly body: string;
  readonly headers?: Readonly<Record<string, string>>;
}

export const isPush = (path: string): boolean => path === '/exchange/events';
export const isPoll = (path: string): boolean => /^\/exchange\/streams\/[^/]+\/poll$/.test(path);
export const isReplay = (path: string): boolean => path === '/exchange/streams/replay';

/** Puts a test into the way of requests to a node; other requests and, where it gives null, these too go on as they are. */
export function tamperWith(
  node: TestNode,
  matches: (path: string) => boolean,
  act: (request: OnItsWay) => Promise<Reply | null>,
): void {
  node.intercept = (request, response) => {
    const path = request.url ?? '';
    if (!matches(path)) return false;
    void (async () => {
      const chunks: Buffer[] = [];
      for await (const chunk of request) chunks.push(chunk);
      const body = Buffer.concat(chunks).toString();
      const pass = async (other = body): Promise<Reply> => {
        const { 'content-length': _, 'transfer-encoding': __, ...headers } = request.headers;
        const method = (request.method ?? 'GET') as NonNullable<InjectOptions['method']>;
        const answer = await node.api.app.inject({ method, url: path, headers, payload: other });
        return {
          status: answer.statusCode,
          body: answer.body,
          headers: { 'content-type': String(answer.headers['content-type'] ?? 'text/plain') },
        };
      };
      const reply = (await act({ path, headers: request.headers, body, pass })) ?? (await pass());
      response.writeHead(reply.status, reply.headers).end(reply.body);
    })().catch(() => response.destroy());
    return true;
  };
}

/** The answer to a poll with each of its events changed; `change` may be told apart by name. */
export function changeSets(reply: Reply, change: (compact: string) => unknown): Reply {
  const { sets = {}, ...rest } = JSON.parse(reply.body) as { sets?: Record<string, string> };
  const changed = Object.fromEntries(Object.entries(sets).map(([jti, compact]) => [jti, change(compact)]));
  return { ...reply, body: JSON.stringify({ ...rest, sets: changed }) };
}

export const cutShort = (compact: string): string => compact.slice(0, -9);

/** One letter of what is said, under the old signature. */
export function alter(compact: string): string {
  const [header, payload = '', signature] = compact.split('.');
  const said = Buffer.from(payload, 'base64url')
    .toString()
    .replace('"version":', '"vertion":')
    .replace('"seq":', '"sek":');
  return [header, Buffer.from(said).toString('base64url'), signature].join('.');
}
