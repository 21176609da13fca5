import { expect, test } from 'vitest';
import { InvalidAnswer } from './question.ts';
import { invalidAnswer, readQuestion } from './read-question.ts';

const vocabulary = { isAdministration: () => true, isScheme: () => true, now: () => '2026-11-22T09:00:00.000Z' };

const good = { recogniser: 'JP', identifier: 'DEAEOF00012345' };

/** What a batch answers to a question with so many fields that it does not know. */
function answerWith(unknownFields: number) {
  const fields = Array.from({ length: unknownFields }, (_, index) => [`f${index}`, 1]);
  const item = { ...good, ...Object.fromEntries(fields) };
  const reading = readQuestion(item, vocabulary);
  const answer = invalidAnswer(item, reading.ok ? [] : reading.errors);
  expect(InvalidAnswer.parse(answer)).toEqual(answer);
  return answer;
}

test('twenty bad fields of an item are told one by one', () => {
  expect(answerWith(20).errors.map(({ pointer }) => pointer)).toEqual([...Array(20).keys()].map((it) => `/f${it}`));
});

test.each([
  [21, 'has 1 more bad field'],
  [99, 'has 79 more bad fields'],
  [5000, 'has at least 80 more bad fields'],
])('of %i the first twenty are, and then how many there are more', (count, detail) => {
  const { errors } = answerWith(count);
  expect(errors.slice(0, 20).every(({ pointer }, index) => pointer === `/f${index}`)).toBe(true);
  expect(errors.slice(20)).toEqual([{ pointer: '', detail }]);
});
