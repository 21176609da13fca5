import { startEmbeddedDatabase } from '@mra/embedded-database';
import { type Ending, Secret } from '@mra/service';
import type { FastifyBaseLogger } from 'fastify';
import type { Config } from './config.ts';

export interface DatabaseAddresses {
  readonly url: Secret;
  /** The same database as the owner of its tables. */
  readonly migrationUrl: Secret;
  /** Whether connections are sessions of our own; false behind a pooler. */
  readonly session: boolean;
}

/**
 * The database of the configuration; the embedded one is started, stops with the process, and its death ends the process.
 * @throws EmbeddedDatabaseError of one line
 */
export async function findDatabase(
  config: Pick<Config, 'databaseUrl' | 'migrationDatabaseUrl' | 'databasePooler' | 'dataDir'>,
  log: FastifyBaseLogger,
  ending: Ending,
): Promise<DatabaseAddresses> {
  const { databaseUrl, migrationDatabaseUrl, databasePooler, dataDir } = config;
  if (databaseUrl !== null)
    return { url: databaseUrl, migrationUrl: migrationDatabaseUrl ?? databaseUrl, session: !databasePooler };
  const starting = startEmbeddedDatabase({
    dataDir,
    log: (line) => {
      // The other kinds of lines hold statements and rows.
      if (/\b(LOG|WARNING|FATAL|PANIC):/.test(line)) log.debug({ line }, 'postgres');
    },
    onExit: (error) => {
      log.fatal({ err: error }, 'the embedded database ended');
      ending.end(1);
    },
  });
  ending.add(async () => {
    const database = await starting.catch(() => null);
    await database?.stop();
  });
  const url = new Secret((await starting).url);
  return { url, migrationUrl: url, session: true };
}
