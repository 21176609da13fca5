import type { Answer, BatchItemAnswer } from '@mra/contracts';
import type { OpenQuestion } from '@mra/recognition';
import { beforeAll, describe, expect, test } from 'vitest';
import { as, createTestApi, type TestApi } from '../support/api.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { type DecisionCase, decisionCases, expected, instantOf, observed } from './case.ts';
import { writeCase } from './write-case.ts';

let database: TestDatabase;
let api: TestApi;
beforeAll(async () => {
  database = await createTestDatabase();
  api = await createTestApi(database);
});

const body = ({ at, knownAt, ...question }: OpenQuestion) => ({
  ...question,
  ...(at !== null && { at }),
  ...(knownAt !== null && { knownAt }),
});

/** Instants of an answer have no fraction of zero. */
const decided = (answer: Answer) => ({
  ...answer,
  validUntil: answer.validUntil === null ? null : instantOf(answer.validUntil),
});

const ask = async (url: string, subject: DecisionCase, payload: object): Promise<unknown> => {
  const headers = await as(['recognition:read'], subject.audience);
  const response = await api.app.inject({ method: 'POST', url, headers, payload });
  expect(response.statusCode, response.body).toBe(200);
  return response.json();
};

describe('the decision cases over HTTP', () => {
  test.each(decisionCases.map((subject) => [subject.id, subject] as const))('%s', async (_, subject) => {
    const { question } = await writeCase(database, subject);
    const answer = (await ask('/v1/recognition', subject, body(question))) as Answer;
    expect(observed(subject.expect, decided(answer) as never), subject.because).toEqual(expected(subject.expect));
  });
});

describe('the decision cases in batches', () => {
  test.each(decisionCases.map((subject) => [subject.id, subject] as const))('%s', async (_, subject) => {
    const { question } = await writeCase(database, subject);
    const questions = [{ recogniser: 'JP' }, body(question), body(question)];
    const { answers } = (await ask('/v1/recognition/batch', subject, { questions })) as { answers: BatchItemAnswer[] };
    expect(answers).toHaveLength(3);
    expect(answers[0]?.outcome).toBe('invalid');
    for (const answer of answers.slice(1)) {
      expect(observed(subject.expect, decided(answer as Answer) as never), subject.because).toEqual(
        expected(subject.expect),
      );
    }
  });
});
