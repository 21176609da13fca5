import { putLoad } from '../http-load.ts';
import { interleave, median } from '../measure.ts';
import type { Figure } from '../table.ts';
import { type Bench, CONNECTIONS, singleRequests } from './bench-context.ts';

/** How long the slowest hundredth of single questions takes at half of what the service can do. */
export async function measureLatency(bench: Bench): Promise<readonly Figure[]> {
  const { rounds, seconds } = bench.options;
  const [service, baseline] = [await bench.service.use(), await bench.baseline.use()];
  const load = { connections: CONNECTIONS, seconds };
  const asked = { ...load, port: service.port, requests: await singleRequests(bench) };
  const bare = { ...load, port: baseline.port, requests: await singleRequests(bench, undefined, '/bare') };
  const full = await putLoad(asked);
  const half = full.perSecond / 2;
  const results = await interleave(rounds, {
    service: () => putLoad({ ...asked, rate: half }),
    bare: () => putLoad({ ...bare, rate: half }),
  });
  const p99 = median(results.service.map((result) => result.p99));
  const bareP99 = median(results.bare.map((result) => result.p99));
  return [
    {
      what: `p99 of single questions at ${Math.round(half).toLocaleString('en')}/s, half of full load`,
      measured: `${p99.toFixed(1)} ms`,
      against: 'bare route at the same rate',
      baseline: `${bareP99.toFixed(1)} ms`,
      ratio: p99 / bareP99,
      aim: '≤ 3',
      met: p99 / bareP99 <= 3,
      samples: { full, ...results },
    },
  ];
}
