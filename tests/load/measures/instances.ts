import { putLoad } from '../http-load.ts';
import { interleave, median } from '../measure.ts';
import { type Figure, rate } from '../table.ts';
import { type Bench, CONNECTIONS, singleRequests, startService, withProcesses } from './bench-context.ts';

/** The same load on one process, and halved on two. */
export async function measureInstances(bench: Bench): Promise<readonly Figure[]> {
  const { rounds, seconds } = bench.options;
  const first = await bench.service.use();
  return withProcesses({ second: () => startService(bench, bench.server.url, 'second') }, async ({ second }) => {
    const requests = await singleRequests(bench);
    const one = async () =>
      (await putLoad({ port: first.port, requests, connections: CONNECTIONS, seconds })).perSecond;
    const two = async () => {
      const halves = [first, second].map(({ port }) =>
        putLoad({ port, requests, connections: CONNECTIONS / 2, seconds }),
      );
      return (await Promise.all(halves)).reduce((sum, { perSecond }) => sum + perSecond, 0);
    };
    await two();
    const results = await interleave(rounds, { two, one });
    const [both, single] = [median(results.two), median(results.one)];
    return [
      {
        what: 'single question, two API processes',
        measured: rate(both),
        against: 'one',
        baseline: rate(single),
        ratio: both / single,
        aim: '',
        met: null,
        samples: results,
      },
    ];
  });
}
