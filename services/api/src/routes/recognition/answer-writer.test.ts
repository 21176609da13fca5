import { type BatchItemAnswer, invalidAnswer } from '@mra/contracts';
import { expect, test } from 'vitest';
import { createAnswerWriter } from './answer-writer.ts';

const FRAME = { begin: '{"answers":[', between: ',', end: ']}' };

const answerTo = (item: unknown): BatchItemAnswer =>
  invalidAnswer(item, [{ pointer: '', detail: 'must be an object' }]);

test('answers stand in order within their frame, over any number of writes', async () => {
  const answers = ['a', 'b', 'c', 'd'].map(answerTo);
  const writer = createAnswerWriter(FRAME, answers.length);
  await writer.write(answers.slice(0, 3));
  await writer.write([]);
  await writer.write(answers.slice(3));
  expect(writer.end().toString()).toBe(JSON.stringify({ answers }));
});

test('nothing but the frame is written where there is no answer', () => {
  expect(createAnswerWriter(FRAME, 0).end().toString()).toBe('{"answers":[]}');
});

test.each([
  ['Latin', 'x'],
  ['two bytes a character', 'é'],
  ['three bytes', '株'],
  ['four bytes', '🚢'],
  ['half a character', '\ud83d'],
])('answers that are longer than expected are written whole: %s', async (_, text) => {
  const answers = [0, 1, 10, 3000, 70_000, 2, 300_000].map((length) => answerTo(text.repeat(length)));
  const writer = createAnswerWriter({ begin: '', between: '\n', end: '\n' }, 1);
  await writer.write(answers);
  const lines = writer.end().toString().split('\n');
  expect(lines.pop()).toBe('');
  expect(lines.map((line) => JSON.parse(line))).toEqual(answers);
});

test('each answer is made when the one before it has been written', async () => {
  const events: string[] = [];
  function* inTurn(): Generator<BatchItemAnswer> {
    for (const name of ['a', 'b']) {
      events.push(`${name} made`);
      yield { toJSON: () => events.push(`${name} written`) } as never;
    }
  }
  await createAnswerWriter(FRAME, 2).write(inTurn());
  expect(events).toEqual(['a made', 'a written', 'b made', 'b written']);
});

test('a failure of one is a failure of the whole', async () => {
  function* failing(): Generator<BatchItemAnswer> {
    yield answerTo('a');
    throw new Error('no facts');
  }
  await expect(createAnswerWriter(FRAME, 2).write(failing())).rejects.toThrow('no facts');
});
