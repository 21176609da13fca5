import { administrations, databaseUrl, oneOf, onOff, publicUrl, readEnvironment, text, whole } from '@mra/service';
import { z } from 'zod';

/**
 * Variables of a worker that is a process of its own: some of those of the API (README), with the same meaning. Those that the API can do
 * without have no default here.
 */
const Environment = z.object({
  HOST: text.prefault('127.0.0.1'),
  /** Of the health checks. */
  PORT: whole(0, 65_535).prefault('3000'),
  NODE_ENV: oneOf('development', 'test', 'production').prefault('development'),
  DATABASE_URL: databaseUrl,
  DATABASE_POOLER: onOff.prefault('off'),
  DATABASE_PREPARE: onOff.optional(),
  DATA_DIR: text.prefault('.data'),
  LOCAL_ADMINISTRATIONS: administrations,
  PUBLIC_URL: publicUrl,
  PARTNERS_FILE: text,
  EXCHANGE_KEYS_FILE: text.optional(),
  POLL_TIMEOUT_SECONDS: whole(1, 3600).prefault('40'),
  LOG_LEVEL: oneOf('fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent').prefault('info'),
});

export const WORKER_VARIABLES: readonly string[] = Object.keys(Environment.shape);

export type WorkerConfig = ReturnType<typeof readWorkerConfig>;

/** @throws ConfigError with every failure at once */
export function readWorkerConfig(env: Readonly<Record<string, string | undefined>>) {
  const read = readEnvironment(Environment, env, ({ NODE_ENV, PUBLIC_URL }) => {
    const isPlain = NODE_ENV?.trim() === 'production' && PUBLIC_URL?.trim().startsWith('https:') === false;
    return isPlain ? ['PUBLIC_URL must be an https URL when NODE_ENV=production and PARTNERS_FILE is set'] : [];
  });
  return {
    host: read.HOST,
    port: read.PORT,
    isProduction: read.NODE_ENV === 'production',
    databaseUrl: read.DATABASE_URL,
    databasePooler: read.DATABASE_POOLER,
    databasePrepare: read.DATABASE_PREPARE ?? !read.DATABASE_POOLER,
    dataDir: read.DATA_DIR,
    localAdministrations: read.LOCAL_ADMINISTRATIONS,
    publicUrl: read.PUBLIC_URL,
    partnersFile: read.PARTNERS_FILE,
    exchangeKeysFile: read.EXCHANGE_KEYS_FILE ?? null,
    pollTimeoutSeconds: read.POLL_TIMEOUT_SECONDS,
    logLevel: read.LOG_LEVEL,
  } as const;
}
