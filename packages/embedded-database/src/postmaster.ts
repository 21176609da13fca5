import { execFile } from 'node:child_process';
import { readFile, readlink } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** What a running server says of itself in `postmaster.pid` (PostgreSQL `src/include/utils/pidfile.h`). */
export interface PostmasterFile {
  readonly pid: number;
  readonly ready: boolean;
}

/** The content of `postmaster.pid`, or null when there is none or it is still being written. */
export async function readPostmasterFile(clusterDir: string): Promise<PostmasterFile | null> {
  const text = await readFile(join(clusterDir, 'postmaster.pid'), 'utf8').catch(() => '');
  const lines = text.split('\n');
  const pid = Number(lines[0]);
  return Number.isInteger(pid) && pid > 0 ? { pid, ready: lines[7]?.trim() === 'ready' } : null;
}

/**
 * Stops the server that a killed service has left behind on this cluster; needs the folder lock.
 * @returns the pid in a stale `postmaster.pid` that is nevertheless alive: another program has it, or nobody reaps the dead
 * server (a container without an init process). Else null.
 */
export async function stopOrphan(clusterDir: string, log: (line: string) => void): Promise<number | null> {
  const file = await readPostmasterFile(clusterDir);
  if (file === null) return null;
  if (await isServerOf(clusterDir, file.pid)) {
    log(`stopping PostgreSQL (process ${file.pid}), left behind by a service that was killed`);
    await end(clusterDir, file.pid);
    await comesTrue(async () => !isAlive(file.pid), 500);
  }
  return isAlive(file.pid) ? file.pid : null;
}

/** Fast shutdown, immediate shutdown, end. None loses a committed transaction: the write-ahead log is replayed. */
async function end(clusterDir: string, pid: number): Promise<void> {
  const steps = { SIGINT: 3000, SIGQUIT: 1000, SIGKILL: 2000 } as const;
  for (const [signal, milliseconds] of Object.entries(steps) as [NodeJS.Signals, number][]) {
    send(pid, signal);
    if (await comesTrue(async () => !(await isServerOf(clusterDir, pid)), milliseconds)) return;
  }
}

async function comesTrue(condition: () => Promise<boolean>, milliseconds: number): Promise<boolean> {
  const deadline = performance.now() + milliseconds;
  while (!(await condition())) {
    if (performance.now() > deadline) return false;
    await pause(20);
  }
  return true;
}

/** Whether the process is a PostgreSQL server on this cluster; a zombie is not. */
export async function isServerOf(clusterDir: string, pid: number): Promise<boolean> {
  if (process.platform === 'linux') {
    const arguments_ = (await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')).split('\0');
    if (basename(arguments_[0] ?? '') !== 'postgres') return false;
    // The working directory follows a renamed folder, but root in a container may not see that of another user.
    const cwd = await readlink(`/proc/${pid}/cwd`).catch(() => null);
    return cwd === clusterDir || arguments_.includes(clusterDir);
  }
  const [command, args] =
    process.platform === 'win32'
      ? [
          'powershell',
          ['-NoProfile', '-Command', `(Get-CimInstance Win32_Process -Filter 'ProcessId=${pid}').CommandLine`],
        ]
      : ['ps', ['-p', String(pid), '-o', 'command=']];
  const { stdout } = await run(command as string, args as string[]).catch(() => ({ stdout: '' }));
  return stdout.includes('postgres') && stdout.includes(clusterDir);
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

function send(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch {
    // It ended meanwhile.
  }
}
