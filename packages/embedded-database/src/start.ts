import { access, constants, mkdir, realpath } from 'node:fs/promises';
import { join } from 'node:path';
import { findBinaries } from './binaries.ts';
import { type ClusterContext, ensureCluster } from './cluster.ts';
import { EmbeddedDatabaseError, systemCode } from './errors.ts';
import { lockFolder } from './folder-lock.ts';
import { chooseLauncher } from './launcher.ts';
import { stopOrphan } from './postmaster.ts';
import { type Server, startServer } from './server.ts';

export interface EmbeddedDatabaseOptions {
  /** Made when it does not exist. The cluster is in its folder `postgres`. */
  readonly dataDir: string;
  /** Without protection against a crash of the machine, and with room for the connections of many services: for tests. */
  readonly fast?: boolean;
  /** Gets what PostgreSQL writes, line by line. */
  readonly log?: (line: string) => void;
  /** Called once if the server ends without `stop()`. */
  readonly onExit?: (error: EmbeddedDatabaseError) => void;
}

export interface EmbeddedDatabase {
  /** Of the database `mra`, as the superuser `postgres`, on the loopback interface. */
  readonly url: string;
  /** Ends the server, also with live clients, and gives the folder free. Waits out at most 1.5 s; may be called twice. */
  stop(): Promise<void>;
}

/**
 * Starts a PostgreSQL 18 server for one service, with its data in `${dataDir}/postgres`, and ends what a service that was
 * killed has left there. The caller ends it with `stop()`.
 * @throws EmbeddedDatabaseError with a `code` and a message of one line: folder in use or not usable, no binary for this
 * platform, no user to run as, server not started.
 */
export async function startEmbeddedDatabase(options: EmbeddedDatabaseOptions): Promise<EmbeddedDatabase> {
  const { fast = false, log = () => undefined, onExit } = options;
  const binaries = await findBinaries();
  const dataDir = await usableFolder(options.dataDir);
  const clusterDir = join(dataDir, 'postgres');
  const lock = lockFolder(dataDir);
  try {
    const launcher = await chooseLauncher(binaries, dataDir, clusterDir);
    const stalePid = await stopOrphan(clusterDir, log);
    const context: ClusterContext = { clusterDir, binaries, launcher, log, fast, stalePid };
    const password = await ensureCluster(context);
    const server = await startServer(context);
    const url = `postgres://postgres:${password}@127.0.0.1:${server.port}/mra`;
    return { url, stop: stopOnce(server, lock.release, onExit) };
  } catch (error) {
    lock.release();
    throw explained(error, dataDir);
  }
}

function stopOnce(server: Server, release: () => void, onExit: EmbeddedDatabaseOptions['onExit']): () => Promise<void> {
  let stopping: Promise<void> | undefined;
  server.ended.then((ending) => {
    if (stopping === undefined) {
      onExit?.(
        new EmbeddedDatabaseError('STOPPED_UNEXPECTEDLY', `The embedded PostgreSQL ended by itself (${ending})`),
      );
    }
  });
  return () => {
    stopping ??= server.stop().finally(release);
    return stopping;
  };
}

async function usableFolder(path: string): Promise<string> {
  try {
    // 711: the user who runs PostgreSQL for root passes through; each secret in it has mode 600.
    await mkdir(path, { recursive: true, mode: 0o711 });
    await access(path, constants.R_OK | constants.W_OK | constants.X_OK);
    // A server is recognised by its folder, so the folder has one name.
    return await realpath(path);
  } catch (error) {
    throw explained(error, path);
  }
}

function explained(error: unknown, dataDir: string): unknown {
  const code = systemCode(error);
  if (error instanceof EmbeddedDatabaseError || code === undefined) return error;
  const message = `The data folder ${dataDir} cannot be used (${code}): check its owner and mode, or set DATA_DIR to another folder`;
  return new EmbeddedDatabaseError('FOLDER_NOT_USABLE', message, { cause: error });
}
