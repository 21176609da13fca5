import type { Figure } from '../../table.ts';
import { type ExchangeBench, seconds } from './context.ts';
import { type FirstLoad, firstLoad, partsOf } from './load.ts';

const AIM_MB = 300;

/** The most memory of both workers during a first load of a larger list, beside that of the smaller. */
export async function measureMemory(bench: ExchangeBench, smaller: FirstLoad | null): Promise<readonly Figure[]> {
  const { large, members } = bench.options;
  const load = await firstLoad(bench, 'large', large);
  await Promise.all([load.loaded.eu.stop(), load.loaded.jp.stop()]);
  const { total, ...parts } = partsOf(load.times);
  return (['sender', 'receiver'] as const).map((who): Figure => {
    const memory = load.memory[who];
    const most = memory?.most ?? null;
    const before = smaller?.memory[who]?.most ?? null;
    return {
      what: `memory of the ${who}'s worker, first load of ${large.toLocaleString('en')}`,
      measured: most === null ? 'not told here' : `${most} MB (${memory?.atStart} MB when started), ${seconds(total)}`,
      against: before === null ? '' : `the same with ${members.toLocaleString('en')}`,
      baseline: before === null ? '' : `${before} MB`,
      ratio: most === null || before === null ? null : most / before,
      aim: `< ${AIM_MB} MB`,
      met: most === null ? null : most < AIM_MB,
      samples: { megabytes: memory, smaller: before, milliseconds: total, parts },
    };
  });
}
