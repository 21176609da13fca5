import type { Database } from './pool.ts';

/**
 * Recordings of one process that hold a connection: one writes, the next wait for its lock in the database. More would gain nothing,
 * and while a long list is loaded they would take every connection of the pool from those who only read.
 */
const AT_ONCE = 3;

interface Turns {
  taken: number;
  readonly waiting: (() => void)[];
}

const turnsOf = new WeakMap<Database, Turns>();

/** Runs `work` when its turn has come, in the order of the calls. */
export async function inTurn<T>(db: Database, work: () => Promise<T>): Promise<T> {
  const turns = turnsOf.get(db) ?? { taken: 0, waiting: [] };
  turnsOf.set(db, turns);
  // Whoever ends hands its place to the next, so that nobody overtakes.
  if (turns.taken < AT_ONCE) turns.taken += 1;
  else await new Promise<void>((resolve) => turns.waiting.push(resolve));
  try {
    return await work();
  } finally {
    const next = turns.waiting.shift();
    if (next === undefined) turns.taken -= 1;
    else next();
  }
}
