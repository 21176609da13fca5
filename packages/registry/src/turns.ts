import type { Database } from './pool.ts';

interface Turns {
  taken: number;
  readonly waiting: (() => void)[];
}

/** Runs `work` when its turn has come, in the order of the calls. */
export type InTurn = <T>(db: Database, work: () => Promise<T>) => Promise<T>;

/** Lets so much work of one kind hold a connection at once, on each database of this process; the rest waits without one. */
export function createTurns(atOnce: number): InTurn {
  const turnsOf = new WeakMap<Database, Turns>();
  return async (db, work) => {
    const turns = turnsOf.get(db) ?? { taken: 0, waiting: [] };
    turnsOf.set(db, turns);
    // Whoever ends hands its place to the next, so that nobody overtakes.
    if (turns.taken < atOnce) turns.taken += 1;
    else await new Promise<void>((resolve) => turns.waiting.push(resolve));
    try {
      return await work();
    } finally {
      const next = turns.waiting.shift();
      if (next === undefined) turns.taken -= 1;
      else next();
    }
  };
}
