import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { type AddressInfo, createServer } from 'node:net';
import { join } from 'node:path';
import { createDatabase, type Server } from '../databases.ts';
import { type Running, startProcess } from '../processes.ts';
import type { Issuer } from '../tokens.ts';
import { type RunningWorker, startWorker } from './worker-process.ts';

export type Delivery = 'poll' | 'push';

/** One of the two administrations: a database on a server of its own, an API, a worker. */
export interface BenchNode {
  readonly code: 'EU' | 'JP';
  readonly url: string;
  readonly databaseUrl: string;
  /** Holds its keys and logs. */
  readonly folder: string;
  readonly partnersFile: string;
  /** How it receives from the other; takes effect when its API and worker are started. */
  receive(by: Delivery | 'nothing'): Promise<void>;
  startApi(): Promise<Running>;
  startWorker(): Promise<RunningWorker>;
  /** Ends what was started and has not been ended. */
  stop(): Promise<void>;
}

/** The servers of both, which stay when the databases on them change. */
export interface Servers {
  readonly EU: Server;
  readonly JP: Server;
}

/** Two partners on fresh databases with the network and no members; nothing of them runs yet. */
export async function createNodes(
  folder: string,
  name: string,
  servers: Servers,
  issuer: Issuer,
): Promise<{ eu: BenchNode; jp: BenchNode }> {
  const urls = { EU: `http://127.0.0.1:${await freePort()}`, JP: `http://127.0.0.1:${await freePort()}` };
  const make = async (code: 'EU' | 'JP', other: 'EU' | 'JP') => {
    const own = join(folder, `${name}-${code.toLowerCase()}`);
    await mkdir(own);
    await chmod(own, 0o711);
    const databaseUrl = await createDatabase(servers[code], `mra_${name}`);
    return newNode({ code, folder: own, databaseUrl, url: urls[code], other, otherUrl: urls[other], issuer });
  };
  const [eu, jp] = [await make('EU', 'JP'), await make('JP', 'EU')];
  // Nothing goes the other way.
  await eu.receive('nothing');
  await jp.receive('poll');
  return { eu, jp };
}

interface Parts extends Pick<BenchNode, 'code' | 'url' | 'databaseUrl' | 'folder'> {
  readonly other: string;
  readonly otherUrl: string;
  readonly issuer: Issuer;
}

function newNode({ code, folder, databaseUrl, url, other, otherUrl, issuer }: Parts): BenchNode {
  const running = new Set<{ stop(): Promise<void> }>();
  const partnersFile = join(folder, 'partners.json');
  let logs = 0;
  const env = {
    DATA_DIR: folder,
    DATABASE_URL: databaseUrl,
    LOCAL_ADMINISTRATIONS: code,
    PUBLIC_URL: url,
    PARTNERS_FILE: partnersFile,
  };
  const kept = <R extends { stop(): Promise<void> }>(one: R): R => {
    running.add(one);
    return {
      ...one,
      stop: async () => {
        running.delete(one);
        await one.stop();
      },
    };
  };
  return {
    ...{ code, url, databaseUrl, folder, partnersFile },
    async receive(by) {
      const jwksUrl = `${otherUrl}/.well-known/jwks.json`;
      const partner = { code: other, actsAs: code, issuer: otherUrl, jwksUrl, receiveBy: by, cadenceSeconds: 60 };
      await writeFile(partnersFile, JSON.stringify([partner]));
    },
    startApi: async () =>
      kept(
        await startProcess('services/api/src/main.ts', join(folder, `api-${++logs}.log`), {
          ...env,
          PORT: new URL(url).port,
          EXCHANGE_WORKER: 'off',
          TOKEN_ISSUERS: issuer.configuration,
          RATE_LIMIT_PER_MINUTE: '1000000',
        }),
      ),
    startWorker: async () => kept(await startWorker(join(folder, `worker-${++logs}.log`), env)),
    async stop() {
      await Promise.all([...running].map((one) => one.stop()));
      running.clear();
    },
  };
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}
