/** What is kept, and the moment at which it expires, in the unit of whoever keeps it. */
export interface Remembered<Value> {
  readonly value: Value;
  readonly exp: number;
}

export interface Memory<Value> {
  /** @param from what expires by then is forgotten */
  readonly recall: (key: string, from: number) => Value | undefined;
  readonly remember: (key: string, remembered: Remembered<Value>) => void;
}

interface Entry<Value> extends Remembered<Value> {
  /** The larger, the later it was recalled. */
  recalled: number;
}

/**
 * Keeps at most `capacity` values until they expire; those not recalled for longest go first, a tenth of them at once. A recall moves
 * nothing: a map from which each takes out and puts in again gets a new table every few recalls, which is work for the collector.
 */
export function createMemory<Value>(capacity: number): Memory<Value> {
  const entries = new Map<string, Entry<Value>>();
  let recalls = 0;
  const forgetOldest = (): void => {
    const byAge = [...entries].sort(([, a], [, b]) => a.recalled - b.recalled);
    for (const [key] of byAge.slice(0, Math.ceil(capacity / 10))) entries.delete(key);
  };
  return {
    recall(key, from) {
      const found = entries.get(key);
      if (found === undefined) return undefined;
      if (found.exp <= from) {
        entries.delete(key);
        return undefined;
      }
      recalls += 1;
      found.recalled = recalls;
      return found.value;
    },
    remember(key, { value, exp }) {
      recalls += 1;
      entries.set(key, { value, exp, recalled: recalls });
      if (entries.size > capacity) forgetOldest();
    },
  };
}
