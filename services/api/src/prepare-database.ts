import { createPool, isMigrated, migrate, openDatabase } from '@mra/registry';
import { databaseFailure, StartFailure } from '@mra/service';
import type { DatabaseAddresses } from './find-database.ts';

const OLDEST_VERSION = 18;

export interface PreparedDatabase {
  /** Names of the migrations applied now. */
  readonly migrations: readonly string[];
  /** A streaming replica: it can only be read, and gets its migrations from its primary. */
  readonly isReplica: boolean;
}

/**
 * Sees that the database can be used and has every migration; any number of processes may do so at once. A database that has them all
 * is only read, so that the service need not own its tables.
 * @throws StartFailure of one line: not reachable, older than PostgreSQL 18, a migration failed
 */
export async function prepareDatabase(addresses: DatabaseAddresses): Promise<PreparedDatabase> {
  const { isPrepared, isReplica } = await lookAt(addresses);
  if (isPrepared || isReplica) return { migrations: [], isReplica };
  const { url, migrationUrl, session } = addresses;
  try {
    return { migrations: await migrate(migrationUrl.reveal(), { session }), isReplica };
  } catch (error) {
    throw migrationFailure(migrationUrl === url ? 'DATABASE_URL' : 'MIGRATION_DATABASE_URL', error);
  }
}

function migrationFailure(variable: 'DATABASE_URL' | 'MIGRATION_DATABASE_URL', error: unknown): StartFailure {
  const failure = databaseFailure(variable, error);
  if (!/permission denied for|must be owner of/.test(failure.message)) return failure;
  const advice =
    variable === 'DATABASE_URL'
      ? 'migrate as the owner: MIGRATION_DATABASE_URL'
      : 'it must be the login that owns the database and its tables';
  return new StartFailure(`${failure.message} (${advice})`, { cause: error });
}

async function lookAt({ url, session }: DatabaseAddresses): Promise<{ isPrepared: boolean; isReplica: boolean }> {
  const pool = createPool({ url: url.reveal(), max: 1, role: null, session, applicationName: 'aeo-mra-start' });
  try {
    const { rows } = await pool.query<{ server_version: string; is_replica: boolean }>(
      `select current_setting('server_version') as server_version, pg_is_in_recovery() as is_replica`,
    );
    const { server_version: version = '', is_replica: isReplica = false } = rows[0] ?? {};
    if (Number.parseInt(version, 10) < OLDEST_VERSION)
      throw new StartFailure(
        `PostgreSQL ${OLDEST_VERSION} or later is needed; the server of DATABASE_URL is PostgreSQL ${version}`,
      );
    // No table of migrations yet, or no right to read it: then they are to be applied.
    const isPrepared = await isMigrated(openDatabase(pool, { prepare: session })).catch(() => false);
    return { isPrepared, isReplica };
  } catch (error) {
    throw error instanceof StartFailure ? error : databaseFailure('DATABASE_URL', error);
  } finally {
    await pool.end();
  }
}
