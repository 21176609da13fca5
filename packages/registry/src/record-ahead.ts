import { sql } from 'kysely';
import { aheadSeconds, type LongWork, type Pace } from './ahead-seconds.ts';
import { first, type Recording, RecordingTooSlow } from './recording.ts';
import { WillBeEarly, WillBeLate, watchPace } from './watch-pace.ts';

/** So often it may turn out that a list will be late, and once that it will be early. The last attempt has the time that it has. */
const LATE_MAX = 4;

/** A list that is to be applied in one recording, made as far ahead as it will take. */
export interface LongList {
  readonly work: LongWork;
  /** All lines, also those that say nothing new. */
  readonly lines: number;
  /** Kept for the next list. */
  readonly pace: Pace;
  /** Told when it is begun anew with another time. */
  readonly onRestart: (restart: {
    readonly announced: number;
    readonly measured: number;
    readonly late: number;
  }) => void;
}

/** To be told within the recording how many writes have been done. */
export type Watch = (recording: Recording) => (done: number) => Promise<void>;

/**
 * Applies a long list, so that no reader waits for it. One that turns out to take another time than foreseen is begun anew.
 * @param attempt one recording, made so many seconds ahead; begins to watch the pace in it, and tells its progress
 * @throws what `attempt` throws; RecordingTooSlow when five attempts were late
 */
export async function recordAhead<T>(
  { work, lines, pace, onRestart }: LongList,
  attempt: (ahead: number, watch: Watch) => Promise<T>,
): Promise<T> {
  let ahead = aheadSeconds(work, lines, pace);
  let late = 0;
  let early = 0;
  for (;;) {
    const mayRestart = { sooner: late + early === 0, later: late < LATE_MAX };
    const announced = ahead;
    const watch: Watch = (recording) =>
      watchPace({ work, ahead: announced, pace, mayRestart, holdReaders: () => holdReaders(recording) });
    try {
      return await attempt(ahead, watch);
    } catch (error) {
      if (!(error instanceof RecordingTooSlow)) throw error;
      if (error instanceof WillBeEarly) early += 1;
      else late += 1;
      if (late > LATE_MAX) throw error;
      const measured = aheadSeconds(work, lines, pace, 1 + late);
      onRestart({ announced, measured, late });
      ahead = error instanceof WillBeLate || error instanceof WillBeEarly ? measured : Math.max(2 * ahead, measured);
    }
  }
}

/** Lets readers wait from now on, so that the recording may end a little after its instant. @returns false: that is too near already */
export async function holdReaders({ tx, recordedAt }: Recording): Promise<boolean> {
  const { rows } = await sql<{ in_time: boolean }>`select finish_recording(${recordedAt}) as in_time`.execute(tx);
  return first(rows).in_time;
}
