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
 * @throws Error of one line when there is no answer
 */
export async function sendList({ file, mediaType, url, token }: Order, progress: Progress): Promise<ListAnswer> {
  const request = (url.protocol === 'https:' ? overHttps : overHttp)(url, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': mediaType },
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
    throw new Error(`${url.origin} does not answer: ${error.message || error.code}`);
  });
  const body = await text(response);
  source.destroy();
  await sending;
  return { status: response.statusCode ?? 0, body };
}
