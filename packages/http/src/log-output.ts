import { type DestinationStream, pino } from 'pino';

interface Output extends DestinationStream {
  /** Called by pino after a fatal line. */
  flushSync(): void;
  /** `flush()` of the logger: what was logged is written when it returns. */
  flush(done: () => void): void;
}

/** sonic-boom's types leave out the number of bytes from which on it writes. */
type SonicBoom = ReturnType<typeof pino.destination> & { minLength: number };

let standard: Output | undefined;

/** Standard output for the log, without a worker thread; one for the process. */
export function standardOutput(): Output {
  standard ??= byTurn(pino.destination({ dest: 1, sync: false, contentMode: 'buffer' }) as SonicBoom);
  return standard;
}

/**
 * Lines of one turn of the event loop are written together: the answers of a group of questions end in one turn, and sonic-boom measures
 * all that it holds anew for each line. A process that is killed may lose the lines of its last turn; at its exit none is lost.
 */
function byTurn(output: SonicBoom): Output {
  let lines: string[] = [];
  const write = (): void => {
    if (lines.length === 0) return;
    // As bytes, of which sonic-boom makes no copy.
    const bytes = Buffer.from(lines.join(''));
    lines = [];
    output.write(bytes as unknown as string);
  };
  const flushSync = (): void => {
    // Else sonic-boom begins to write them on another thread, and the process may be gone before it has.
    output.minLength = Number.MAX_SAFE_INTEGER;
    write();
    output.minLength = 0;
    output.flushSync();
  };
  process.once('exit', () => {
    try {
      flushSync();
    } catch {
      // Nobody reads any more.
    }
  });
  return {
    write(line) {
      if (lines.push(line) === 1) setImmediate(write);
    },
    flushSync,
    flush(done) {
      flushSync();
      done();
    },
  };
}
