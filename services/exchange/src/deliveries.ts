import { deliverStream, type Exchange, readDueStreams } from '@mra/exchange';
import { type Loop, startLoop } from './loop.ts';

/** Where nobody rings: behind a pooler, or after a notification was lost; also when the turn is another worker's. */
const LOOK_AGAIN_MS = 1000;
/** Each keeps a connection to the database for as long as its partner takes; others need some too (open-exchange.ts). */
const MOST_AT_ONCE = 30;

/**
 * Pushes what waits in the streams, each on its own: a partner that hangs holds up no other. Begins when the outbox rings, and looks
 * by itself once a second.
 */
export function startDeliveries(exchange: Exchange): Loop {
  const { log, outbox } = exchange;
  const underWay = new Map<string, Promise<void>>();
  const rung = new Set<string>();

  const loop = startLoop({ name: 'deliveries', log }, async (signal) => {
    for (const streamId of await readDueStreams(exchange)) {
      if (underWay.size < MOST_AT_ONCE && !underWay.has(streamId)) underWay.set(streamId, deliver(streamId, signal));
    }
    return LOOK_AGAIN_MS;
  });
  const unsubscribe = outbox?.onEvents(null, (streamId) => {
    if (underWay.has(streamId)) rung.add(streamId);
    else loop.wake();
  });

  async function deliver(streamId: string, signal: AbortSignal): Promise<void> {
    rung.delete(streamId);
    let isMore = false;
    try {
      const { outcome, settled } = await deliverStream(exchange, streamId, signal);
      if (settled > 0) log.info({ streamId, settled, outcome }, 'events delivered');
      isMore = outcome === 'more';
    } catch (error) {
      log.error({ streamId, err: error }, 'a delivery failed');
    } finally {
      underWay.delete(streamId);
      // Committed after the last look, perhaps.
      if (isMore || rung.has(streamId) || underWay.size === MOST_AT_ONCE - 1) loop.wake();
    }
  }

  return {
    wake: loop.wake,
    async stop() {
      unsubscribe?.();
      await loop.stop();
      await Promise.all(underWay.values());
    },
  };
}
