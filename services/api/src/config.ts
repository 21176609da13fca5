import { z } from 'zod';
import {
  administrations,
  algorithms,
  databaseUrl,
  issuers,
  onOff,
  oneOf,
  proxies,
  text,
  whole,
} from './config-values.ts';
import { API_AUDIENCE } from './development-issuer.ts';

/**
 * Every environment variable that the service reads. `default` is what stands in the documentation where the schema has none of its
 * own, since the value follows from other variables.
 */
const Environment = z.object({
  HOST: text('127.0.0.1').meta({ description: 'Address to listen on; `0.0.0.0` for all.' }),
  PORT: whole(0, 65_535, 3000).meta({ description: 'Port to listen on; 0 for any free one.' }),
  NODE_ENV: oneOf(['development', 'test', 'production'], 'development').meta({
    description: '`production` refuses the development issuer and prints nothing but JSON lines.',
  }),
  DATABASE_URL: databaseUrl().meta({
    description: 'PostgreSQL 18 or later, `postgres://user:password@host:5432/name`; the user must be a member of `mra_service`.',
    default: 'unset: an embedded PostgreSQL in `DATA_DIR`',
  }),
  MIGRATION_DATABASE_URL: databaseUrl().meta({
    description: 'The same database as the owner of its tables, for migrations alone.',
    default: 'unset: `DATABASE_URL`',
  }),
  DATABASE_POOL_SIZE: whole(1, 500, 10).meta({ description: 'Connections to the database at most.' }),
  DATABASE_PREPARE: onOff('on').meta({
    description: 'Named prepared statements; `off` behind a pooler that cannot keep them (PgBouncer before 1.21).',
  }),
  DATA_DIR: text('.data').meta({ description: 'Folder of the embedded database and of the key of the development issuer.' }),
  LOCAL_ADMINISTRATIONS: administrations().meta({
    description: 'Administrations for which this deployment is authoritative, `JP,EU`; members of others are read-only copies.',
    default: 'unset: all',
  }),
  DEMO_MEMBERS: onOff().meta({
    description: 'Whether the invented demonstration members are loaded at the start.',
    default: '`on` with the embedded database, else `off`',
  }),
  PARTNER_CADENCE_SECONDS: whole(1, 31_536_000, 86_400).meta({
    description: 'How often partners send; their data may grow 1.5 times as old before answers become `indeterminate`.',
  }),
  TOKEN_ISSUERS: issuers().meta({
    description: 'Trusted issuers of access tokens with the address of their keys, `issuer=jwks-url`, separated by commas.',
    default: 'unset: the development issuer, and none in production',
  }),
  TOKEN_AUDIENCE: text(API_AUDIENCE).meta({ description: 'The `aud` that access tokens must have.' }),
  TOKEN_ALGORITHMS: algorithms('EdDSA,ES256,PS256,RS256').meta({ description: 'Algorithms that access tokens may be signed with.' }),
  RATE_LIMIT_PER_MINUTE: whole(1, 1_000_000, 60_000).meta({ description: 'Requests a minute of one client.' }),
  ANONYMOUS_RATE_LIMIT_PER_MINUTE: whole(1, 1_000_000, 600).meta({
    description: 'Requests a minute of one address without a valid token.',
  }),
  TRUSTED_PROXIES: proxies().meta({
    description: 'Addresses or networks, separated by commas, of proxies whose `X-Forwarded-For` is believed.',
    default: 'unset: none',
  }),
  LOG_LEVEL: oneOf(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'], 'info').meta({
    description: 'The least severe lines that are logged.',
  }),
});

export type Config = ReturnType<typeof toConfig>;

/** The variables as the documentation lists them. */
export const CONFIGURATION: readonly { readonly name: string; readonly default: string; readonly description: string }[] =
  Object.entries(Environment.shape).map(([name, schema]) => {
    const { description = '', default: words } = schema.meta() as { description?: string; default?: string };
    const { _zod: { def } } = schema as unknown as { _zod: { def: { defaultValue?: unknown } } };
    return { name, default: words ?? `\`${String(def.defaultValue)}\``, description };
  });

/** The environment cannot be used. One line for each variable that is wrong; values are not repeated, they may be secrets. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
  readonly lines: readonly string[];

  constructor(lines: readonly string[]) {
    super(lines.join('\n'));
    this.lines = lines;
  }
}

/**
 * The configuration in an environment; an empty variable counts as unset.
 * @throws ConfigError with every failure at once.
 */
export function readConfig(env: Readonly<Record<string, string | undefined>>): Config {
  const given = Object.fromEntries(Object.keys(Environment.shape).flatMap((name) => (env[name] ? [[name, env[name]]] : [])));
  const { success, data, error } = Environment.safeParse(given);
  const lines = success ? contradictions(data) : error.issues.map(({ path, message }) => `${path.join('.')} ${message}`);
  if (!success || lines.length > 0) throw new ConfigError(lines);
  return toConfig(data);
}
