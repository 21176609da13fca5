import { aheadSeconds } from '@mra/registry';
import { firstPace } from '../routes/imports/first-pace.ts';

/** A line on a terminal that is written over as a file goes out. */
export interface Progress {
  sent(chunk: Buffer): void;
  /** All of the file is with the service, which now applies it. */
  isSent(): void;
  end(): void;
}

/** Where the line is written; nothing is where it is not a terminal. */
export interface Terminal {
  readonly isTTY?: boolean;
  readonly columns?: number;
  write(text: string): unknown;
}

/** Twice a second can be read; more would only flicker. */
const EVERY_MS = 500;
const LINE_FEED = 10;
const CLEAR = '\r\x1b[K';

/**
 * Shows on a terminal how much of a file has gone out, at which rate, and how long the rest will take at that rate.
 * @param size of the file in bytes
 */
export function createProgress(
  terminal: Terminal,
  size: number,
  now: () => number = () => performance.now(),
): Progress {
  if (terminal.isTTY !== true) return { sent: () => undefined, isSent: () => undefined, end: () => undefined };
  const start = now();
  let bytes = 0;
  let lines = 0;
  let sentAt: number | null = null;
  const show = (): void => {
    const line =
      sentAt === null
        ? sendingLine({ bytes, lines, size, seconds: (now() - start) / 1000 })
        : applyingLine({ lines, seconds: (now() - sentAt) / 1000 });
    terminal.write(`${CLEAR}${line.slice(0, (terminal.columns ?? 80) - 1)}`);
  };
  const timer = setInterval(show, EVERY_MS);
  timer.unref();
  return {
    sent(chunk) {
      bytes += chunk.length;
      for (let at = chunk.indexOf(LINE_FEED); at !== -1; at = chunk.indexOf(LINE_FEED, at + 1)) lines += 1;
    },
    isSent() {
      sentAt = now();
      show();
    },
    end() {
      clearInterval(timer);
      terminal.write(CLEAR);
    },
  };
}

/** `42 %, 8,120 lines a second, 1 min 10 s left`. */
export function sendingLine(sent: {
  readonly bytes: number;
  readonly lines: number;
  readonly size: number;
  readonly seconds: number;
}): string {
  const { bytes, lines, size, seconds } = sent;
  if (bytes === 0 || seconds === 0) return '0 %';
  const rate = Math.round(lines / seconds).toLocaleString('en');
  return `${Math.floor((100 * bytes) / size)} %, ${rate} lines a second, ${duration(((size - bytes) * seconds) / bytes)} left`;
}

/** `20,000 lines sent; being applied for 4 s, about 8 s left if all are new`: what the service foresees for a list of which all is new. */
export function applyingLine({ lines, seconds }: { readonly lines: number; readonly seconds: number }): string {
  const foreseen = aheadSeconds({ changed: lines, missing: 0, seconds: 0 }, lines, firstPace());
  const left = foreseen > seconds ? `, about ${duration(foreseen - seconds)} left if all are new` : '';
  return `${lines.toLocaleString('en')} lines sent; being applied for ${duration(seconds)}${left}`;
}

function duration(seconds: number): string {
  const whole = Math.round(seconds);
  return whole < 60 ? `${whole} s` : `${Math.floor(whole / 60)} min ${whole % 60} s`;
}
