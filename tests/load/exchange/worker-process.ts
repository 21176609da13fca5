import { type ChildProcess, spawn } from 'node:child_process';
import { openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { nodeFlagsOf } from '../node-flags.ts';

const REPOSITORY = join(import.meta.dirname, '../../..');
const STARTED = '"exchange worker started"';
const READY_WITHIN_MS = 60_000;

export interface RunningWorker {
  /** Resident memory in MB: now, and the most it has been. Null where the system does not tell. */
  memory(): { readonly now: number; readonly most: number } | null;
  stop(): Promise<void>;
}

const started = new Set<ChildProcess>();
process.once('exit', () => {
  for (const child of started) child.kill('SIGKILL');
});

/**
 * Starts a worker of the exchange as a process of its own and waits until it works; its log goes to a file.
 * @throws Error with the end of the log when it does not start
 */
export async function startWorker(log: string, env: Readonly<Record<string, string>>): Promise<RunningWorker> {
  const { PATH = '', HOME = '', NODE_OPTIONS = '' } = process.env;
  const file = openSync(log, 'w');
  const child = spawn(
    process.execPath,
    [...nodeFlagsOf('exchange'), join(REPOSITORY, 'services/exchange/src/main.ts')],
    {
      cwd: REPOSITORY,
      env: { PATH, HOME, ...(NODE_OPTIONS !== '' && { NODE_OPTIONS }), HOST: '127.0.0.1', PORT: '0', ...env },
      stdio: ['ignore', file, file],
    },
  );
  started.add(child);
  child.once('exit', () => started.delete(child));
  const deadline = performance.now() + READY_WITHIN_MS;
  while (!readFileSync(log, 'utf8').includes(STARTED)) {
    if (child.exitCode !== null || performance.now() > deadline)
      throw new Error(`a worker did not start: ${readFileSync(log, 'utf8').slice(-2000)}`);
    await pause(20);
  }
  return {
    memory: () => memoryOf(child.pid ?? 0),
    stop: async () => {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const ended = new Promise((resolve) => child.once('exit', resolve));
      child.kill('SIGTERM');
      await ended;
    },
  };
}

function memoryOf(pid: number): { now: number; most: number } | null {
  if (process.platform !== 'linux') return null;
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  const read = (name: string) => Math.round(Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(status)?.[1]) / 1024);
  return { now: read('VmRSS'), most: read('VmHWM') };
}
