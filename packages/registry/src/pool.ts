import { createHash } from 'node:crypto';
import { Kysely, PostgresDialect, type PostgresPool } from 'kysely';
import pg from 'pg';
import { proveConnection, SERVICE_ROLE } from './connection-proof.ts';
import type { DB } from './database.ts';

export type Database = Kysely<DB>;

export interface PoolOptions {
  readonly url: string;
  /** Connections at most; 10 serve two cores. */
  readonly max?: number;
  /** Named prepared statements; off behind a pooler that cannot keep them (PgBouncer before 1.21). */
  readonly prepare?: boolean;
  /**
   * Whether a connection is a session of its own (default). Behind a pooler it is not: then nothing is set for the session, and the
   * login must bring what is set here (`alter role … set`).
   */
  readonly session?: boolean;
  readonly applicationName?: string;
  /** Role to work as. Row-level security binds it; migrations run without. */
  readonly role?: string | null;
  readonly onError?: (error: Error) => void;
}

const { builtins } = pg.types;
const parsers: Record<number, (text: string) => unknown> = {
  [builtins.DATE]: (text) => text, // the default is a local midnight
  [builtins.TIMESTAMPTZ]: (text) => new Date(text).toISOString(),
  [builtins.INT8]: Number, // numbers of the log and of rows stay far below 2^53
};

/**
 * A pool of connections in UTC, with instants as canonical strings and days as `YYYY-MM-DD`. Each proves before its first use that
 * row-level security binds it; one that cannot is an error.
 */
export function createPool(options: PoolOptions): pg.Pool {
  const { role = SERVICE_ROLE, session = true } = options;
  const pool = new pg.Pool({
    connectionString: options.url,
    max: options.max ?? 10,
    application_name: options.applicationName ?? 'aeo-mra',
    connectionTimeoutMillis: 5_000,
    idleTimeoutMillis: 30_000,
    maxLifetimeSeconds: 3_600,
    // PgBouncer refuses parameters that it does not know, or drops them.
    ...(session && {
      statement_timeout: 60_000,
      idle_in_transaction_session_timeout: 60_000,
      options: `-c timezone=UTC${role === null ? '' : ` -c role=${role}`}`,
    }),
    ...(role !== null && {
      verify: (client: pg.PoolClient, done: (error?: Error) => void) =>
        void proveConnection(client, { session }).then(() => done(), done),
    }),
    types: {
      getTypeParser: (oid: number, format?: string) => parsers[oid] ?? pg.types.getTypeParser(oid, format as 'text'),
    },
  } as pg.PoolConfig);
  // An error event that nobody listens to ends the process, and the pool listens to idle clients alone.
  pool.on('connect', (client) => client.on('error', (error) => options.onError?.(error)));
  pool.on('error', () => undefined);
  return pool;
}

/** kysely on a pool; with `prepare`, every statement gets a name, so that PostgreSQL plans it once a connection. */
export function openDatabase(pool: pg.Pool, { prepare = true }: { readonly prepare?: boolean } = {}): Database {
  const db: Database = new Kysely<DB>({ dialect: new PostgresDialect({ pool: prepare ? namingPool(pool) : pool }) });
  pools.set(db, pool);
  return db;
}

const pools = new WeakMap<Database, pg.Pool>();

/**
 * Runs `work` with a client of the pool of a database, for what kysely has no words for: COPY.
 * @throws what `work` throws; the client is then closed, whatever state it was left in
 */
export async function withClient<T>(db: Database, work: (client: pg.PoolClient) => Promise<T>): Promise<T> {
  const pool = pools.get(db);
  if (pool === undefined) throw new Error('a database that openDatabase has not opened');
  const client = await pool.connect();
  try {
    const result = await work(client);
    client.release();
    return result;
  } catch (error) {
    client.release(true);
    throw error;
  }
}

function namingPool(pool: pg.Pool): PostgresPool {
  const names = new Map<string, string>();
  const nameOf = (text: string): string => {
    let name = names.get(text);
    if (name === undefined) {
      name = createHash('sha1').update(text).digest('base64url');
      names.set(text, name);
    }
    return name;
  };
  const wrap = (client: pg.PoolClient) => ({
    processID: (client as unknown as { processID?: number }).processID,
    release: () => client.release(),
    query: (text: unknown, values?: readonly unknown[]) => {
      if (typeof text !== 'string') return client.query(text as never);
      if (values === undefined || values.length === 0) return client.query(text);
      return client.query({ name: nameOf(text), text, values: [...values] });
    },
  });
  // One for each client, by which kysely knows its connections again.
  const wrapped = new WeakMap<pg.PoolClient, ReturnType<typeof wrap>>();
  const wrapOnce = (client: pg.PoolClient) => {
    let known = wrapped.get(client);
    if (known === undefined) {
      known = wrap(client);
      wrapped.set(client, known);
    }
    return known;
  };
  return {
    connect: async () => wrapOnce(await pool.connect()),
    end: () => pool.end(),
  } as unknown as PostgresPool;
}
