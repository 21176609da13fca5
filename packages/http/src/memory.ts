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

/** Keeps at most `capacity` values until they expire; the one not recalled for longest goes first. */
export function createMemory<Value>(capacity: number): Memory<Value> {
  // A map keeps the order of insertion, and every recall inserts anew.
  const entries = new Map<string, Remembered<Value>>();
  return {
    recall(key, from) {
      const found = entries.get(key);
      if (found === undefined) return undefined;
      entries.delete(key);
      if (found.exp <= from) return undefined;
      entries.set(key, found);
      return found.value;
    },
    remember(key, remembered) {
      entries.set(key, remembered);
      if (entries.size <= capacity) return;
      const [oldest] = entries.keys();
      if (oldest !== undefined) entries.delete(oldest);
    },
  };
}
