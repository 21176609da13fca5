import { setTimeout as pause } from 'node:timers/promises';

/** Everything is to end within two seconds; what has not ended by then is left to the end of the process. */
const DEADLINE_MS = 1950;
/** npm repeats the Ctrl-C that the terminal has sent to the whole group: a person's second one comes later. */
const ECHO_MS = 250;
/** How often a service that npm started looks whether npm is still there. */
const PARENT_CHECK_MS = 100;

export interface Ending {
  /** Something to close when the process ends; what was added last is closed first. */
  add(close: () => Promise<unknown>): void;
  /** Closes everything and exits. The first call decides the exit code. */
  end(exitCode: 0 | 1): Promise<void>;
  readonly hasBegun: boolean;
}

/**
 * Makes the process end in order: on SIGINT, SIGTERM and SIGHUP with code 0, on an uncaught error with code 1, at once on a second
 * signal. A process that npm started also ends when npm is gone: a killed npm tells nobody.
 */
export function createEnding(onError: (error: unknown) => void): Ending {
  const closers: (() => Promise<unknown>)[] = [];
  let begunAt: number | undefined;

  const end = async (exitCode: 0 | 1): Promise<void> => {
    if (begunAt !== undefined) return;
    begunAt = performance.now();
    await Promise.race([closeAll(closers, onError), pause(DEADLINE_MS)]);
    process.exit(exitCode);
  };

  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(signal, () => {
      if (begunAt === undefined) end(0);
      else if (performance.now() - begunAt > ECHO_MS) process.exit(1);
    });
  }
  process.on('uncaughtException', (error) => {
    onError(error);
    end(1);
  });
  if (process.env.npm_lifecycle_event !== undefined) endWithParent(end);
  return {
    add: (close) => void closers.push(close),
    end,
    get hasBegun() {
      return begunAt !== undefined;
    },
  };
}

async function closeAll(closers: (() => Promise<unknown>)[], onError: (error: unknown) => void): Promise<void> {
  for (let close = closers.pop(); close !== undefined; close = closers.pop()) await close().catch(onError);
}

function endWithParent(end: Ending['end']): void {
  const parent = process.ppid;
  setInterval(() => {
    if (process.ppid !== parent) end(0);
  }, PARENT_CHECK_MS).unref();
}
