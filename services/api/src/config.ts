import {
  administrations,
  algorithms,
  databaseUrl,
  issuers,
  oneOf,
  onOff,
  proxies,
  publicUrl,
  readEnvironment,
  text,
  whole,
} from '@mra/service';
import { z } from 'zod';
import { API_AUDIENCE } from './development-issuer.ts';

/** Every environment variable that the service reads. `unset` says what holds without a variable that has no default. */
const Environment = z.object({
  HOST: text.prefault('127.0.0.1').meta({ description: 'Address to listen on; `0.0.0.0` for all.' }),
  PORT: whole(0, 65_535).prefault('3000').meta({ description: 'Port to listen on; 0 for any free one.' }),
  NODE_ENV: oneOf('development', 'test', 'production').prefault('development').meta({
    description: '`production` refuses the development issuer, and prints nothing but the log.',
  }),
  DATABASE_URL: databaseUrl.optional().meta({
    description:
      'PostgreSQL 18 or later, `postgres://user:password@host:5432/name`; the user must be a member of the role `mra_service`.',
    unset: 'an embedded PostgreSQL in `DATA_DIR`',
  }),
  MIGRATION_DATABASE_URL: databaseUrl.optional().meta({
    description: 'The same database as the owner of its tables, for migrations alone.',
    unset: '`DATABASE_URL`',
  }),
  DATABASE_POOL_SIZE: whole(1, 500).prefault('10').meta({
    description: 'Connections to the database that requests share; two more are kept for health checks.',
  }),
  DATABASE_POOLER: onOff.prefault('off').meta({
    description:
      '`on` when `DATABASE_URL` is a pooler such as PgBouncer, in any mode: nothing is then set for the session, and the user may be ' +
      'nothing but a member of `mra_service`.',
  }),
  DATABASE_PREPARE: onOff.optional().meta({
    description:
      'Named prepared statements; behind PgBouncer they need its version 1.21 and `max_prepared_statements`.',
    unset: '`on`; `off` with `DATABASE_POOLER=on`',
  }),
  REPLICA_MAX_LAG_SECONDS: whole(1, 31_536_000).prefault('300').meta({
    description: 'On a streaming replica: how far it may be behind and still answer.',
  }),
  DATA_DIR: text.prefault('.data').meta({
    description: 'Folder of the embedded database, of the key of the development issuer and of the exchange keys.',
  }),
  LOCAL_ADMINISTRATIONS: administrations.optional().meta({
    description:
      'Administrations for which this deployment is authoritative, `JP,EU`; members of others are read-only copies.',
    unset: 'all, a hub; to be set with `PARTNERS_FILE`',
  }),
  DEMO_MEMBERS: onOff.optional().meta({
    description: '`on` or `off`: whether the invented demonstration members are loaded at the start.',
    unset: '`on` with the embedded database, `off` with `DATABASE_URL` and in production',
  }),
  PARTNER_CADENCE_SECONDS: whole(1, 31_536_000).prefault('86400').meta({
    description: 'How often partners send; answers become `indeterminate` when their data are 1.5 times as old.',
  }),
  PUBLIC_URL: publicUrl.optional().meta({
    description: 'The URL by which partners reach this service; `iss` of its events, and `aud` of those it takes.',
    unset: '`http://HOST:PORT`; to be set for `npm run exchange`',
  }),
  PARTNERS_FILE: text.optional().meta({
    description: 'File of the registered partners, a JSON array.',
    unset: 'none, and no exchange',
  }),
  EXCHANGE_KEYS_FILE: text.optional().meta({
    description: 'File of the keys with which events are signed; it must be there.',
    unset: '`exchange-keys.json` in `DATA_DIR`, made at the first start with `PARTNERS_FILE`',
  }),
  EXCHANGE_WORKER: onOff.optional().meta({
    description:
      'Whether this process does the work of the exchange too; otherwise `services/exchange/src/main.ts` does.',
    unset: '`on` with the embedded database, `off` with `DATABASE_URL`',
  }),
  POLL_TIMEOUT_SECONDS: whole(1, 3600).prefault('40').meta({
    description:
      'How long the worker waits for the answer to a poll; longer than partners hold it, which this software does for 25 s.',
  }),
  TOKEN_ISSUERS: issuers.optional().meta({
    description:
      'Issuers of access tokens that are trusted, with the address of their keys: `issuer=jwks-url`, separated by commas.',
    unset: 'the development issuer; in production nothing starts',
  }),
  TOKEN_AUDIENCE: text.prefault(API_AUDIENCE).meta({ description: 'The `aud` that access tokens must have.' }),
  TOKEN_ALGORITHMS: algorithms.prefault('EdDSA,ES256,PS256,RS256').meta({
    description: 'Algorithms that access tokens may be signed with.',
  }),
  RATE_LIMIT_PER_MINUTE: whole(1, 1_000_000)
    .prefault('60000')
    .meta({ description: 'Requests a minute of one client.' }),
  ANONYMOUS_RATE_LIMIT_PER_MINUTE: whole(1, 1_000_000).prefault('600').meta({
    description: 'Requests a minute of one address without a valid token.',
  }),
  MAX_REQUESTS_UNDER_WAY: whole(1, 1_000_000).prefault('1000').meta({
    description:
      "Requests worked on at once at most; others are answered 503 with `Retry-After`. Health checks and partners' calls always get through.",
  }),
  TRUSTED_PROXIES: proxies.optional().meta({
    description: 'Addresses or networks, separated by commas, of proxies whose `X-Forwarded-For` is believed.',
    unset: 'none',
  }),
  LOG_LEVEL: oneOf('fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent').prefault('info').meta({
    description: 'The least severe lines of the log.',
  }),
});

