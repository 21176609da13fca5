import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { applyingLine, createProgress, sendingLine } from './progress.ts';

describe('while a file goes out', () => {
  test('the line tells its part, the rate and the time left at that rate', () => {
    expect(sendingLine({ bytes: 250, lines: 500, size: 1000, seconds: 30 })).toBe(
      '25 %, 17 lines a second, 1 min 30 s left',
    );
    expect(sendingLine({ bytes: 1000, lines: 90_000, size: 1000, seconds: 30 })).toBe(
      '100 %, 3,000 lines a second, 0 s left',
    );
    expect(sendingLine({ bytes: 0, lines: 0, size: 1000, seconds: 0 })).toBe('0 %');
  });

  test('what is applied has no rate to be seen: the line tells how long it goes on, and what is foreseen', () => {
    expect(applyingLine({ lines: 20_000, seconds: 4 })).toMatch(
      /^20,000 lines sent; being applied for 4 s, about \d+ s left if all are new$/,
    );
    expect(applyingLine({ lines: 20_000, seconds: 400 })).toBe('20,000 lines sent; being applied for 6 min 40 s');
  });
});

describe('on a terminal', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());
  const aTerminal = (isTTY: boolean) => {
    const written: string[] = [];
    return { written, isTTY, columns: 40, write: (text: string) => written.push(text) };
  };

  test('one line is written over, cut to the width, and gone at the end', () => {
    const terminal = aTerminal(true);
    const progress = createProgress(terminal, 2000, Date.now);
    progress.sent(Buffer.from('a\nb\n'.repeat(250)));
    vi.advanceTimersByTime(1000);
    expect(terminal.written.at(-1)).toBe('\r\x1b[K50 %, 500 lines a second, 1 s left');
    progress.sent(Buffer.from('a\nb\n'.repeat(250)));
    progress.isSent();
    expect(terminal.written.at(-1)).toHaveLength('\r\x1b[K'.length + 39);
    progress.end();
    expect(terminal.written.at(-1)).toBe('\r\x1b[K');
    const count = terminal.written.length;
    vi.advanceTimersByTime(5000);
    expect(terminal.written).toHaveLength(count);
  });

  test('nothing is written where nobody reads it as it comes', () => {
    const terminal = aTerminal(false);
    const progress = createProgress(terminal, 2000, Date.now);
    progress.sent(Buffer.from('a\n'));
    vi.advanceTimersByTime(1000);
    progress.isSent();
    progress.end();
    expect(terminal.written).toEqual([]);
  });
});
