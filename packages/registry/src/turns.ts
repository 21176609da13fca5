import type { Database } from './pool.ts';

interface Turns {
  taken: number;
  readonly waiting: (() => void)[];
}

/** Runs `work` when its turn has come, in the order of the calls. */
export type InTurn = <T>(db: Database, work: () => Promise<T>) => Promise<T>;

/** Thrown where a turn has not come for as long as one has patience. The work has not begun. */
export class NoTurn extends Error {}

/**
 * Lets so much work of one kind hold a connection at once, on each database of this process; the rest waits without one.
 * @param patienceMs for how long; without end when left out. Then NoTurn is thrown
 */
export function createTurns(atOnce: number, patienceMs = Number.POSITIVE_INFINITY): InTurn {
  const turnsOf = new WeakMap<Database, Turns>();
  return async (db, work) => {
    const turns = turnsOf.get(db) ?? { taken: 0, waiting: [] };
    turnsOf.set(db, turns);
    // Whoever ends hands its place to the next, so that nobody overtakes.
    if (turns.taken < atOnce) turns.taken += 1;
    else await comesIn(turns.waiting, patienceMs);
    try {
      return await work();
    } finally {
      const next = turns.waiting.shift();
      if (next === undefined) turns.taken -= 1;
      else next();
    }
  };
}

function comesIn(waiting: (() => void)[], patienceMs: number): Promise<void> {
  if (patienceMs === Number.POSITIVE_INFINITY) return new Promise((resolve) => waiting.push(resolve));
  return new Promise((resolve, reject) => {
    const giveUp = setTimeout(() => {
      waiting.splice(waiting.indexOf(take), 1);
      reject(new NoTurn('no turn has come'));
    }, patienceMs);
    const take = () => {
      clearTimeout(giveUp);
      resolve();
    };
    waiting.push(take);
  });
}
