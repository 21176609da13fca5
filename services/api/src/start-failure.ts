import { EmbeddedDatabaseError } from '@mra/embedded-database';
import type { FastifyBaseLogger } from 'fastify';
import { ConfigError } from './config.ts';

/** Why a program did not start, in one line that says what to do. */
export class StartFailure extends Error {
  override readonly name = 'StartFailure';
}

/** Prints why a program did not start to stderr, a line for each reason. What nobody has foreseen goes into the log with its stack. */
export function reportFailure(error: unknown, log: FastifyBaseLogger): void {
  for (const line of linesOf(error, log)) process.stderr.write(`${line}\n`);
}

function linesOf(error: unknown, log: FastifyBaseLogger): readonly string[] {
  if (error instanceof ConfigError) return error.lines.map((line) => `Configuration: ${line}`);
  if (error instanceof EmbeddedDatabaseError || error instanceof StartFailure) return [error.message];
  log.fatal({ err: error }, 'not started');
  return ['Not started; the reason is in the log'];
}

/** Why `listen()` failed. */
export function listenFailure(error: unknown, host: string, port: number): StartFailure {
  const { code, message } = error as NodeJS.ErrnoException;
  const reasons: Readonly<Record<string, string>> = {
    EADDRINUSE: `port ${port} of ${host} is taken: end what listens there, or set PORT to another`,
    EACCES: `port ${port} is reserved for the administrator: set PORT to another`,
    EADDRNOTAVAIL: `this machine has no address ${host}: set HOST to another`,
    ENOTFOUND: `the host ${host} is not known: set HOST to another`,
  };
  return new StartFailure(`Cannot listen: ${reasons[code ?? ''] ?? message}`, { cause: error });
}

/** Why a database cannot be used. Messages of PostgreSQL and of the network name user, database and host, never the password. */
export function databaseFailure(variable: string, error: unknown): StartFailure {
  const { code, message } = error as { code?: string; message: string };
  const reason = (message || code || 'no reason given').replaceAll(/\s*\n\s*/g, ' ');
  return new StartFailure(`The database of ${variable} cannot be used: ${reason}`, { cause: error });
}
