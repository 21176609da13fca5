import { createPool, openDatabase } from '@mra/registry';
import { describe, expect, test } from 'vitest';
import { createTestApi } from '../../support/api.ts';
import { createTestDatabase } from '../../support/database.ts';

describe('200', () => {
  test('whatever the process depends on', async () => {
    const database = await createTestDatabase();
    const nobody = openDatabase(createPool({ url: 'postgres://nobody@127.0.0.1:1/none' }));
    const { app } = await createTestApi(database, { db: nobody });
    const answer = await app.inject({ url: '/livez' });
    expect(answer.statusCode).toBe(200);
    expect(answer.json()).toEqual({ status: 'ok' });
  });
});
