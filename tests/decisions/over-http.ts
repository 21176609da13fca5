import type { Answer, BatchItemAnswer } from '@mra/contracts';
import type { OpenQuestion } from '@mra/recognition';
import { expect } from 'vitest';
import { type DecisionCase, expected, instantOf, observed } from './case.ts';

/** A question as it is sent. */
export const body = ({ at, knownAt, ...question }: OpenQuestion) => ({
  ...question,
  ...(at !== null && { at }),
  ...(knownAt !== null && { knownAt }),
});

/** Whether what came is what the case says. @throws the assertion that fails */
export function expectAnswer(subject: DecisionCase, answer: Answer | BatchItemAnswer | undefined): void {
  expect(answer?.outcome, subject.because).not.toBe('invalid');
  expect(observed(subject.expect, decided(answer as Answer) as never), subject.because).toEqual(
    expected(subject.expect),
  );
}

/** Instants of an answer have no fraction of zero. */
const decided = (answer: Answer) => ({
  ...answer,
  validUntil: answer.validUntil === null ? null : instantOf(answer.validUntil),
});
