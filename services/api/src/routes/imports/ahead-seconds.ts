import type { ImportWork } from '@mra/registry';

/** Applied within a second: readers wait for it as they do for any write. */
const SHORT = { changed: 200, lines: 5_000 };

/**
 * Until a list has shown otherwise. Measured on two cores, without partners to tell of them: 2,600 to 3,600 new members a second; half
 * of that while others work, too.
 */
const SECONDS_EACH = 1 / 1_500;

/** How much slower than its beginning a list may go on: indexes grow, and others work meanwhile. The more so, the more often it did. */
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
 * @param attempt from 1; those that were late count
 */
export function aheadSeconds(work: ImportWork, lines: number, pace: Pace, attempt = 1): number {
  if (writesOf(work) <= SHORT.changed && lines <= SHORT.lines) return 0;
  return Math.ceil(1 + ROOM ** attempt * bareSeconds(work, pace));
}

/** What a list takes when it goes on at this pace. */
export function bareSeconds(work: ImportWork, { secondsEach }: Pace): number {
  return writesOf(work) * secondsEach + work.seconds;
}

export const writesOf = ({ changed, missing }: ImportWork): number => changed + missing;
