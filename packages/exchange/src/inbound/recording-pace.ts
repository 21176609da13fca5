import { RecordingTooSlow } from '@mra/registry';

/** Applied within a quarter of a second: readers wait for it as they do for any write. */
const SHORT = { changed: 100, lines: 1000 };

/** Measured on two busy cores: 1,300 new members a second; 14,000 unchanged lines are compared in one. With room to spare. */
const PER_SECOND = { changed: 800, lines: 8000 };

/** After so many members the rate is known; the tables grow slower to write while they grow. */
const PROBE = 2000;
const SLOWER_WITH_TIME = 1.5;

/** It was foreseen to be too slow before it was: another attempt with so much time should do. */
export class PaceTooSlow extends RecordingTooSlow {
  override readonly name = 'PaceTooSlow';
  readonly neededSeconds: number;
  constructor(neededSeconds: number) {
    super('a recording made ahead will not be ready in time');
    this.neededSeconds = neededSeconds;
  }
}

/** How long before it becomes known a snapshot is begun to be applied, so that no reader waits for it. */
export function aheadSeconds({ changed, lines }: { readonly changed: number; readonly lines: number }): number {
  if (changed <= SHORT.changed && lines <= SHORT.lines) return 0;
  return Math.ceil(1 + changed / PER_SECOND.changed + lines / PER_SECOND.lines);
}

export interface Pace {
  /** Notes that so many members have been written. @throws PaceTooSlow when at this rate the recording will not be ready in time */
  done(members: number): void;
}

/**
 * Watches the rate of a recording made ahead: on a slow machine what would take minutes is given up after seconds, and begun again with
 * the time that it needs.
 */
export function startPace(
  { changed, ahead }: { readonly changed: number; readonly ahead: number },
  now: () => number = () => performance.now(),
): Pace {
  const began = now();
  let written = 0;
  return {
    done(members) {
      written += members;
      if (ahead === 0 || written < PROBE) return;
      const seconds = (now() - began) / 1000;
      const needed = (seconds * Math.max(changed, written)) / written;
      if (needed > ahead) throw new PaceTooSlow(needed * SLOWER_WITH_TIME);
    },
  };
}
