import { readdir, readFile } from 'node:fs/promises';
import { Kysely, PostgresDialect, sql } from 'kysely';
import { type Migration, Migrator } from 'kysely/migration';
import { createPool, type Database, type PoolOptions } from './pool.ts';

const FOLDER = new URL('../../../db/migrations/', import.meta.url);

let names: Promise<readonly string[]> | undefined;

/** Read once: files that a newer version puts there meanwhile are none of this process's business. */
function fileNames(): Promise<readonly string[]> {
  names ??= readdir(FOLDER).then((all) => all.filter((name) => name.endsWith('.sql')).toSorted());
  return names;
}

async function migrations(): Promise<Record<string, Migration>> {
  return Object.fromEntries(
    await Promise.all(
      (await fileNames()).map(async (name): Promise<[string, Migration]> => {
        const text = await readFile(new URL(name, FOLDER), 'utf8');
        return [name.replace(/\.sql$/, ''), { up: async (db) => void (await sql.raw(text).execute(db)) }];
      }),
    ),
  );
}

/**
 * Applies the migrations of `db/migrations` that the database has not had, in order, under a lock: any number of processes may start
 * at once. Connects with the rights of the URL, which must own the tables; the services then work as `mra_service`.
 * @returns names of the migrations applied now
 */
export async function migrate(
  url: string,
  { session = true }: Pick<PoolOptions, 'session'> = {},
): Promise<readonly string[]> {
  const pool = createPool({ url, max: 1, role: null, session, applicationName: 'aeo-mra-migrate' });
  const db = new Kysely<unknown>({ dialect: new PostgresDialect({ pool }) });
  try {
    const migrator = new Migrator({ db, provider: { getMigrations: migrations } });
    const { error, results } = await migrator.migrateToLatest();
    if (error) throw error;
    return (results ?? []).filter((result) => result.status === 'Success').map((result) => result.migrationName);
  } finally {
    await db.destroy();
  }
}

/** Whether the database has every migration that this version of the service knows. */
export async function isMigrated(db: Database): Promise<boolean> {
  const known = (await fileNames()).length;
  const { rows } = await sql<{ count: number }>`select count(*) as count from kysely_migration`.execute(db);
  return (rows[0]?.count ?? 0) >= known;
}
