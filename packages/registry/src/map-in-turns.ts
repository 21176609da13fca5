import { setImmediate as othersTurn } from 'node:timers/promises';

/**
 * How long one request may keep this process from all others: a probe that waits a second is answered between many such turns. A chunk of
 * a thousand usual questions takes less: cut into pieces, those under way live longer, and what collects them takes more time.
 */
const LONGEST_TURN_MS = 100;

/** Does `work` on each item, as it is made, and gives other requests their turn whenever it has worked for 100 ms. */
export async function eachInTurns<Item>(items: Iterable<Item>, work: (item: Item) => void): Promise<void> {
  let since = performance.now();
  for (const item of items) {
    work(item);
    if (performance.now() - since < LONGEST_TURN_MS) continue;
    await othersTurn();
    since = performance.now();
  }
}

/** `items.map(work)`, in such turns. */
export async function mapInTurns<Item, Result>(
  items: readonly Item[],
  work: (item: Item, index: number) => Result,
): Promise<Result[]> {
  const results: Result[] = [];
  await eachInTurns(items, (item) => void results.push(work(item, results.length)));
  return results;
}
