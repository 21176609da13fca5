import { createDecider, createPool, openDatabase } from '@mra/registry';
import { beforeAll, describe, expect, test } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';

const asked = (identifier: string) => ({ recogniser: 'JP', identifier, at: '2026-11-22T09:00:00.000Z', knownAt: null });

describe('single questions that arrive together', () => {
  let database: TestDatabase;
  beforeAll(async () => {
    database = await createTestDatabase({ demo: true });
  });

  /** A decider and how often it has asked the database for facts. */
  function counted() {
    const pool = createPool({ url: database.url, max: 4 });
    const db = openDatabase(pool);
    const queries: number[] = [];
    pool.on('connect', (client) => {
      const query = client.query.bind(client);
      client.query = ((config: { text?: string; values?: [unknown[], ...unknown[]] }) => {
        if (config.text?.includes('recognition_facts') && config.values) queries.push(config.values[0].length);
        return query(config as never);
      }) as never;
    });
    return { decider: createDecider(db, database.networks), queries, close: () => db.destroy() };
  }

  test('share round trips, and each gets its own answer', async () => {
    const { decider, queries, close } = counted();
    const numbers = Array.from({ length: 300 }, (_, index) => (index % 2 ? 'DEAEOF00012345' : 'DEAEOC00012346'));
    const answers = await Promise.all(numbers.map((number) => decider.ask([asked(number)], { administration: null })));
    const reasons = answers.map(([answer]) => (answer?.kind === 'answered' ? answer.decision.reason : answer?.kind));
    expect(reasons).toEqual(numbers.map((number) => (number === 'DEAEOF00012345' ? 'RECOGNISED' : 'TYPE_NOT_COVERED')));
    expect(queries.reduce((sum, count) => sum + count, 0)).toBe(300);
    expect(queries.length).toBeLessThanOrEqual(6);
    await close();
  });

  test('cannot fail each other: what the database refuses is refused alone', async () => {
    const { decider, close } = counted();
    const asks = ['DEAEOF00012345', 'DEAEOF00012345', 'A\u0000B', 'DEAEOF00012345', 'DEAEOF00012345'];
    const settled = await Promise.allSettled(
      asks.map((identifier) => decider.ask([asked(identifier)], { administration: null })),
    );
    expect(settled.map(({ status }) => status)).toEqual([
      'fulfilled',
      'fulfilled',
      'rejected',
      'fulfilled',
      'fulfilled',
    ]);
    await close();
  });
});
