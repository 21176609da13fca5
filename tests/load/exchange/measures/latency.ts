import { setTimeout as pause } from 'node:timers/promises';
import type { Figure } from '../../table.ts';
import { watchAnswers } from '../changed-answers.ts';
import { PROGRAMME } from '../members.ts';
import type { Delivery } from '../nodes.ts';
import { receiveBy } from '../receive-by.ts';
import type { ExchangeBench, Loaded } from './context.ts';

const AIM_MS = 250;
/** Before anything counts: connections, statements and code are made at first use. */
const WARM_UP = { changes: 40, perSecond: 20 };

/** Times that one change is tried again. */
const MOST_SHED = 30;

/** From a change confirmed at one to a changed answer received from the other, for both ways of delivery. */
export async function* measureLatency(bench: ExchangeBench, loaded: Loaded): AsyncGenerator<Figure> {
  for (const delivery of ['poll', 'push'] as const) {
    await receiveBy(loaded, delivery);
    const watched = await watchAnswers(loaded.jp, await bench.issuer.sign('bench-jp', 'recognition:read', 'JP'));
    try {
      const changes = { bench, loaded, watched };
      await makeChanges({ ...changes, count: WARM_UP.changes, perSecond: WARM_UP.perSecond });
      for (const perSecond of [1, 50]) {
        const count = Math.round(bench.options.seconds * (perSecond === 1 ? 2 : perSecond));
        yield figureOf(delivery, perSecond, await makeChanges({ ...changes, count, perSecond }));
      }
    } finally {
      await watched.close();
    }
  }
}

interface Changes {
  readonly bench: ExchangeBench;
  readonly loaded: Loaded;
  readonly watched: Awaited<ReturnType<typeof watchAnswers>>;
  readonly count: number;
  readonly perSecond: number;
}

interface Changed {
  /** Milliseconds, ascending. */
  readonly latencies: readonly number[];
  /** Attempts that were answered 503: the machine was too busy for the rate. */
  readonly shed: number;
}

/** Suspends one member after the other, each at its time whatever became of those before. */
async function makeChanges({ bench, loaded, watched, count, perSecond }: Changes): Promise<Changed> {
  const token = await bench.issuer.sign('bench-eu', 'registry:write', 'EU');
  const began = performance.now();
  let shed = 0;
  const latencies = await Promise.all(
    loaded.take(count).map(async (number, index) => {
      await pause(Math.max(0, (index * 1000) / perSecond - (performance.now() - began)));
      const changed = watched.whenChanged(number);
      changed.catch(() => undefined);
      const suspended = await suspend(loaded.eu.url, token, number);
      shed += suspended.shed;
      return Math.max(0, (await changed) - suspended.committedAt);
    }),
  );
  return { latencies: latencies.sort((a, b) => a - b), shed };
}

/** Tries again where the service sheds load, as it asks for. @throws Error on any other answer than that it is recorded */
async function suspend(url: string, token: string, number: string): Promise<{ committedAt: number; shed: number }> {
  for (let shed = 0; ; shed += 1) {
    const response = await fetch(`${url}/v1/programmes/${PROGRAMME}/memberships/${number}/events`, {
      method: 'POST',
      headers: {
        authorization: `Bearer ${token}`,
        'content-type': 'application/json',
        'idempotency-key': `bench-${number}`,
      },
      body: JSON.stringify({ type: 'suspended' }),
    });
    const committedAt = performance.now();
    const body = await response.text();
    if (response.status === 201) return { committedAt, shed };
    if (response.status !== 503 || shed === MOST_SHED)
      throw new Error(`a change was answered ${response.status}: ${body.slice(0, 300)}`);
    await pause(1000 * Number(response.headers.get('retry-after') ?? 1));
  }
}

function figureOf(delivery: Delivery, perSecond: number, { latencies, shed }: Changed): Figure {
  const at = (share: number) => latencies[Math.min(latencies.length - 1, Math.floor(latencies.length * share))] ?? 0;
  const [p50, p99, most] = [at(0.5), at(0.99), latencies.at(-1) ?? 0];
  return {
    what: `commit to changed answer, ${delivery}, ${perSecond}/s`,
    measured: `p50 ${p50.toFixed(0)} ms, p99 ${p99.toFixed(0)} ms${shed > 0 ? `, ${shed} × 503` : ''}`,
    ...{ against: '', baseline: '', ratio: null },
    aim: `p99 < ${AIM_MS} ms`,
    met: p99 < AIM_MS,
    samples: { changes: latencies.length, shed, p50, p90: at(0.9), p99, most },
  };
}
