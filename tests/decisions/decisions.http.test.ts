import type { Answer, BatchItemAnswer } from '@mra/contracts';
import { beforeAll, describe, expect, test } from 'vitest';
import { as, createTestApi, type TestApi } from '../support/api.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { type DecisionCase, decisionCases } from './case.ts';
import { body, expectAnswer } from './over-http.ts';
import { writeCase } from './write-case.ts';

let database: TestDatabase;
let api: TestApi;
beforeAll(async () => {
  database = await createTestDatabase();
  api = await createTestApi(database);
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
    expectAnswer(subject, answer);
  });
});

describe('the decision cases in batches', () => {
  test.each(decisionCases.map((subject) => [subject.id, subject] as const))('%s', async (_, subject) => {
    const { question } = await writeCase(database, subject);
    const questions = [{ recogniser: 'JP' }, body(question), body(question)];
    const { answers } = (await ask('/v1/recognition/batch', subject, { questions })) as { answers: BatchItemAnswer[] };
    expect(answers).toHaveLength(3);
    expect(answers[0]?.outcome).toBe('invalid');
    for (const answer of answers.slice(1)) expectAnswer(subject, answer);
  });
});
