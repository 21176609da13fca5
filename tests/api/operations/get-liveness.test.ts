import { createPool, openDatabase } from '@mra/registry';
import { describe, expect, test } from 'vitest';
import { as, createTestApi } from '../../support/api.ts';
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

  test.each(['/livez', '/readyz', '/metrics'])('%s with parameters of the probe as without', async (url) => {
    const { app } = await createTestApi(await createTestDatabase());
    const headers = await as(['operations']);
    for (const method of ['GET', 'HEAD'] as const) {
      const answer = await app.inject({ method, url: `${url}?cacheBust=1&verbose&verbose=2`, headers });
      expect(answer.statusCode, answer.body).toBe(200);
    }
  });
});
