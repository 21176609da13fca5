import { bareSeconds, type LongWork, type Pace, writesOf } from './ahead-seconds.ts';
import { RecordingTooSlow } from './recording.ts';

/**
 * After so many writes, or this part of them, the pace of a list is known: the first 10,000 of 100,000 took 0.8 of the time of the others.
 * Not from the very first ones, which take half as long again: nothing is compiled yet, and no statistics have been taken.
 */
const SAMPLE = { from: 2_000, writes: 2_000, part: 0.03 };

/** Worth while to begin anew when what was announced lasts longer than this much of all that is to be done: other writers wait for it. */
const TOO_LONG = { factor: 1.2, seconds: 3 };

/** And must be this much longer. */
const TOO_SHORT = { factor: 1.04, seconds: 0.5 };

/** For so long readers may wait for a list that takes a little longer than was announced. */
const GRACE_SECONDS = 1;

/** Thrown when the time announced will not do for a list, as soon as that shows. */
export class WillBeLate extends RecordingTooSlow {}

/** Thrown when the time announced is much too long, as soon as that shows. */
export class WillBeEarly extends RecordingTooSlow {}

export interface ListInHand {
  readonly work: LongWork;
  /** Seconds that were announced. */
  readonly ahead: number;
  /** Is set to what the list shows. */
  readonly pace: Pace;
  /** Whether it may be begun anew to be known sooner, or because it will be late. */
  readonly mayRestart: { readonly sooner: boolean; readonly later: boolean };
  /** Lets readers wait until the list is applied; false: too late for that. */
  readonly holdReaders: () => Promise<boolean>;
  readonly now?: () => number;
}

/**
 * Watches a list that is being applied from now on.
 * @returns to be told how many writes have been done. Throws WillBeLate, WillBeEarly, and RecordingTooSlow when the time is over.
 */
export function watchPace(list: ListInHand): (done: number) => Promise<void> {
  const { work, ahead, pace, mayRestart, holdReaders, now = () => performance.now() } = list;
  const start = now();
  const writes = writesOf(work);
  const sample = Math.max(SAMPLE.writes, writes * SAMPLE.part);
  let isSampled = false;
  let isHeld = false;
  let before = 0;
  let first: { readonly seconds: number; readonly done: number } | null = null;

  const compare = (seconds: number, done: number): void => {
    // What is looked up before the first write says nothing of the pace of the others.
    if (done < Math.min(SAMPLE.from, writes * SAMPLE.part)) return;
    first ??= { seconds, done };
    if (done - first.done < sample) return;
    pace.secondsEach = (seconds - first.seconds) / (done - first.done);
    const bare = bareSeconds(work, pace);
    const isEarly = !isSampled && ahead > seconds + bare * TOO_LONG.factor + TOO_LONG.seconds;
    const isLate = ahead < bare * TOO_SHORT.factor + TOO_SHORT.seconds;
    isSampled = true;
    // What is more than half done is brought to its end, in time or not.
    if (done >= writes / 2) return;
    if (isEarly && mayRestart.sooner) throw new WillBeEarly();
    if (isLate && mayRestart.later) throw new WillBeLate();
  };

  return async (done) => {
    if (ahead === 0) return;
    const seconds = (now() - start) / 1000;
    compare(seconds, done);
    if (seconds > ahead + GRACE_SECONDS) throw new RecordingTooSlow();
    const step = seconds - before;
    before = seconds;
    if (isHeld || ahead - seconds > 2 * step + 0.5) return;
    isHeld = await holdReaders();
    if (!isHeld) throw new RecordingTooSlow();
  };
}
