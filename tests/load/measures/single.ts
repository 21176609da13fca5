import { putLoad } from '../http-load.ts';
import { interleave, median } from '../measure.ts';
import { type Figure, rate } from '../table.ts';
import { type Bench, CONNECTIONS, singleRequests } from './bench-context.ts';

/** Single questions at full load, against bare routes that return the same bytes. */
export async function measureSingle(bench: Bench): Promise<readonly Figure[]> {
  const { rounds, seconds } = bench.options;
  const [service, baseline] = [await bench.service.use(), await bench.baseline.use()];
  const load = { connections: CONNECTIONS, seconds };
  const asked = { ...load, port: service.port, requests: await singleRequests(bench) };
  const bare = { ...load, port: baseline.port, requests: await singleRequests(bench, undefined, '/bare') };
  const plain = { ...load, port: baseline.port, requests: await singleRequests(bench, undefined, '/plain') };
  for (const warm of [asked, bare, plain]) await putLoad({ ...warm, seconds: Math.min(2, seconds) });
  const results = await interleave(rounds, {
    service: () => putLoad(asked),
    bare: () => putLoad(bare),
    plain: () => putLoad(plain),
  });
  const perSecond = {
    service: median(results.service.map((result) => result.perSecond)),
    bare: median(results.bare.map((result) => result.perSecond)),
    plain: median(results.plain.map((result) => result.perSecond)),
  };
  const against = (what: string, baselineRate: number, aim: number): Figure => ({
    what: 'single question',
    measured: rate(perSecond.service),
    against: what,
    baseline: rate(baselineRate),
    ratio: perSecond.service / baselineRate,
    aim: `≥ ${aim}`,
    met: perSecond.service / baselineRate >= aim,
    samples: results,
  });
  return [
    against('bare Fastify route, same bytes', perSecond.bare, 0.5),
    against('that route with one plain query a question', perSecond.plain, 2.5),
  ];
}
