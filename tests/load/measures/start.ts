import { post, putLoad } from '../http-load.ts';
import { questionsAbout } from '../questions.ts';
import type { Figure } from '../table.ts';
import { type Bench, startService, withProcesses } from './bench-context.ts';

const AIM_MS = 3000;

/** From the start of the process, which starts the embedded PostgreSQL on the folder with all members, to its first answer. */
export async function measureStart(bench: Bench): Promise<readonly Figure[]> {
  const token = await bench.issuer.sign('bench', 'recognition:read');
  const [question] = questionsAbout(bench.options.members, 1);
  const times: number[] = [];
  for (let round = 0; round < bench.options.rounds; round += 1) {
    const began = performance.now();
    await withProcesses({ service: () => startService(bench, null, 'start') }, async ({ service }) => {
      const requests = [post('/v1/recognition', token, JSON.stringify(question))];
      await putLoad({ port: service.port, requests, connections: 1, seconds: 0.001 });
      times.push(performance.now() - began);
    });
  }
  const worst = Math.max(...times);
  return [
    {
      what: `start to first answer, ${bench.options.members.toLocaleString('en')} memberships there`,
      measured: `${(worst / 1000).toFixed(2)} s`,
      against: 'slowest of the rounds, embedded database included',
      baseline: '',
      ratio: null,
      aim: '< 3 s',
      met: worst < AIM_MS,
      samples: { times },
    },
  ];
}
