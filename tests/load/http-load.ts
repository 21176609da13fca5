import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';

/** Requests made beforehand, each as the bytes that go to the socket; they are sent in turn. */
export type Requests = readonly Buffer[];

export interface Load {
  readonly port: number;
  readonly requests: Requests;
  readonly connections: number;
  readonly seconds: number;
  /** Requests a second, begun on time whatever the answers do; left out: each connection sends as soon as it has its answer. */
  readonly rate?: number;
}

export interface LoadResult {
  readonly perSecond: number;
  /** Milliseconds; counted from when a request was due, so that one that had to wait for a connection shows it. */
  readonly p50: number;
  readonly p99: number;
}

const HEAD_END = Buffer.from('\r\n\r\n');

/** One request of HTTP/1.1 with a JSON body, as bytes. */
export function post(path: string, token: string, body: string): Buffer {
  const head = [
    `POST ${path} HTTP/1.1`,
    'host: 127.0.0.1',
    `authorization: Bearer ${token}`,
    'content-type: application/json',
    `content-length: ${Buffer.byteLength(body)}`,
  ];
  return Buffer.from(`${head.join('\r\n')}\r\n\r\n${body}`);
}

/**
 * Puts load on a port of this machine over connections that are kept open. It reads of an answer its status, its length and its bytes
 * and nothing else: a client library would take more of the two cores than what is measured.
 * @throws Error on any answer that is not 200, and on any connection that breaks
 */
export async function putLoad({ port, requests, connections, seconds, rate }: Load): Promise<LoadResult> {
  const clients = await Promise.all(Array.from({ length: connections }, () => openClient(port)));
  try {
    const latencies: number[] = [];
    let next = 0;
    const ask = async (client: Client, due: number) => {
      const request = requests[next++ % requests.length];
      if (request === undefined) throw new Error('no requests');
      await client.send(request);
      latencies.push(performance.now() - due);
    };
    const start = performance.now();
    const end = start + seconds * 1000;
    if (rate === undefined) {
      await Promise.all(
        clients.map(async (client) => {
          while (performance.now() < end) await ask(client, performance.now());
        }),
      );
    } else await keepRate(clients, rate, start, end, ask);
    const took = (performance.now() - start) / 1000;
    latencies.sort((a, b) => a - b);
    const at = (share: number) => latencies[Math.min(latencies.length - 1, Math.floor(latencies.length * share))] ?? 0;
    return { perSecond: latencies.length / took, p50: at(0.5), p99: at(0.99) };
  } finally {
    for (const client of clients) client.close();
  }
}

/** Requests are due at even distances; one that finds every connection busy waits, and its wait counts. */
async function keepRate(
  clients: readonly Client[],
  rate: number,
  start: number,
  end: number,
  ask: (client: Client, due: number) => Promise<void>,
): Promise<void> {
  const idle = [...clients];
  const late: number[] = [];
  const under: Promise<void>[] = [];
  const work = async (first: Client, due: number) => {
    await ask(first, due);
    for (let more = late.shift(); more !== undefined; more = late.shift()) await ask(first, more);
    idle.push(first);
  };
  for (let sent = 0; ; ) {
    const now = performance.now();
    if (now >= end) break;
    for (; start + (sent * 1000) / rate <= now; sent += 1) {
      const due = start + (sent * 1000) / rate;
      const client = idle.pop();
      if (client === undefined) late.push(due);
      else under.push(work(client, due));
    }
    await pause(1);
  }
  await Promise.all(under);
}

interface Client {
  send(request: Buffer): Promise<void>;
  close(): void;
}

async function openClient(port: number): Promise<Client> {
  const socket: Socket = connect({ port, host: '127.0.0.1', noDelay: true });
  await once(socket, 'connect');
  let waiting: { resolve: () => void; reject: (error: Error) => void } | null = null;
  let head: Buffer = Buffer.alloc(0);
  /** Bytes of the answer still to come; null while its head is being read. */
  let missing: number | null = null;
  let closed = false;
  const fail = (error: Error) => {
    waiting?.reject(error);
    waiting = null;
    socket.destroy();
  };
  socket.on('error', fail);
  socket.on('close', () => {
    if (!closed) fail(new Error('the service closed a connection'));
  });
  socket.on('data', (bytes: Buffer) => {
    let body = bytes.length;
    if (missing === null) {
      const all = head.length === 0 ? bytes : Buffer.concat([head, bytes]);
      const ended = all.indexOf(HEAD_END);
      if (ended < 0) {
        head = all;
        return;
      }
      const text = all.toString('latin1', 0, ended);
      if (!text.startsWith('HTTP/1.1 200 ')) {
        fail(
          new Error(
            `an answer was ${text.slice(0, 40).split('\r')[0]}: ${all.toString('utf8', ended + 4, ended + 400)}`,
          ),
        );
        return;
      }
      missing = Number(/\r\ncontent-length: (\d+)/i.exec(text)?.[1]);
      body = all.length - ended - HEAD_END.length;
      head = Buffer.alloc(0);
    }
    missing -= body;
    if (missing > 0) return;
    missing = null;
    const done = waiting;
    waiting = null;
    done?.resolve();
  });
  return {
    send: (request) =>
      new Promise((resolve, reject) => {
        if (socket.destroyed) return reject(new Error('the service closed a connection'));
        waiting = { resolve, reject };
        socket.write(request);
      }),
    close: () => {
      closed = true;
      socket.destroy();
    },
  };
}
