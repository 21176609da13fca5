import type pg from 'pg';

/** Where a process dies: before, during or after one of the statements that it sends to its database. */
export interface Crash {
  /** How many statements it sends before. */
  readonly statements: number;
  /** `after`: PostgreSQL has done it, and the process never hears so; of a commit, what was written stays. */
  readonly when: 'before' | 'during' | 'after';
}

/** Thrown in place of whatever a process that is no more would have done. */
export class Died extends Error {
  override readonly name = 'Died';
}

/** The life of one process: the connections to its database, which all end at once when it dies. */
export interface Life {
  readonly isOver: boolean;
  /** Lets it die as soon as it comes there; null: it may live. */
  expect(crash: Crash | null): void;
  end(): Promise<void>;
}

/**
 * Puts a pool in the hands of a test, before its first connection.
 * @param endBackends ends the sessions of this pool at the server, and returns when they are gone
 */
export function lifeOf(pool: pg.Pool, endBackends: () => Promise<unknown>): Life {
  const state: { isOver: boolean; crash: Crash | null; sent: number } = { isOver: false, crash: null, sent: 0 };
  const life: Life = {
    get isOver() {
      return state.isOver;
    },
    expect(crash) {
      state.crash = crash;
      state.sent = 0;
    },
    async end() {
      if (state.isOver) return;
      state.isOver = true;
      // Waits for clients that are still out, which come back with an error.
      pool.end().catch(() => undefined);
      await endBackends();
    },
  };

  async function send(run: () => Promise<unknown>): Promise<unknown> {
    if (state.isOver) throw new Died('no more');
    const { crash, sent } = state;
    state.sent += 1;
    if (crash === null || sent !== crash.statements) return run();
    if (crash.when === 'before') {
      await life.end();
      throw new Died('before a statement');
    }
    if (crash.when === 'during') {
      const running = run();
      await Promise.all([life.end(), running.catch(() => undefined)]);
      throw new Died('during a statement');
    }
    await run();
    await life.end();
    throw new Died('after a statement');
  }

  pool.on('connect', (client) => {
    const query = client.query.bind(client) as (...args: readonly unknown[]) => Promise<unknown>;
    // Of COPY and cursors the statement is an object of its own, which returns no promise.
    const isPlain = ([first, ...rest]: readonly unknown[]) =>
      typeof rest.at(-1) !== 'function' && typeof (first as { submit?: unknown }).submit !== 'function';
    client.query = ((...args: readonly unknown[]) =>
      isPlain(args) ? send(() => query(...args)) : query(...args)) as typeof client.query;
  });
  return life;
}
