import { expect, test } from 'vitest';
import { createMemory } from './memory.ts';

test('over its capacity the value not recalled for longest is forgotten', () => {
  const memory = createMemory<number>(2);
  memory.remember('a', { value: 1, exp: 100 });
  memory.remember('b', { value: 2, exp: 100 });
  expect(memory.recall('a', 0)).toBe(1);
  memory.remember('c', { value: 3, exp: 100 });
  expect(['a', 'b', 'c'].map((key) => memory.recall(key, 0))).toEqual([1, undefined, 3]);
});

test('what has expired is forgotten', () => {
  const memory = createMemory<number>(2);
  memory.remember('a', { value: 1, exp: 100 });
  expect(memory.recall('a', 99)).toBe(1);
  expect(memory.recall('a', 100)).toBeUndefined();
  expect(memory.recall('a', 0)).toBeUndefined();
});

test('over its capacity a tenth is forgotten at once, those not recalled for longest', () => {
  const memory = createMemory<number>(20);
  for (let value = 0; value < 20; value += 1) memory.remember(`${value}`, { value, exp: 100 });
  memory.recall('0', 0);
  memory.remember('20', { value: 20, exp: 100 });
  expect(['0', '1', '2', '3', '19', '20'].map((key) => memory.recall(key, 0))).toEqual([
    0,
    undefined,
    undefined,
    3,
    19,
    20,
  ]);
});
