import type pg from 'pg';

type Connect = (callback?: (...answer: unknown[]) => void) => unknown;

/**
 * Measures how long a pool lets wait: to be asked before more is taken in.
 * @returns milliseconds for which the request that has waited longest has waited for a connection; 0: none waits
 */
export function measureWaits(pool: pg.Pool): () => number {
  // In the order of arrival, in which the pool serves.
  const waits = new Set<{ readonly since: number }>();
  const connect = pool.connect.bind(pool) as Connect;
  const measured: Connect = (callback) => {
    const wait = { since: performance.now() };
    waits.add(wait);
    if (callback === undefined) return (connect() as Promise<unknown>).finally(() => waits.delete(wait));
    return connect((...answer) => {
      waits.delete(wait);
      callback(...answer);
    });
  };
  pool.connect = measured as pg.Pool['connect'];
  return () => {
    const [longest] = waits;
    return longest === undefined ? 0 : performance.now() - longest.since;
  };
}
