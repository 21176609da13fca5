import { once } from 'node:events';
import { type ClientRequest, type IncomingMessage, request } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';

/** A POST whose body is written bit by bit over a socket of its own. */
export interface OpenPost {
  readonly request: ClientRequest;
  /** The answer, once its head has come. */
  readonly response: Promise<IncomingMessage>;
  /** Writes and waits until the socket has taken it. */
  write(text: string | Buffer): Promise<void>;
  end(): void;
}

export function openPost(url: string, headers: Readonly<Record<string, string>>): OpenPost {
  const post = request(url, {
    method: 'POST',
    agent: false,
    headers: { 'content-type': 'application/x-ndjson', ...headers },
  });
  post.setNoDelay(true);
  const response = once(post, 'response').then(([message]) => message as IncomingMessage);
  response.catch(() => undefined);
  const closed = once(post, 'close');
  post.on('error', () => undefined);
  return {
    request: post,
    response,
    write: async (text) => {
      const taken = Promise.withResolvers<void>();
      post.write(text, () => taken.resolve());
      await Promise.race([taken.promise, closed]);
    },
    end: () => void post.end(),
  };
}

/** Sends the parts one after the other, each as a chunk of its own, and gives the lines of the answer, parsed. */
export async function postParts(
  url: string,
  headers: Readonly<Record<string, string>>,
  parts: readonly (string | Buffer)[],
): Promise<{ status: number; headers: IncomingMessage['headers']; lines: unknown[] }> {
  const post = openPost(url, headers);
  for (const part of parts) {
    await post.write(part);
    await delay(5);
  }
  post.end();
  const response = await post.response;
  let text = '';
  for await (const piece of response.setEncoding('utf8')) text += piece;
  const lines = text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as unknown);
  return { status: response.statusCode ?? 0, headers: response.headers, lines };
}
