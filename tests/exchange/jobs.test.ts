import { createRequire } from 'node:module';
import { PgBoss } from 'pg-boss';
import { expect, test } from 'vitest';
import { createTestDatabase } from '../support/database.ts';

test('the schema of the jobs is the one that the installed pg-boss expects', async () => {
  const database = await createTestDatabase();
  const boss = new PgBoss({ connectionString: database.url, schema: 'jobs', migrate: false, supervise: false });
  boss.on('error', () => undefined);
  await boss.start();
  try {
    const { pgboss } = createRequire(import.meta.url)('pg-boss/package.json');
    expect(await boss.schemaVersion()).toBe(pgboss.schema);
    expect(await boss.detectSchemaDrift()).toMatchObject({ ok: true });
  } finally {
    await boss.stop({ graceful: false });
  }
});
