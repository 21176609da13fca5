/**
 * The PostgreSQL server of the integration tests: TEST_DATABASE_URL if set, else a container when a Docker engine answers,
 * else the embedded server. Tests make databases of their own on it and drop them.
 */
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { request } from 'node:http';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { startEmbeddedDatabase } from '@mra/embedded-database';
import pg from 'pg';
import type { TestProject } from 'vitest/node';

declare module 'vitest' {
  interface ProvidedContext {
    /** Of a superuser (or a role that may create databases and roles), with a database that exists. */
    databaseServerUrl: string;
  }
}

interface Server {
  readonly url: string;
  readonly rung: string;
  stop(): Promise<void>;
}

const IMAGE = 'postgres:18-bookworm';

export async function setup(project: TestProject): Promise<() => Promise<void>> {
  const server = givenServer() ?? (await containerServer()) ?? (await embeddedServer());
  try {
    console.log(`database server: ${server.rung}, PostgreSQL ${await versionOf(server)}`);
  } catch (error) {
    await server.stop();
    throw error;
  }
  project.provide('databaseServerUrl', server.url);
  return () => server.stop();
}

function givenServer(): Server | null {
  const url = process.env.TEST_DATABASE_URL;
  return url ? { url, rung: 'TEST_DATABASE_URL', stop: async () => undefined } : null;
}

async function containerServer(): Promise<Server | null> {
  if (!(await dockerAnswers())) return null;
  try {
    // Loaded here only: it takes longer to load than the embedded server to start.
    const { PostgreSqlContainer } = await import('@testcontainers/postgresql');
    const settings = ['fsync=off', 'synchronous_commit=off', 'full_page_writes=off', 'max_connections=500'];
    const options = settings.flatMap((setting) => ['-c', setting]);
    const container = await new PostgreSqlContainer(IMAGE).withCommand(['postgres', ...options]).start();
    return {
      url: container.getConnectionUri(),
      rung: `container ${IMAGE}`,
      stop: async () => void (await container.stop()),
    };
  } catch (error) {
    console.log(`database server: no container ${IMAGE} (${(error as Error).message})`);
    return null;
  }
}

async function embeddedServer(): Promise<Server> {
  const dataDir = await mkdtemp(join(tmpdir(), 'mra-test-database-'));
  const remove = () => rm(dataDir, { recursive: true, force: true, maxRetries: 3 });
  try {
    const { url, stop } = await startEmbeddedDatabase({ dataDir, fast: true });
    return { url, rung: 'embedded', stop: () => stop().finally(remove) };
  } catch (error) {
    await remove();
    throw error;
  }
}

/** Whether an engine answers within a second, where testcontainers looks for one. Costs nothing where there is no socket. */
async function dockerAnswers(): Promise<boolean> {
  const { DOCKER_HOST, XDG_RUNTIME_DIR } = process.env;
  const usual = [
    join(XDG_RUNTIME_DIR ?? '/run', 'docker.sock'),
    '/var/run/docker.sock',
    join(homedir(), '.docker/run/docker.sock'),
  ];
  const hosts = DOCKER_HOST ? [DOCKER_HOST] : usual.filter((path) => existsSync(path)).map((path) => `unix://${path}`);
  for (const host of hosts) if (await answersPing(host)) return true;
  return false;
}

async function answersPing(host: string): Promise<boolean> {
  if (!URL.canParse(host)) return false;
  const { protocol, hostname, port, pathname } = new URL(host);
  const target = protocol === 'unix:' ? { socketPath: pathname } : { host: hostname, port: port || 2375 };
  return new Promise((resolve) => {
    const ping = request({ ...target, path: '/_ping', signal: AbortSignal.timeout(1000) }, (response) => {
      response.resume();
      // An engine behind TLS answers plain HTTP with 400: it is there, and testcontainers has the certificates.
      resolve(response.statusCode === 200 || response.statusCode === 400);
    });
    ping.once('error', () => resolve(false)).end();
  });
}

async function versionOf({ url, rung }: Server): Promise<string> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 5000 });
  try {
    await client.connect();
    const { rows } = await client.query<{ server_version: string }>('show server_version');
    const version = rows[0]?.server_version ?? '';
    if (Number.parseInt(version, 10) < 18) throw new Error(`PostgreSQL 18 or later is needed, not ${version}`);
    return version;
  } catch (cause) {
    throw new Error(`The database server of the tests (${rung}) cannot be used: ${(cause as Error).message}`, {
      cause,
    });
  } finally {
    await client.end().catch(() => undefined);
  }
}
