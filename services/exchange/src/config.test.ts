import type { ConfigError } from '@mra/service';
import { expect, test } from 'vitest';
import { readWorkerConfig } from './config.ts';

const NEEDED = {
  DATABASE_URL: 'postgres://a:b@db/mra',
  LOCAL_ADMINISTRATIONS: 'EU',
  PUBLIC_URL: 'https://eu.example',
  PARTNERS_FILE: '/etc/partners.json',
};

function linesOf(env: Record<string, string>): readonly string[] {
  try {
    readWorkerConfig(env);
  } catch (error) {
    return (error as ConfigError).lines;
  }
  throw new Error('the environment was accepted');
}

test('a worker of its own needs the database, whom it works for, its address and its partners', () => {
  const { databaseUrl, ...config } = readWorkerConfig(NEEDED);
  expect(databaseUrl.reveal()).toBe(NEEDED.DATABASE_URL);
  expect(config).toEqual({
    ...{ host: '127.0.0.1', port: 3000, isProduction: false, databasePooler: false, databasePrepare: true },
    ...{ dataDir: '.data', localAdministrations: ['EU'], publicUrl: NEEDED.PUBLIC_URL },
    ...{ partnersFile: NEEDED.PARTNERS_FILE, exchangeKeysFile: null, pollTimeoutSeconds: 40, logLevel: 'info' },
  });
  expect(linesOf({})).toEqual(Object.keys(NEEDED).map((name) => `${name} must be set`));
});

test('behind a pooler it names no statements', () => {
  expect(readWorkerConfig({ ...NEEDED, DATABASE_POOLER: 'on' })).toMatchObject({
    databasePooler: true,
    databasePrepare: false,
  });
});

test('what is wrong is told, and no value', () => {
  expect(linesOf({ ...NEEDED, DATABASE_URL: 'http://geheim' }).join()).toMatch(/^DATABASE_URL must be a URL [^,]*$/);
  expect(linesOf({ ...NEEDED, NODE_ENV: 'production', PUBLIC_URL: 'http://eu.example' })).toEqual([
    'PUBLIC_URL must be an https URL when NODE_ENV=production and PARTNERS_FILE is set',
  ]);
});
