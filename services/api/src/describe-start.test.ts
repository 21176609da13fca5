import { expect, test } from 'vitest';
import { readConfig } from './config.ts';
import { describeStart } from './describe-start.ts';

const of = (env: Record<string, string>) => describeStart(readConfig(env), { port: 4711 });

test('the embedded database, with its folder, for all administrations', () => {
  expect(of({ DATA_DIR: '/var/mra' })).toEqual({
    ...{ host: '127.0.0.1', port: 4711, administrations: 'all', database: 'embedded', dataDir: '/var/mra' },
  });
});

test.each([
  ['postgres://somebody:geheim@db.example:6432/mra?password=geheim', 'db.example:6432/mra'],
  ['postgres://somebody:geheim@[::1]/mra', '[::1]:5432/mra'],
  ['postgres:///mra?host=/run/postgresql&user=somebody', '/run/postgresql:5432/mra'],
  ['postgresql:///mra', 'localhost:5432/mra'],
])('the given one of %s without who uses it', (url, database) => {
  const served = of({ DATABASE_URL: url, HOST: '::', LOCAL_ADMINISTRATIONS: 'JP' });
  expect(served).toEqual({ host: '::', port: 4711, administrations: ['JP'], database });
});
