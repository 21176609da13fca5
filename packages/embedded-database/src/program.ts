import type { ChildProcess } from 'node:child_process';
import type { Binaries } from './binaries.ts';
import { EmbeddedDatabaseError } from './errors.ts';
import type { Launcher } from './launcher.ts';

/** What the PostgreSQL programs may see of our environment: settings of somebody's own PostgreSQL and language must not leak in. */
export function programEnvironment(stalePid: number | null): NodeJS.ProcessEnv {
  const foreign = /^(PG.*|LC_.*|LANG|LANGUAGE|TZ|LD_LIBRARY_PATH)$/;
  const kept = Object.entries(process.env).filter(([name]) => !foreign.test(name));
  return {
    ...Object.fromEntries(kept),
    LC_ALL: 'C',
    // PostgreSQL takes a living process with the pid of a stale postmaster.pid for a server, unless it is told, as pg_ctl
    // does, that this pid is one of its ancestors. Its check of the shared memory stays in force.
    ...(stalePid === null ? {} : { PG_GRANDPARENT_PID: String(stalePid) }),
  };
}

/** Calls `sink` with each whole line of a stream. */
export function eachLine(stream: NodeJS.ReadableStream | null, sink: (line: string) => void): void {
  let rest = '';
  stream?.setEncoding('utf8');
  stream?.on('data', (text: string) => {
    const lines = (rest + text).split(/\r?\n/);
    rest = lines.pop() ?? '';
    for (const line of lines) if (line !== '') sink(line);
  });
  stream?.on('end', () => {
    if (rest !== '') sink(rest);
  });
}

/**
 * Runs a PostgreSQL program to its end, with `input` on its standard input.
 * @throws EmbeddedDatabaseError `NOT_STARTED` with the program's own words when it cannot be run or fails.
 */
export async function runProgram(
  { launcher, binaries, log }: { launcher: Launcher; binaries: Binaries; log: (line: string) => void },
  command: string,
  args: readonly string[],
  options: { cwd: string; env: NodeJS.ProcessEnv; input?: string },
): Promise<void> {
  const { cwd, env, input } = options;
  const child = launcher.spawn(command, args, { cwd, env, stdio: ['pipe', 'ignore', 'pipe'] });
  const lines: string[] = [];
  eachLine(child.stderr, (line) => {
    lines.push(line);
    log(line);
  });
  // A program that fails early does not read its input; its exit code tells why.
  child.stdin?.on('error', () => undefined);
  child.stdin?.end(input ?? '');
  const ending = await endOf(child);
  if (ending !== null) throw notStarted(binaries, lines, ending);
}

/** Resolves when the child has ended and its output is read: null after success, else why it ended. */
export function endOf(child: ChildProcess): Promise<string | null> {
  return new Promise((resolve) => {
    child.once('error', (error) => resolve(error.message));
    child.once('close', (code, signal) => resolve(code === 0 ? null : signal === null ? `exit code ${code}` : signal));
  });
}

/** The error for a program that could not be run or failed, from the last lines that it wrote. */
export function notStarted(binaries: Binaries, lines: readonly string[], ending: string): EmbeddedDatabaseError {
  const missingLibrary = lines.find((line) => line.includes('error while loading shared libraries'));
  if (missingLibrary !== undefined) {
    const help = `the install script of its npm package has not run; run: npm rebuild ${binaries.packageName}`;
    return new EmbeddedDatabaseError('NOT_STARTED', `The embedded PostgreSQL cannot be loaded: ${help}`, {
      cause: missingLibrary,
    });
  }
  const told = lines.filter((line) => /\b(FATAL|PANIC|error|DETAIL|HINT):/.test(line)).slice(-3);
  const words = (told.length > 0 ? told : lines.slice(-1)).map((line) =>
    line.replace(/^.*?(?=FATAL|PANIC|DETAIL|HINT)/, ''),
  );
  return new EmbeddedDatabaseError(
    'NOT_STARTED',
    `The embedded PostgreSQL did not start (${ending}): ${words.join(' ')} (DATABASE_URL would name a server of your own)`,
  );
}
