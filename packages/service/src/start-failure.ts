import { ConfigError } from './environment.ts';

/** Why a program did not start, in one line that says what to do. */
export class StartFailure extends Error {
  override readonly name = 'StartFailure';
}

export interface FatalLog {
  fatal(fields: object, message: string): void;
}

/**
 * Prints why a program did not start to stderr, a line for each reason. What nobody has foreseen goes into the log with its stack.
 * @param foreseen kinds of errors, beside StartFailure, whose message says in one line what to do
 */
export function reportFailure(
  error: unknown,
  log: FatalLog,
  foreseen: readonly (abstract new (...args: never[]) => Error)[] = [],
): void {
  for (const line of linesOf(error, log, [StartFailure, ...foreseen])) process.stderr.write(`${line}\n`);
}

function linesOf(
  error: unknown,
  log: FatalLog,
  foreseen: readonly (abstract new (...args: never[]) => Error)[],
): readonly string[] {
  if (error instanceof ConfigError) return error.lines.map((line) => `Configuration: ${line}`);
  if (foreseen.some((kind) => error instanceof kind)) return [(error as Error).message];
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
  const told = (message || code || 'no reason given').replaceAll(/\s*\n\s*/g, ' ');
  // PgBouncer's words: it takes no settings for a session.
  const reason = /unsupported startup parameter/.test(told) ? `${told} (behind a pooler set DATABASE_POOLER=on)` : told;
  return new StartFailure(`The database of ${variable} cannot be used: ${reason}`, { cause: error });
}
