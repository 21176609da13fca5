import { join } from 'node:path';
import type { Server } from '../databases.ts';
import { post, type Requests } from '../http-load.ts';
import type { Options } from '../options.ts';
import { type Running, startProcess } from '../processes.ts';
import { type AskedQuestion, questionsAbout } from '../questions.ts';
import type { Issuer } from '../tokens.ts';

/** What every measurement works with. */
export interface Bench {
  readonly options: Options;
  /** Holds the database and the logs of the processes. */
  readonly folder: string;
  /** Its first database has the members. */
  readonly server: Server;
  readonly issuer: Issuer;
  /** URL of the database with few members. */
  readonly small: string;
  /** The service on the database with the members, and the bare routes: started when first asked for, and kept. */
  readonly service: Kept;
  readonly baseline: Kept;
  say(text: string): void;
}

/** A process that several measurements share. */
export interface Kept {
  use(): Promise<Running>;
  stop(): Promise<void>;
}

export function keep(start: () => Promise<Running>): Kept {
  let running: Promise<Running> | null = null;
  return {
    use: () => (running ??= start()),
    stop: async () => {
      await (await running)?.stop();
      running = null;
    },
  };
}

/** Connections of a full load; a border system keeps some tens open. */
export const CONNECTIONS = 64;

/** Different questions of one load. */
const QUESTIONS = 20_000;

/** Clients whose tokens are used in turn: the limit of one client is 16,000 requests a second. */
const CLIENTS = 8;

/** The service as in production, on a database; without one, on the embedded one of the folder. */
export async function startService(bench: Bench, databaseUrl: string | null, name: string): Promise<Running> {
  return startProcess('services/api/src/main.ts', join(bench.folder, `${name}.log`), {
    NODE_ENV: 'production',
    DATA_DIR: bench.folder,
    TOKEN_ISSUERS: bench.issuer.configuration,
    RATE_LIMIT_PER_MINUTE: '1000000',
    ...(databaseUrl !== null && { DATABASE_URL: databaseUrl }),
  });
}

/** Requests of single questions, ready to be sent. */
export async function singleRequests(
  bench: Bench,
  questions: readonly AskedQuestion[] = questionsAbout(bench.options.members, QUESTIONS),
  path = '/v1/recognition',
): Promise<Requests> {
  const tokens = await Promise.all(
    Array.from({ length: CLIENTS }, (_, client) => bench.issuer.sign(`bench-${client}`, 'recognition:read')),
  );
  return questions.map((question, index) => post(path, tokens[index % CLIENTS] ?? '', JSON.stringify(question)));
}

/** Runs work on processes that end with it. */
export async function withProcesses<Name extends string, T>(
  starts: Readonly<Record<Name, () => Promise<Running>>>,
  work: (running: Record<Name, Running>) => Promise<T>,
): Promise<T> {
  const running: Partial<Record<Name, Running>> = {};
  try {
    for (const name of Object.keys(starts) as Name[]) running[name] = await starts[name]();
    return await work(running as Record<Name, Running>);
  } finally {
    for (const one of Object.values(running) as Running[]) await one.stop();
  }
}
