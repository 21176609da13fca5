import { setTimeout as pause } from 'node:timers/promises';
import type { ExchangeLog } from '../context.ts';

/** Rings when events were committed to a stream. */
export interface OutboxBell {
  /** Calls `ring` with the stream at every commit, of one stream or (null) of all, until the returned function is called. */
  onEvents(streamId: string | null, ring: (streamId: string) => void): () => void;
  close(): Promise<void>;
}

/** What is used of a connection of `pg`. */
export interface ListeningConnection {
  query(text: string): Promise<unknown>;
  on(event: 'notification', listener: (message: { channel: string; payload?: string | undefined }) => void): unknown;
  on(event: 'error' | 'end', listener: () => void): unknown;
  release(destroy?: boolean): void;
}

const CHANNEL = 'mra_outbox';
const RECONNECT_MS = 1000;

/**
 * Listens on one connection of the pool for as long as it is open; where the connection is lost, on another. Whoever waits for the bell
 * must look by itself from time to time: what is committed while there is no connection does not ring, and a pooler between
 * (PgBouncer in transaction mode) lets nothing through.
 */
export function listenToOutbox(
  pool: { connect(): Promise<ListeningConnection> },
  log: Pick<ExchangeLog, 'warn'>,
): OutboxBell {
  const rings = new Map<string | null, Set<(streamId: string) => void>>();
  const closing = new AbortController();
  let isTold = false;

  const ring = (streamId: string): void => {
    for (const key of [streamId, null]) for (const listener of rings.get(key) ?? []) listener(streamId);
  };

  async function listen(): Promise<void> {
    const lost = Promise.withResolvers<void>();
    const opened = await pool.connect();
    opened.on('error', lost.resolve);
    opened.on('end', lost.resolve);
    opened.on('notification', ({ channel, payload = '' }) => {
      if (channel === CHANNEL) ring(payload);
    });
    closing.signal.addEventListener('abort', () => lost.resolve());
    if (closing.signal.aborted) lost.resolve();
    try {
      await opened.query(`listen ${CHANNEL}`);
      isTold = false;
      await lost.promise;
    } finally {
      opened.release(true);
    }
  }

  /** Once for each time that it is out of order: a replica takes no listeners at all. */
  function tell(err: unknown): void {
    if (!isTold) log.warn({ err }, 'the outbox cannot be listened to');
    isTold = true;
  }

  async function keepListening(): Promise<void> {
    while (!closing.signal.aborted) {
      await listen().catch(tell);
      await pause(RECONNECT_MS, undefined, { signal: closing.signal }).catch(() => undefined);
    }
  }
  const listening = keepListening();

  return {
    onEvents(streamId, listener) {
      const listeners = rings.get(streamId) ?? new Set();
      rings.set(streamId, listeners.add(listener));
      return () => {
        listeners.delete(listener);
        if (listeners.size === 0 && rings.get(streamId) === listeners) rings.delete(streamId);
      };
    },
    async close() {
      closing.abort();
      await listening;
    },
  };
}
