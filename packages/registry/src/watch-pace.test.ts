import { describe, expect, test } from 'vitest';
import { aheadSeconds } from './ahead-seconds.ts';
import { RecordingTooSlow } from './recording.ts';
import { WillBeEarly, WillBeLate, watchPace } from './watch-pace.ts';

const NEVER = { sooner: false, later: false };

describe('the time announced', () => {
  test('a short list needs none', () => {
    expect(aheadSeconds({ changed: 200, missing: 0, seconds: 0 }, 5000, { secondsEach: 1 / 1500 })).toBe(0);
    expect(aheadSeconds({ changed: 150, missing: 51, seconds: 0 }, 150, { secondsEach: 1 / 1500 })).toBeGreaterThan(0);
    expect(aheadSeconds({ changed: 0, missing: 0, seconds: 1 }, 5001, { secondsEach: 1 / 1500 })).toBeGreaterThan(0);
    // Of new members three in ten count.
    expect(aheadSeconds({ changed: 660, created: 660, missing: 0, seconds: 0 }, 660, { secondsEach: 1 / 1500 })).toBe(
      0,
    );
    expect(aheadSeconds({ changed: 1100, created: 100, missing: 0, seconds: 0 }, 1100, { secondsEach: 1 })).toBe(
      Math.ceil(1 + 1.1 * 1030),
    );
  });

  test('grows with what is written, with what it takes to find that out, and with the pace of the last list', () => {
    const work = { changed: 50_000, missing: 50_000, seconds: 10 };
    expect(aheadSeconds(work, 200_000, { secondsEach: 1 / 1000 })).toBe(123);
    expect(aheadSeconds(work, 200_000, { secondsEach: 1 / 2000 })).toBe(67);
    // A list that was late gets more room with every attempt.
    expect(aheadSeconds(work, 200_000, { secondsEach: 1 / 1000 }, 3)).toBe(148);
  });
});

describe('a list that is being applied', () => {
  const aList = ({ ahead = 100, mayRestart = { sooner: true, later: true }, inTime = true } = {}) => {
    let clock = 0;
    const list = {
      pace: { secondsEach: 1 / 1000 },
      work: { changed: 80_000, missing: 20_000, seconds: 0 },
      ahead,
      mayRestart,
      held: 0,
      holdReaders: async () => {
        list.held += 1;
        return inTime;
      },
      now: () => clock * 1000,
    };
    const watch = watchPace(list);
    const at = (seconds: number, done: number): Promise<void> => {
      clock = seconds;
      return watch(done);
    };
    return { list, at };
  };

  test('goes on at the pace foreseen, and leaves it behind for the next one', async () => {
    const { list, at } = aList();
    for (let done = 500; done <= 100_000; done += 500) await at(done * 0.0009, done);
    expect(list.pace.secondsEach).toBeCloseTo(0.0009, 8);
    expect(list.held).toBe(0);
  });

  test('is begun anew as soon as its first lines show that the time will not do', async () => {
    const { list, at } = aList();
    await at(11, 500); // Ten seconds to find out what is missing are not the pace of the rest, nor are the first lines.
    await at(14, 2000);
    await at(19.9, 4999);
    await expect(at(20, 5000)).rejects.toBeInstanceOf(WillBeLate);
    expect(list.pace.secondsEach).toBe(1 / 500);
  });

  test('or that it is much too long; but not when it may not be begun anew', async () => {
    const begun = async (options: object) => {
      const list = aList(options);
      await list.at(1, 2000);
      return list;
    };
    // A thousandth of a second each: 100 s, with a fifth more and 3 s to spare, beside the 4 s that are lost.
    await expect((await begun({ ahead: 128 })).at(4, 5000)).rejects.toBeInstanceOf(WillBeEarly);
    await expect((await begun({ ahead: 127 })).at(4, 5000)).resolves.toBeUndefined();
    await expect((await begun({ ahead: 1000, mayRestart: NEVER })).at(4, 5000)).resolves.toBeUndefined();
    await expect((await begun({ mayRestart: NEVER })).at(9, 5000)).resolves.toBeUndefined();
  });

  test('that slows down before it is half done is begun anew, and afterwards is not', async () => {
    const { at } = aList({ ahead: 70 });
    await at(0.4, 2000);
    await at(2.2, 5000);
    await expect(at(30, 20_000)).rejects.toBeInstanceOf(WillBeLate);
    const later = aList({ ahead: 70 });
    await later.at(0.4, 2000);
    await later.at(2.2, 5000);
    await expect(later.at(60, 50_000)).resolves.toBeUndefined();
  });

  test('that is nearly late lets readers wait, once, and may then be a little late', async () => {
    const { list, at } = aList({ mayRestart: NEVER });
    for (let seconds = 0.5; seconds < 98; seconds += 0.5) await at(seconds, seconds * 950);
    expect(list.held).toBe(0);
    for (let seconds = 98; seconds <= 101; seconds += 0.5) await at(seconds, seconds * 950);
    expect(list.held).toBe(1);
    await expect(at(101.1, 98_000)).rejects.toBeInstanceOf(RecordingTooSlow);
  });

  test('that is too late for that is given up', async () => {
    await expect(aList({ inTime: false }).at(99.9, 95_000)).rejects.toBeInstanceOf(RecordingTooSlow);
  });

  test('a short one, for which readers wait anyway, is left alone', async () => {
    const { list, at } = aList({ ahead: 0 });
    await at(50, 100_000);
    expect(list.held).toBe(0);
  });
});
