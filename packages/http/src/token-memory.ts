/** What was verified, and the second since 1970 at which it expires. */
export interface Remembered<Value> {
  readonly value: Value;
  readonly exp: number;
}

export interface Memory<Value> {
  /** @param from seconds since 1970: what expires by then is forgotten */
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
      const [oldest] = entries.keys();
      if (entries.size > capacity && oldest !== undefined) entries.delete(oldest);
    },
  };
}
