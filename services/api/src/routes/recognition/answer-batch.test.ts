import { invalidAnswer } from '@mra/contracts';
import { expect, test } from 'vitest';
import { answerBatch } from './answer-batch.ts';

const answerTo = (item: unknown) => invalidAnswer(item, [{ pointer: '', detail: 'must be an object' }]);

test('answers of all chunks stand in question order, whichever is ready first; others have their turn after each', async () => {
  const questions = [...Array(3500).keys()];
  let turns = 0;
  let isDone = false;
  const other = (): void => {
    turns += 1;
    if (!isDone) setImmediate(other);
  };
  const sizes: number[] = [];
  const bytes = await answerBatch(questions, async (items) => {
    sizes.push(items.length);
    if (sizes.length === 1) await new Promise((resolve) => setTimeout(resolve, 20));
    if (sizes.length === 4) setImmediate(other);
    return items.map(answerTo);
  });
  isDone = true;
  expect(sizes).toEqual([1000, 1000, 1000, 500]);
  expect(bytes.toString()).toBe(JSON.stringify({ answers: questions.map(answerTo) }));
  expect(turns).toBeGreaterThan(0);
});

test('the failure of a chunk is the failure of the batch', async () => {
  const questions = [...Array(2500).keys()];
  const answered = answerBatch(questions, async (items) => {
    if (items.includes(1500)) throw new Error('the database is gone');
    return items.map(answerTo);
  });
  await expect(answered).rejects.toThrow('the database is gone');
});
