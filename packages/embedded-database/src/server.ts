import type { ChildProcess } from 'node:child_process';
import { type AddressInfo, createServer } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import type { ClusterContext } from './cluster.ts';
import { EmbeddedDatabaseError } from './errors.ts';
import { readPostmasterFile } from './postmaster.ts';
import { eachLine, endOf, notStarted, programEnvironment } from './program.ts';

/** Longer than crash recovery after a full max_wal_size (1 GB) takes on a slow disk. */
const READY_WITHIN_MS = 120_000;
/** A port taken between its choice and its use, or the last processes of a killed server still going: both pass. */
const PASSING = /could not (bind|create any TCP\/IP sockets)|pre-existing shared memory block/;
const ATTEMPTS = 5;

export interface Server {
  readonly port: number;
  /** Resolves when the server has ended, with how. */
  readonly ended: Promise<string>;
  /** Ends the server, live clients or not; within 1.5 s. */
  stop(): Promise<void>;
}

/**
 * Starts the server of a cluster on a free port of the loopback interface and waits until it accepts connections.
 * @throws EmbeddedDatabaseError `NOT_STARTED`.
 */
export async function startServer(context: ClusterContext): Promise<Server> {
  for (let attempt = 1; ; attempt += 1) {
    const port = await freePort();
    const lines: string[] = [];
    const child = spawnServer(context, port, lines);
    const ended = endOf(child).then((ending) => ending ?? 'exit code 0');
    // A server must not outlive a process that exits without stop(); signals are sent at once, also while exiting.
    const onExit = () => child.kill('SIGINT');
    process.once('exit', onExit);
    ended.then(() => process.off('exit', onExit));
    const server = { port, ended, stop: () => stop(child, ended) };
    const ending = await readyOrEnded(context.clusterDir, child, ended);
    if (ending === 'ready') return server;
    if (ending === 'late') {
      await server.stop();
      throw new EmbeddedDatabaseError('NOT_STARTED', `PostgreSQL was not ready after ${READY_WITHIN_MS / 1000} s`);
    }
    if (attempt === ATTEMPTS || !lines.some((line) => PASSING.test(line))) {
      throw notStarted(context.binaries, lines, ending);
    }
    await pause(200);
  }
}

function spawnServer(context: ClusterContext, port: number, lastLines: string[]): ChildProcess {
  const { clusterDir, launcher, binaries, fast, log, stalePid } = context;
  const settings = {
    listen_addresses: '127.0.0.1',
    port,
    unix_socket_directories: '',
    timezone: 'UTC',
    log_timezone: 'UTC',
    ...(fast ? { fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off', max_connections: 500 } : {}),
  };
  const args = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
  const child = launcher.spawn(binaries.postgres, ['-D', clusterDir, ...args], {
    cwd: clusterDir,
    env: programEnvironment(stalePid),
    stdio: ['ignore', 'ignore', 'pipe'],
    // A session of its own: Ctrl-C reaches the service alone, which finishes its requests and then stops the database.
    detached: true,
  });
  eachLine(child.stderr, (line) => {
    lastLines.push(line);
    if (lastLines.length > 20) lastLines.shift();
    log(line);
  });
  return child;
}

/** `ready`, `late`, or how the server ended. Reads what pg_ctl reads: no connection, no password, no language. */
async function readyOrEnded(clusterDir: string, child: ChildProcess, ended: Promise<string>): Promise<string> {
  let ending: string | undefined;
  ended.then((how) => {
    ending = how;
  });
  const end = performance.now() + READY_WITHIN_MS;
  while (ending === undefined && performance.now() < end) {
    const file = await readPostmasterFile(clusterDir);
    if (file?.ready && file.pid === child.pid) return 'ready';
    await pause(10);
  }
  return ending ?? 'late';
}

async function stop(child: ChildProcess, ended: Promise<string>): Promise<void> {
  // Fast shutdown (disconnects clients, checkpoint); immediate shutdown (recovery at the next start); end.
  for (const [signal, milliseconds] of [
    ['SIGINT', 1000],
    ['SIGQUIT', 400],
    ['SIGKILL', 5000],
  ] as const) {
    child.kill(signal);
    const waiting = new AbortController();
    const timeout = pause(milliseconds, false, { signal: waiting.signal }).catch(() => false);
    const hasEnded = await Promise.race([ended.then(() => true), timeout]);
    waiting.abort();
    if (hasEnded) return;
  }
}

async function freePort(): Promise<number> {
  const probe = createServer();
  await new Promise<void>((resolve, reject) => probe.once('error', reject).listen(0, '127.0.0.1', resolve));
  const { port } = probe.address() as AddressInfo;
  await new Promise((resolve) => probe.close(resolve));
  return port;
}
