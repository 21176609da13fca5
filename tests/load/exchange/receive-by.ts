import { setTimeout as pause } from 'node:timers/promises';
import { onServer } from '../databases.ts';
import type { Loaded } from './measures/context.ts';
import type { Delivery } from './nodes.ts';

const METHODS = { poll: 'urn:ietf:rfc:8936', push: 'urn:ietf:rfc:8935' };
const WITHIN_MS = 60_000;

/** Starts both nodes anew, with the stream delivered that way, and waits until it is. */
export async function receiveBy({ eu, jp }: Loaded, delivery: Delivery): Promise<void> {
  await Promise.all([eu.stop(), jp.stop()]);
  await jp.receive(delivery);
  await Promise.all([eu.startApi(), jp.startApi()]);
  await Promise.all([eu.startWorker(), jp.startWorker()]);
  const deadline = performance.now() + WITHIN_MS;
  await onServer(jp.databaseUrl, async (client) => {
    for (;;) {
      const { rows } = await client.query<{ method: string | null; failures: number }>(
        `select configuration -> 'delivery' ->> 'method' as method, failures from inbound_stream`,
      );
      if (rows[0]?.method === METHODS[delivery] && rows[0].failures === 0) return;
      if (performance.now() > deadline) throw new Error(`the stream is not delivered by ${delivery}`);
      await pause(100);
    }
  });
}
