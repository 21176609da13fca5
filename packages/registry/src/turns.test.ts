import { setTimeout as delay } from 'node:timers/promises';
import { expect, test } from 'vitest';
import type { Database } from './pool.ts';
import { createTurns, NoTurn } from './turns.ts';

const db = {} as Database;

test('so many at once, the rest in the order of the calls', async () => {
  const inTurn = createTurns(2);
  const begun: number[] = [];
  const ends: (() => void)[] = [];
  const all = [0, 1, 2, 3].map((index) =>
    inTurn(db, () => {
      begun.push(index);
      return new Promise<void>((resolve) => ends.push(resolve));
    }),
  );
  await delay(1);
  expect(begun).toEqual([0, 1]);
  ends[1]?.();
  await all[1];
  await delay(1);
  expect(begun).toEqual([0, 1, 2]);
  ends[0]?.();
  ends[2]?.();
  await delay(1);
  ends[3]?.();
  await Promise.all(all);
  expect(begun).toEqual([0, 1, 2, 3]);
});

test('whoever has waited as long as it may is refused, and leaves no gap', async () => {
  const inTurn = createTurns(1, 30);
  let end = () => {};
  const slow = inTurn(db, () => new Promise<void>((resolve) => (end = resolve)));
  await expect(inTurn(db, async () => 'never')).rejects.toBeInstanceOf(NoTurn);
  const next = inTurn(db, async () => 'next');
  end();
  await slow;
  expect(await next).toBe('next');
  expect(await inTurn(db, async () => 'later')).toBe('later');
});
