import { type DestinationStream, pino } from 'pino';

interface Output extends DestinationStream {
  /** Called by pino after a fatal line, and at the exit of the process. */
  flushSync(): void;
}

let standard: Output | undefined;

/** Standard output for the log, without a worker thread; one for the process. */
export function standardOutput(): Output {
  standard ??= byTurn(pino.destination({ dest: 1, sync: false, contentMode: 'buffer' }));
  return standard;
}

/**
 * Lines of one turn of the event loop are written together: the answers of a group of questions end in one turn, and sonic-boom measures
 * all that it holds anew for each line. What a process that is killed may lose is the lines of its last turn.
 */
function byTurn(output: ReturnType<typeof pino.destination>): Output {
  let lines: string[] = [];
  const write = (): void => {
    if (lines.length === 0) return;
    // As bytes, of which sonic-boom makes no copy.
    const bytes = Buffer.from(lines.join(''));
    lines = [];
    output.write(bytes as unknown as string);
  };
  const flushSync = (): void => {
    write();
    output.flushSync();
  };
  process.once('exit', flushSync);
  return {
    write(line) {
      if (lines.push(line) === 1) setImmediate(write);
    },
    flushSync,
  };
}
