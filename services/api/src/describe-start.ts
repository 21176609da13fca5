import { resolve } from 'node:path';
import type { Config } from './config.ts';

/** What a log line says of a service that has begun to listen. */
export interface Served {
  readonly host: string;
  readonly port: number;
  /** For which it is authoritative. */
  readonly administrations: readonly string[] | 'all';
  /** `embedded`, or host, port and name of the given one. */
  readonly database: string;
  /** Of the embedded database. */
  readonly dataDir?: string;
}

/**
 * What a deployment serves, for its log: neither the user nor the password of its database.
 * @param port on which it listens, which PORT=0 does not tell
 */
export function describeStart(
  { host, localAdministrations, databaseUrl, dataDir }: Config,
  { port }: { readonly port: number },
): Served {
  const served = { host, port, administrations: localAdministrations ?? 'all' } as const;
  if (databaseUrl === null) return { ...served, database: 'embedded', dataDir: resolve(dataDir) };
  return { ...served, database: nameOf(new URL(databaseUrl.reveal())) };
}

/** The query of the URL may name another host, such as the folder of a socket; it may also hold a password. */
function nameOf({ hostname, port, pathname, searchParams }: URL): string {
  const host = searchParams.get('host') ?? (hostname || 'localhost');
  return `${host}:${searchParams.get('port') ?? (port || '5432')}${pathname}`;
}
