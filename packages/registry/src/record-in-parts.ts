import { type Pace, SHORT } from './ahead-seconds.ts';
import { planForMany, takeStatistics, watchStatistics } from './plan-by-index.ts';
import type { Database } from './pool.ts';
import { type Actor, actAs, type Recording, RecordingTooSlow, record } from './recording.ts';

/** A part that is not short becomes known a little later than it should be done, so that no reader waits: twice its time and half a second. */
const AHEAD = { factor: 2, seconds: 0.5 };

/** Each with twice the time of the one before. */
const ATTEMPTS = 5;

export interface Part<T> {
  /** About how many members it writes. */
  readonly members: number;
  /** Runs anew, in a recording of its own, when it was too slow: what it counts it must return. */
  readonly work: (recording: Recording) => Promise<T>;
  /** Returns when all parts are known, not only written. */
  readonly isLast?: boolean;
}

/**
 * For work too long for one recording, and of which each part is true by itself: short recordings one behind the other. Other writers
 * come in between, none waits longer than for two or three parts.
 * @param pace of this kind of work; is set to what each part shows
 * @returns to run the next part. Throws what its work throws, and RecordingTooSlow after five attempts: earlier parts stay written
 */
export function recordInParts(db: Database, actor: Actor, pace: Pace): <T>(part: Part<T>) => Promise<T> {
  const areStatisticsDue = watchStatistics();
  return async ({ members, work, isLast = false }) => {
    let ahead = members <= SHORT.changed ? 0 : AHEAD.seconds + AHEAD.factor * members * pace.secondsEach;
    const run = async (recording: Recording) => {
      const began = performance.now();
      await planForMany(recording.tx);
      const value = await work(recording);
      if (members > SHORT.changed) pace.secondsEach = (performance.now() - began) / 1000 / members;
      return value;
    };
    for (let attempt = 1; ; attempt += 1) {
      try {
        const value = await record(db, actor, run, { aheadSeconds: ahead, awaitKnown: isLast });
        // Between two parts, since it may have to wait for an autovacuum.
        if (areStatisticsDue(members)) await analyse(db, actor);
        return value;
      } catch (error) {
        if (!(error instanceof RecordingTooSlow) || attempt === ATTEMPTS) throw error;
        ahead *= 2;
      }
    }
  };
}

async function analyse(db: Database, actor: Actor): Promise<void> {
  await db.transaction().execute(async (tx) => {
    await actAs(tx, actor);
    await takeStatistics(tx);
  });
}
