import { inspect } from 'node:util';
import type { ConfigError } from '@mra/service';
import { describe, expect, test } from 'vitest';
import { CONFIGURATION, readConfig } from './config.ts';

const PRODUCTION = { NODE_ENV: 'production', TOKEN_ISSUERS: 'https://id.example=https://id.example/keys' };

function linesOf(env: Record<string, string>): readonly string[] {
  try {
    readConfig(env);
  } catch (error) {
    return (error as ConfigError).lines;
  }
  throw new Error('the environment was accepted');
}

describe('readConfig', () => {
  test('needs nothing for a first start: the loopback interface, the embedded database, all administrations, demonstration members', () => {
    expect(readConfig({})).toMatchObject({
      ...{
        host: '127.0.0.1',
        port: 3000,
        isProduction: false,
        databaseUrl: null,
        migrationDatabaseUrl: null,
        dataDir: '.data',
      },
      ...{ localAdministrations: null, demoMembers: true, tokenIssuers: null, tokenAudience: 'urn:aeo-mra:api' },
      ...{
        partnerCadenceSeconds: 86_400,
        databasePoolSize: 10,
        databasePooler: false,
        databasePrepare: true,
        replicaMaxLagSeconds: 300,
        mostRequestsUnderWay: 1000,
        trustedProxies: [],
        logLevel: 'info',
      },
    });
  });

  test('reads every variable', () => {
    const { databaseUrl, migrationDatabaseUrl, ...config } = readConfig({
      ...PRODUCTION,
      ...{
        HOST: '::',
        PORT: '0',
        DATABASE_URL: 'postgres://a:b@db/mra',
        MIGRATION_DATABASE_URL: 'postgresql://o:p@db/mra',
      },
      ...{ DATABASE_POOL_SIZE: '3', DATABASE_PREPARE: 'off', DATA_DIR: '/var/mra', LOCAL_ADMINISTRATIONS: 'JP, EU' },
      ...{ DEMO_MEMBERS: 'on', PARTNER_CADENCE_SECONDS: '60', TOKEN_AUDIENCE: 'urn:x', TOKEN_ALGORITHMS: 'RS256' },
      ...{
        PUBLIC_URL: 'https://eu.example',
        PARTNERS_FILE: '/etc/partners.json',
        EXCHANGE_KEYS_FILE: '/etc/keys.json',
        EXCHANGE_WORKER: 'on',
        RATE_LIMIT_PER_MINUTE: '5',
        ANONYMOUS_RATE_LIMIT_PER_MINUTE: '1',
        MAX_REQUESTS_UNDER_WAY: '20',
        DATABASE_POOLER: 'on',
        REPLICA_MAX_LAG_SECONDS: '7',
        POLL_TIMEOUT_SECONDS: '70',
        TRUSTED_PROXIES: '10.0.0.0/8,::1',
        LOG_LEVEL: 'warn',
      },
    });
    expect([databaseUrl?.reveal(), migrationDatabaseUrl?.reveal()]).toEqual([
      'postgres://a:b@db/mra',
      'postgresql://o:p@db/mra',
    ]);
    expect(config).toEqual({
      ...{ host: '::', port: 0, isProduction: true, databasePoolSize: 3, databasePrepare: false, dataDir: '/var/mra' },
      ...{ localAdministrations: ['JP', 'EU'], demoMembers: true, partnerCadenceSeconds: 60 },
      ...{ publicUrl: 'https://eu.example', partnersFile: '/etc/partners.json' },
      ...{ exchangeKeysFile: '/etc/keys.json', exchangeWorker: true, pollTimeoutSeconds: 70 },
      tokenIssuers: [{ issuer: 'https://id.example', jwksUrl: new URL('https://id.example/keys') }],
      ...{ tokenAudience: 'urn:x', tokenAlgorithms: ['RS256'], rateLimit: { perMinute: 5, anonymousPerMinute: 1 } },
      ...{ trustedProxies: ['10.0.0.0/8', '::1'], logLevel: 'warn', mostRequestsUnderWay: 20 },
      ...{ databasePooler: true, replicaMaxLagSeconds: 7 },
    });
  });

  test('takes an empty variable for one that is unset', () => {
    expect(readConfig({ PORT: '', DATABASE_URL: ' ', LOCAL_ADMINISTRATIONS: '' })).toEqual(readConfig({}));
  });

  test('loads no demonstration members into a database of ones own, nor in production, unless asked to', () => {
    expect(readConfig({ DATABASE_URL: 'postgres://db/mra' }).demoMembers).toBe(false);
    expect(readConfig(PRODUCTION).demoMembers).toBe(false);
    expect(readConfig({ DATABASE_URL: 'postgres://db/mra', DEMO_MEMBERS: 'on' }).demoMembers).toBe(true);
  });

  test('names no prepared statements behind a pooler, unless asked to', () => {
    const pooler = { DATABASE_URL: 'postgres://db/mra', DATABASE_POOLER: 'on' };
    expect(readConfig(pooler).databasePrepare).toBe(false);
    expect(readConfig({ ...pooler, DATABASE_PREPARE: 'on' }).databasePrepare).toBe(true);
  });

  test('takes several issuers, each with all that follows its first equals sign', () => {
    const issuers = 'urn:a=https://a.example/keys?v=1, https://b.example/=http://127.0.0.1:9/keys';
    expect(
      readConfig({ TOKEN_ISSUERS: issuers }).tokenIssuers?.map(({ issuer, jwksUrl }) => [issuer, jwksUrl.href]),
    ).toEqual([
      ['urn:a', 'https://a.example/keys?v=1'],
      ['https://b.example/', 'http://127.0.0.1:9/keys'],
    ]);
  });

  test.each([
    ['PORT', '65536'],
    ['PORT', '3e3'],
    ['NODE_ENV', 'prod'],
    ['DATABASE_URL', 'mysql://db/mra'],
    ['DATABASE_POOL_SIZE', '0'],
    ['DATABASE_PREPARE', 'true'],
    ['DATABASE_PREPARE', 'constructor'],
    ['LOCAL_ADMINISTRATIONS', 'JP,eu'],
    ['LOCAL_ADMINISTRATIONS', 'JP,,EU'],
    ['PUBLIC_URL', 'https://eu.example/'],
    ['PUBLIC_URL', 'eu.example'],
    ['PUBLIC_URL', 'https://eu.example?x'],
    ['PUBLIC_URL', 'https://a:b@eu.example'],
    ['EXCHANGE_WORKER', 'yes'],
    ['TOKEN_ISSUERS', 'https://id.example'],
    ['TOKEN_ISSUERS', 'https://id.example=http://id.example/keys'],
    ['TOKEN_ALGORITHMS', 'ES256,none'],
    ['TOKEN_ALGORITHMS', 'RS256'],
    ['RATE_LIMIT_PER_MINUTE', '-1'],
    ['TRUSTED_PROXIES', '10.0.0.0/33'],
    ['TRUSTED_PROXIES', 'gateway'],
    ['LOG_LEVEL', 'verbose'],
  ])('refuses %s=%s with one line that names it', (name, value) => {
    const lines = linesOf({ [name]: value });
    expect(lines).toHaveLength(1);
    expect(lines[0]).toMatch(new RegExp(`^${name} must .+`));
    expect(lines[0]).not.toContain('\n');
  });

  test('tells every failure at once, and no value', () => {
    const lines = linesOf({
      ...{
        NODE_ENV: 'production',
        PORT: 'geheim',
        DATABASE_URL: 'http://user:geheim@db',
        MIGRATION_DATABASE_URL: 'geheim',
      },
    });
    expect(lines.map((line) => line.split(' ')[0]).toSorted()).toEqual([
      'DATABASE_URL',
      'MIGRATION_DATABASE_URL',
      'PORT',
      'TOKEN_ISSUERS',
    ]);
    expect(lines.join()).not.toContain('geheim');
  });

  test('needs issuers in production, and a database for the owner of its tables', () => {
    expect(linesOf({ NODE_ENV: 'production' })).toEqual([
      'TOKEN_ISSUERS must be set when NODE_ENV=production, which refuses the development issuer',
    ]);
    expect(linesOf({ MIGRATION_DATABASE_URL: 'postgres://db/mra' })).toEqual([
      'DATABASE_URL must be set when MIGRATION_DATABASE_URL is',
    ]);
    expect(linesOf({ DATABASE_POOLER: 'on' })).toEqual(['DATABASE_URL must be set when DATABASE_POOLER is on']);
  });

  test('does the work of the exchange where the database is its own, unless told otherwise', () => {
    expect(readConfig({}).exchangeWorker).toBe(true);
    expect(readConfig({ DATABASE_URL: 'postgres://db/mra' }).exchangeWorker).toBe(false);
    expect(readConfig({ EXCHANGE_WORKER: 'off' }).exchangeWorker).toBe(false);
  });

  test('partners need an administration that they are partners of, and in production an https URL to reach it', () => {
    expect(linesOf({ PARTNERS_FILE: 'p.json' })).toEqual([
      'LOCAL_ADMINISTRATIONS must be set when PARTNERS_FILE is: a hub of all has no partners',
    ]);
    const eu = { ...PRODUCTION, PARTNERS_FILE: 'p.json', LOCAL_ADMINISTRATIONS: 'EU' };
    const line = 'PUBLIC_URL must be an https URL when NODE_ENV=production and PARTNERS_FILE is set';
    expect(linesOf(eu)).toEqual([line]);
    expect(linesOf({ ...eu, PUBLIC_URL: 'http://eu.example' })).toEqual([line]);
    expect(readConfig({ ...eu, PUBLIC_URL: 'https://eu.example/mra' }).publicUrl).toBe('https://eu.example/mra');
  });

  test('does not print the addresses of databases', () => {
    const config = readConfig({ DATABASE_URL: 'postgres://user:geheim@db/mra' });
    expect(`${config.databaseUrl} ${JSON.stringify(config)} ${inspect(config, { depth: 9 })}`).not.toContain('geheim');
  });
});

test('CONFIGURATION describes every variable, with its default or what holds without one', () => {
  expect(CONFIGURATION.map(({ name }) => name)).toContain('DATABASE_URL');
  for (const { default: value, description } of CONFIGURATION) {
    expect(description).toMatch(/\.$/);
    expect(value).toMatch(/^(`\S+`|unset: .+)$/);
    expect(`${value}${description}`).not.toContain('|');
  }
});
