/** What a long recording will do: members to be written or ended, and what it takes to find them. */
export interface LongWork {
  readonly changed: number;
  /** Of these, members of whom nothing is known yet; none when left out. */
  readonly created?: number;
  readonly missing: number;
  /** To find out what has changed, which the recording does again. */
  readonly seconds: number;
}

/** What a new member takes of the time of one that is judged: measured, 95 µs against some 300. */
export const NEW_MEMBER = 0.3;

/** Applied within a second: readers wait for it as they do for any write. */
export const SHORT = { changed: 200, lines: 5_000 };

/**
 * How much slower than its beginning a list may go on: indexes grow (3 % slower at 100,000 members than at 10,000), and others work
 * meanwhile. The more so, the more often it did.
 */
const ROOM = 1.1;

/** How fast this process has applied its last long list; one object for all lists of a kind. */
export interface Pace {
  secondsEach: number;
}

/**
 * How long before it becomes known a list is begun to be applied, so that no reader waits for it.
 * @param work lines that say something new, and members that the list ends
 * @param lines all that were accepted
 * @param attempt from 1; those that were late count
 */
export function aheadSeconds(work: LongWork, lines: number, pace: Pace, attempt = 1): number {
  if (writesOf(work) <= SHORT.changed && lines <= SHORT.lines) return 0;
  return Math.ceil(1 + ROOM ** attempt * bareSeconds(work, pace));
}

/** What a list takes when it goes on at this pace. */
export function bareSeconds(work: LongWork, { secondsEach }: Pace): number {
  return writesOf(work) * secondsEach + work.seconds;
}

export const writesOf = ({ changed, created = 0, missing }: LongWork): number =>
  changed - created + created * NEW_MEMBER + missing;
