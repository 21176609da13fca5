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
