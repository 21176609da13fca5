import { putLoad } from '../http-load.ts';
import { interleave, median } from '../measure.ts';
import { questionsAbout } from '../questions.ts';
import { type Figure, rate } from '../table.ts';
import { type Bench, CONNECTIONS, singleRequests, startService, withProcesses } from './bench-context.ts';

const SMALL = 10_000;

/** Single questions to a registry with many members against one with few, each about any of its members. */
export async function measureMembers(bench: Bench): Promise<readonly Figure[]> {
  const { rounds, seconds, members } = bench.options;
  const few = Math.min(SMALL, members);
  const service = await bench.service.use();
  return withProcesses({ other: () => startService(bench, bench.small, 'small') }, async ({ other }) => {
    const load = { connections: CONNECTIONS, seconds };
    const large = { ...load, port: service.port, requests: await singleRequests(bench) };
    const requests = await singleRequests(bench, questionsAbout(few, 20_000));
    const small = { ...load, port: other.port, requests };
    await putLoad({ ...large, seconds: Math.min(2, seconds) });
    await putLoad({ ...small, seconds: Math.min(2, seconds) });
    const results = await interleave(rounds, { large: () => putLoad(large), small: () => putLoad(small) });
    const many = median(results.large.map((result) => result.perSecond));
    const baseline = median(results.small.map((result) => result.perSecond));
    return [
      {
        what: `single question with ${members.toLocaleString('en')} memberships`,
        measured: rate(many),
        against: `with ${few.toLocaleString('en')}`,
        baseline: rate(baseline),
        ratio: many / baseline,
        aim: '≥ 0.9',
        met: many / baseline >= 0.9,
        samples: results,
      },
    ];
  });
}
