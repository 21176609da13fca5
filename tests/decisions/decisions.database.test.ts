import { createDecider } from '@mra/registry';
import { beforeAll, describe, expect, test } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { decisionCases, expected, observed } from './case.ts';
import { writeCase } from './write-case.ts';

describe('the decision cases on the database', () => {
  let database: TestDatabase;
  beforeAll(async () => {
    database = await createTestDatabase();
  });

  test.each(decisionCases.map((subject) => [subject.id, subject] as const))('%s', async (_, subject) => {
    const written = await writeCase(database, subject);
    const decider = createDecider(database.db, database.networks);
    const [answer] = await decider.ask([written.question], { administration: subject.audience ?? null });
    if (answer?.kind !== 'answered') throw new Error('not answered');
    expect(observed(subject.expect, answer.decision), subject.because).toEqual(expected(subject.expect));
  });
});
