import type { ImportWork } from '@mra/registry';

/** Applied within a second: readers wait for it as they do for any write. */
const SHORT = { changed: 200, lines: 5_000 };

/**
 * Until a list has shown otherwise. Measured on two cores, without partners to tell of them: 2,600 to 3,600 new members a second; half
 * of that while others work, too.
 */
const SECONDS_EACH = 1 / 1_500;

/** How much slower than its beginning a list may go on: indexes grow, and others work meanwhile. */
const ROOM = 1.3;

/** How fast this process has applied its last long list; one object for all imports of a process. */
export interface Pace {
  secondsEach: number;
}

export const firstPace = (): Pace => ({ secondsEach: SECONDS_EACH });

/**
 * How long before it becomes known a list is begun to be applied, so that no reader waits for it.
 * @param work lines that say something new, and members that the list ends
 * @param lines all that were accepted
 */
export function aheadSeconds({ changed, missing, seconds }: ImportWork, lines: number, { secondsEach }: Pace): number {
  const writes = changed + missing;
  if (writes <= SHORT.changed && lines <= SHORT.lines) return 0;
  return Math.ceil(1 + (writes * secondsEach + seconds) * ROOM);
}
