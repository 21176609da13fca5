import { createReadStream } from 'node:fs';
import { type IncomingMessage, request as overHttp } from 'node:http';
import { request as overHttps } from 'node:https';
import { text } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';
import type { Order } from './order.ts';
import type { Progress } from './progress.ts';

export interface ListAnswer {
  readonly status: number;
  readonly body: string;
}

/**
 * Sends the file of an order as it is read, no faster than the service takes it, and waits for the answer however long the service needs.
 * @throws Error of one line when there is no answer; whether the service was reached at all is told apart, because a list that it had may
 *   have been applied
 */
export async function sendList({ file, mediaType, url, token }: Order, progress: Progress): Promise<ListAnswer> {
  const request = (url.protocol === 'https:' ? overHttps : overHttp)(url, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': mediaType },
  });
  let isConnected = false;
  request.once('socket', (socket) => {
    socket.once(url.protocol === 'https:' ? 'secureConnect' : 'connect', () => {
      isConnected = true;
    });
  });
  const answered = new Promise<IncomingMessage>((resolve, reject) => {
    request.once('response', resolve).once('error', reject);
  });
  answered.catch(() => undefined);
  const source = createReadStream(file);
  source.on('data', (chunk) => progress.sent(chunk as Buffer));
  // A service that refuses the list need not have read all of it: its answer counts, not what became of the rest.
  const sending = pipeline(source, request)
    .then(() => progress.isSent())
    .catch(() => undefined);
  const response = await answered.catch((error: NodeJS.ErrnoException) => {
    source.destroy();
    throw isConnected ? lost(url) : new Error(`${url.origin} does not answer: ${error.message || error.code}`);
  });
  const body = await text(response).catch(() => {
    throw lost(url);
  });
  source.destroy();
  await sending;
  return { status: response.statusCode ?? 0, body };
}

/** A list is applied as a whole and then answered, or nothing of it is; a repeated one changes nothing. */
function lost({ origin }: URL): Error {
  return new Error(
    `${origin}: the connection was lost before the answer: send the list again, what is recorded stays as it is`,
  );
}
