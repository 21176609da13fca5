import { totalmem } from 'node:os';
import { loadReference } from '@mra/api';
import { startEmbeddedDatabase } from '@mra/embedded-database';
import { createPool, migrate, openDatabase } from '@mra/registry';
import pg from 'pg';

export interface Server {
  /** Of the database that a service finds which is started on the same folder. */
  readonly url: string;
  /** Of another database on the same server. */
  urlOf(name: string): string;
  readonly version: string;
  stop(): Promise<void>;
}

/**
 * An embedded PostgreSQL as an operator would set it up for a registry of this size: a quarter of the memory, 4 GB at most, for its
 * buffers, and room in the log for a long load. Everything else is as the embedded server has it, durable writes included.
 */
export async function startServer(dataDir: string): Promise<Server> {
  const first = await startEmbeddedDatabase({ dataDir });
  const buffers = Math.min(4096, Math.round(totalmem() / 4 / 2 ** 20));
  await onServer(first.url, async (client) => {
    await client.query(`alter system set shared_buffers = '${buffers}MB'`);
    await client.query(`alter system set max_wal_size = '16GB'`);
  });
  await first.stop();
  const server = await startEmbeddedDatabase({ dataDir });
  const version = await onServer(server.url, async (client) => {
    const { rows } = await client.query<{ server_version: string }>('show server_version');
    return rows[0]?.server_version ?? '';
  });
  const urlOf = (name: string) => Object.assign(new URL(server.url), { pathname: `/${name}` }).href;
  return { url: server.url, urlOf, version, stop: server.stop };
}

/** Makes a database with the migrations and the reference data, and no members. */
export async function createDatabase({ url, urlOf }: Server, name: string): Promise<string> {
  const made = urlOf(name);
  if (made !== url) await onServer(url, (client) => client.query(`create database ${name}`));
  await migrate(made);
  const db = openDatabase(createPool({ url: made, max: 2 }));
  await loadReference(db).finally(() => db.destroy());
  return made;
}

export async function dropDatabase({ url }: Server, name: string): Promise<void> {
  await onServer(url, (client) => client.query(`drop database ${name} with (force)`));
}

/** Runs something on a connection as the owner, which ends with it. */
export async function onServer<T>(url: string, work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString: url, options: '-c timezone=UTC' });
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}
