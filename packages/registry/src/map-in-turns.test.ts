import { afterEach, expect, test, vi } from 'vitest';
import { mapInTurns } from './map-in-turns.ts';

afterEach(() => void vi.restoreAllMocks());

/** Works on ten items, each of which takes so many milliseconds; @returns how often others had their turn meanwhile */
async function turnsOfOthers(milliseconds: number): Promise<number> {
  let clock = 0;
  vi.spyOn(performance, 'now').mockImplementation(() => clock);
  let turns = 0;
  let isDone = false;
  const other = (): void => {
    if (isDone) return;
    turns += 1;
    setImmediate(other);
  };
  setImmediate(other);
  const results = await mapInTurns([...Array(10).keys()], (item, index) => {
    clock += milliseconds;
    return [item, index];
  });
  isDone = true;
  expect(results).toEqual([...Array(10).keys()].map((item) => [item, item]));
  return turns;
}

test('others have their turn each time that 100 ms have been worked', async () => {
  expect(await turnsOfOthers(9)).toBe(0);
  expect(await turnsOfOthers(50)).toBeGreaterThanOrEqual(4);
  expect(await turnsOfOthers(1000)).toBeGreaterThanOrEqual(9);
});
