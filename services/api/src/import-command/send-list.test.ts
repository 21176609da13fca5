import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { sendList } from './send-list.ts';

let file: string;
let server: Server;
beforeAll(async () => {
  file = join(await mkdtemp(join(tmpdir(), 'mra-send-')), 'list.csv');
  await writeFile(file, 'number,type,validFrom,name\n'.repeat(10_000));
});
afterEach(() => {
  server.closeAllConnections();
  server.close();
});
afterAll(() => rm(join(file, '..'), { recursive: true }));

async function sendTo(listener: RequestListener, isClosed = false) {
  server = createServer(listener).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}/v1/imports`);
  if (isClosed) await new Promise((resolve) => server.close(resolve));
  const quiet = { sent: () => undefined, isSent: () => undefined, end: () => undefined };
  const sent = sendList({ file, size: 0, mediaType: 'text/csv', url, token: 't' }, quiet);
  return { sent, origin: url.origin };
}

const LOST = 'the connection was lost before the answer: send the list again, what is recorded stays as it is';

test.each<[string, RequestListener]>([
  ['amid the list', (request) => request.once('data', () => request.socket.destroy())],
  ['before the answer', (request) => request.resume().once('end', () => request.socket.destroy())],
  [
    'amid the answer',
    (request, response) =>
      request.resume().once('end', () => {
        response.writeHead(200, { 'content-length': '100' }).write('{', () => response.destroy());
      }),
  ],
])('a service that is gone %s', async (_, listener) => {
  const { sent, origin } = await sendTo(listener);
  await expect(sent).rejects.toThrow(`${origin}: ${LOST}`);
});

test('a service that is not there', async () => {
  const { sent, origin } = await sendTo(() => undefined, true);
  await expect(sent).rejects.toThrow(`${origin} does not answer: `);
});

test('an answer', async () => {
  const { sent } = await sendTo((request, response) => request.resume().once('end', () => response.end('{}')));
  expect(await sent).toEqual({ status: 200, body: '{}' });
});
