import { setTimeout as pause } from 'node:timers/promises';
import type { ExchangeLog } from '@mra/exchange';
import { retryAt } from '@mra/exchange-protocol';

export interface Loop {
  /** The next turn begins at once, or right after the present one. Not while the loop waits after a failure. */
  wake(): void;
  /** Begins no further turn and tells the present one to end; resolves when it has. */
  stop(): Promise<void>;
}

export interface LoopOptions {
  /** For the log: `deliver JP`. */
  readonly name: string;
  readonly log: ExchangeLog;
  /** Longest wait after failures in a row. */
  readonly maxBackoffSeconds?: number;
}

/**
 * Does something again and again, one turn at a time. A turn that fails is logged and repeated with back-off, and stops no other loop.
 * @param turn gives the milliseconds to wait for a wake before the next turn
 */
export function startLoop(
  { name, log, maxBackoffSeconds = 10 }: LoopOptions,
  turn: (signal: AbortSignal) => Promise<number>,
): Loop {
  const stopping = new AbortController();
  const { signal } = stopping;
  let isWoken = false;
  let alarm: AbortController | null = null;

  const rest = async (milliseconds: number, { wakes }: { readonly wakes: boolean }): Promise<void> => {
    if (wakes && isWoken) return;
    alarm = wakes ? new AbortController() : null;
    const end = alarm === null ? signal : AbortSignal.any([signal, alarm.signal]);
    await pause(milliseconds, undefined, { signal: end }).catch(() => undefined);
    alarm = null;
  };

  const run = async (): Promise<void> => {
    let failures = 0;
    while (!signal.aborted) {
      isWoken = false;
      try {
        const milliseconds = await turn(signal);
        failures = 0;
        if (milliseconds > 0) await rest(milliseconds, { wakes: true });
      } catch (error) {
        if (signal.aborted) return;
        failures += 1;
        const now = new Date().toISOString();
        const at = retryAt({ attempt: failures, random: Math.random(), now }, { maxSeconds: maxBackoffSeconds });
        log.error({ loop: name, failures, err: error }, 'a turn of the exchange failed');
        await rest(Math.max(100, Date.parse(at) - Date.parse(now)), { wakes: false });
      }
    }
  };
  const running = run();
  return {
    wake() {
      isWoken = true;
      alarm?.abort();
    },
    async stop() {
      stopping.abort();
      await running;
    },
  };
}
