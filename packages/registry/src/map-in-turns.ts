import { setImmediate as othersTurn } from 'node:timers/promises';

/**
 * How long one request may keep this process from all others: a probe that waits a second is answered between many such turns. A chunk of
 * a thousand usual questions takes less: cut into pieces, those under way live longer, and what collects them takes more time.
 */
const LONGEST_TURN_MS = 100;

/** `items.map(work)`, which gives other requests their turn whenever it has worked for 100 ms. */
export async function mapInTurns<Item, Result>(
  items: readonly Item[],
  work: (item: Item, index: number) => Result,
): Promise<Result[]> {
  const results: Result[] = [];
  let since = performance.now();
  for (const [index, item] of items.entries()) {
    if (performance.now() - since >= LONGEST_TURN_MS) {
      await othersTurn();
      since = performance.now();
    }
    results.push(work(item, index));
  }
  return results;
}
