import { type ChildProcess, spawn } from 'node:child_process';
import { openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { nodeFlagsOf } from './node-flags.ts';

const REPOSITORY = join(import.meta.dirname, '../..');
const LISTENING = /Server listening at http:\/\/[^"]*:(\d+)"/;
const READY_WITHIN_MS = 60_000;

export interface Running {
  readonly port: number;
  /** The most memory it has held until now, in MB; null where the system does not tell. */
  peakMemory(): number | null;
  /** Milliseconds from its start until it listened. */
  readonly startedMs: number;
  stop(): Promise<void>;
}

/**
 * Starts a program of this repository that logs `Server listening at …` and waits until it does; its log goes to a file, as that of a
 * service in production goes to a collector.
 * @throws Error with the end of the log when it does not listen
 */
export async function startProcess(
  program: string,
  log: string,
  env: Readonly<Record<string, string>>,
  args: readonly string[] = [],
): Promise<Running> {
  const { PATH = '', HOME = '' } = process.env;
  const file = openSync(log, 'w');
  const began = performance.now();
  const flags = program.startsWith('services/') ? nodeFlagsOf('start') : [];
  const child = spawn(process.execPath, [...flags, join(REPOSITORY, program), ...args], {
    cwd: REPOSITORY,
    env: { PATH, HOME, HOST: '127.0.0.1', PORT: '0', ...env },
    stdio: ['ignore', file, file],
  });
  started.add(child);
  child.once('exit', () => started.delete(child));
  const port = await portOf(child, log, began);
  return {
    port,
    startedMs: performance.now() - began,
    peakMemory: () => peakMemoryOf(child.pid ?? 0),
    stop: async () => {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const ended = new Promise((resolve) => child.once('exit', resolve));
      child.kill('SIGTERM');
      await ended;
    },
  };
}

const started = new Set<ChildProcess>();
process.once('exit', () => {
  for (const child of started) child.kill('SIGKILL');
});

async function portOf(child: ChildProcess, log: string, began: number): Promise<number> {
  while (performance.now() - began < READY_WITHIN_MS) {
    const text = readFileSync(log, 'utf8');
    const port = LISTENING.exec(text)?.[1];
    if (port !== undefined) return Number(port);
    if (child.exitCode !== null) throw new Error(`a process ended before it listened: ${text.slice(-2000)}`);
    await pause(5);
  }
  throw new Error('a process did not listen in time');
}

/** Linux keeps the high-water mark of resident memory. */
function peakMemoryOf(pid: number): number | null {
  if (process.platform !== 'linux') return null;
  const found = /^VmHWM:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'));
  return found === null ? null : Math.round(Number(found[1]) / 1024);
}
