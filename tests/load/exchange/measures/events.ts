import { setTimeout as pause } from 'node:timers/promises';
import { onServer } from '../../databases.ts';
import { type Figure, rate } from '../../table.ts';
import { suspendAll } from '../members.ts';
import type { Delivery } from '../nodes.ts';
import { receiveBy } from '../receive-by.ts';
import { type ExchangeBench, type Loaded, seconds } from './context.ts';

const WITHIN_MS = 600_000;

/** Events a second while a backlog drains, for both ways of delivery. */
export async function* measureEvents(bench: ExchangeBench, loaded: Loaded): AsyncGenerator<Figure> {
  for (const delivery of ['poll', 'push'] as const) yield drain(bench, loaded, delivery);
}

async function drain({ options }: ExchangeBench, loaded: Loaded, delivery: Delivery): Promise<Figure> {
  const { eu, jp } = loaded;
  await receiveBy(loaded, delivery);
  // Whoever moves the events rests while they are made: who fetches, or who pushes.
  const mover = delivery === 'poll' ? jp : eu;
  await mover.stop();
  await suspendAll(eu.databaseUrl, loaded.take(options.backlog));
  await mover.startApi();
  const { events, milliseconds } = await onServer(jp.databaseUrl, async (client) => {
    const applied = async () => {
      const { rows } = await client.query<{ applied: string }>('select last_applied as applied from inbound_stream');
      return Number(rows[0]?.applied);
    };
    const wanted = await lastTold(eu.databaseUrl);
    const before = await applied();
    await mover.startWorker();
    let first: { at: number; applied: number } | null = null;
    const deadline = performance.now() + WITHIN_MS;
    for (;;) {
      const now = await applied();
      if (now > before) first ??= { at: performance.now(), applied: now };
      if (now >= wanted && first !== null)
        return { events: now - first.applied, milliseconds: performance.now() - first.at };
      if (performance.now() > deadline) throw new Error(`${wanted - now} of the events have not arrived`);
      await pause(20);
    }
  });
  return {
    what: `${options.backlog.toLocaleString('en')} events that waited, ${delivery}`,
    measured: `${rate((events * 1000) / milliseconds)}, ${seconds(milliseconds)}`,
    ...{ against: '', baseline: '', ratio: null, aim: '', met: null, samples: { events, milliseconds } },
  };
}

async function lastTold(url: string): Promise<number> {
  return onServer(url, async (client) => {
    const { rows } = await client.query<{ seq: string }>('select last_seq as seq from stream');
    return Number(rows[0]?.seq);
  });
}
