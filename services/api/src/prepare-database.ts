import { createPool, isMigrated, migrate, openDatabase } from '@mra/registry';
import type { DatabaseAddresses } from './find-database.ts';
import type { Secret } from './secret.ts';
import { databaseFailure, StartFailure } from './start-failure.ts';

const OLDEST_VERSION = 18;

/**
 * Sees that the database can be used and has every migration; any number of processes may do so at once. A database that has them all
 * is only read, so that the service need not own its tables.
 * @returns names of the migrations applied now
 * @throws StartFailure of one line: not reachable, older than PostgreSQL 18, a migration failed
 */
export async function prepareDatabase({ url, migrationUrl }: DatabaseAddresses): Promise<readonly string[]> {
  if (await isPrepared(url)) return [];
  try {
    return await migrate(migrationUrl.reveal());
  } catch (error) {
    throw databaseFailure(migrationUrl === url ? 'DATABASE_URL' : 'MIGRATION_DATABASE_URL', error);
  }
}

async function isPrepared(url: Secret): Promise<boolean> {
  const pool = createPool({ url: url.reveal(), max: 1, role: null, applicationName: 'aeo-mra-start' });
  try {
    const { rows } = await pool.query<{ server_version: string }>('show server_version');
    const version = rows[0]?.server_version ?? '';
    if (Number.parseInt(version, 10) < OLDEST_VERSION)
      throw new StartFailure(
        `PostgreSQL ${OLDEST_VERSION} or later is needed; the server of DATABASE_URL is PostgreSQL ${version}`,
      );
    // No table of migrations yet, or no right to read it: then they are to be applied.
    return await isMigrated(openDatabase(pool)).catch(() => false);
  } catch (error) {
    throw error instanceof StartFailure ? error : databaseFailure('DATABASE_URL', error);
  } finally {
    await pool.end();
  }
}