export interface ConfigurationVariable {
  readonly name: string;
  /** In Markdown: the default as code, or what holds when the variable is unset. */
  readonly default: string;
  readonly description: string;
}

/** The variables as the README lists them. */
export const CONFIGURATION: readonly ConfigurationVariable[] = Object.entries(Environment.shape).map(
  ([name, schema]) => {
    const { description = '', unset } = (schema.meta() ?? {}) as { description?: string; unset?: string };
    const value = schema instanceof z.ZodPrefault ? `\`${schema.def.defaultValue}\`` : `unset: ${unset}`;
    return { name, default: value, description };
  },
);

export type Config = ReturnType<typeof toConfig>;

/**
 * The configuration that an environment holds; an empty variable counts as unset.
 * @throws ConfigError with every failure at once; it repeats no values, which may be secrets.
 */
export function readConfig(env: Readonly<Record<string, string | undefined>>): Config {
  return toConfig(readEnvironment(Environment, env, contradictionsIn));
}

/** Looked for in what was given, so that they are told beside variables that are wrong by themselves. */
function contradictionsIn(given: z.input<typeof Environment>): string[] {
  const { NODE_ENV, TOKEN_ISSUERS, TOKEN_ALGORITHMS, DATABASE_URL, MIGRATION_DATABASE_URL, DATABASE_POOLER } = given;
  const { PARTNERS_FILE, PUBLIC_URL, PORT, LOCAL_ADMINISTRATIONS } = given;
  const isProduction = NODE_ENV?.trim() === 'production';
  const found: string[] = [];
  if (isProduction && TOKEN_ISSUERS === undefined)
    found.push('TOKEN_ISSUERS must be set when NODE_ENV=production, which refuses the development issuer');
  if (!isProduction && TOKEN_ISSUERS === undefined && !(TOKEN_ALGORITHMS ?? 'ES256').includes('ES256'))
    found.push(
      'TOKEN_ALGORITHMS must include ES256, with which the development issuer signs, unless TOKEN_ISSUERS is set',
    );
  if (MIGRATION_DATABASE_URL !== undefined && DATABASE_URL === undefined)
    found.push('DATABASE_URL must be set when MIGRATION_DATABASE_URL is');
  if (PARTNERS_FILE !== undefined && LOCAL_ADMINISTRATIONS === undefined)
    found.push('LOCAL_ADMINISTRATIONS must be set when PARTNERS_FILE is: a hub of all has no partners');
  if (PARTNERS_FILE !== undefined && PUBLIC_URL === undefined && PORT?.trim() === '0')
    found.push('PUBLIC_URL must be set when PARTNERS_FILE is and PORT is 0');
  if (isProduction && PARTNERS_FILE !== undefined && !PUBLIC_URL?.trim().startsWith('https:'))
    found.push('PUBLIC_URL must be an https URL when NODE_ENV=production and PARTNERS_FILE is set');
  if (DATABASE_POOLER?.trim() === 'on' && DATABASE_URL === undefined)
    found.push('DATABASE_URL must be set when DATABASE_POOLER is on');
  return found;
}

function toConfig(env: z.output<typeof Environment>) {
  return {
    host: env.HOST,
    port: env.PORT,
    isProduction: env.NODE_ENV === 'production',
    /** Null: the embedded database. */
    databaseUrl: env.DATABASE_URL ?? null,
    migrationDatabaseUrl: env.MIGRATION_DATABASE_URL ?? env.DATABASE_URL ?? null,
    databasePoolSize: env.DATABASE_POOL_SIZE,
    databasePooler: env.DATABASE_POOLER,
    databasePrepare: env.DATABASE_PREPARE ?? !env.DATABASE_POOLER,
    replicaMaxLagSeconds: env.REPLICA_MAX_LAG_SECONDS,
    dataDir: env.DATA_DIR,
    /** Null: all. */
    localAdministrations: env.LOCAL_ADMINISTRATIONS ?? null,
    demoMembers: env.DEMO_MEMBERS ?? (env.DATABASE_URL === undefined && env.NODE_ENV !== 'production'),
    partnerCadenceSeconds: env.PARTNER_CADENCE_SECONDS,
    /** Null: by host and port. */
    publicUrl: env.PUBLIC_URL ?? null,
    /** Null: no exchange. */
    partnersFile: env.PARTNERS_FILE ?? null,
    /** Null: in the data folder. */
    exchangeKeysFile: env.EXCHANGE_KEYS_FILE ?? null,
    exchangeWorker: env.EXCHANGE_WORKER ?? env.DATABASE_URL === undefined,
    pollTimeoutSeconds: env.POLL_TIMEOUT_SECONDS,
    /** Null: the development issuer. */
    tokenIssuers: env.TOKEN_ISSUERS ?? null,
    tokenAudience: env.TOKEN_AUDIENCE,
    tokenAlgorithms: env.TOKEN_ALGORITHMS,
    rateLimit: { perMinute: env.RATE_LIMIT_PER_MINUTE, anonymousPerMinute: env.ANONYMOUS_RATE_LIMIT_PER_MINUTE },
    mostRequestsUnderWay: env.MAX_REQUESTS_UNDER_WAY,
    trustedProxies: env.TRUSTED_PROXIES ?? [],
    logLevel: env.LOG_LEVEL,
  } as const;
}
