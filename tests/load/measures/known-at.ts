import { putLoad } from '../http-load.ts';
import { interleave, median } from '../measure.ts';
import { questionsAboutVersioned } from '../questions.ts';
import { VERSIONS } from '../sample-members.ts';
import { type Figure, rate } from '../table.ts';
import { type Bench, CONNECTIONS, singleRequests } from './bench-context.ts';

const YEAR_MS = 365 * 86_400_000;

/** Single questions about members of twenty versions, as known a year ago and as known now. */
export async function measureKnownAt(bench: Bench): Promise<readonly Figure[]> {
  const { rounds, seconds, members } = bench.options;
  const questions = questionsAboutVersioned(members, 5000);
  const knownAt = new Date(Date.now() - YEAR_MS).toISOString();
  const service = await bench.service.use();
  const load = { port: service.port, connections: CONNECTIONS, seconds };
  const now = { ...load, requests: await singleRequests(bench, questions) };
  const then = {
    ...load,
    requests: await singleRequests(
      bench,
      questions.map((question) => ({ ...question, knownAt })),
    ),
  };
  await putLoad({ ...then, seconds: Math.min(2, seconds) });
  const results = await interleave(rounds, { earlier: () => putLoad(then), now: () => putLoad(now) });
  const before = median(results.earlier.map((result) => result.perSecond));
  const present = median(results.now.map((result) => result.perSecond));
  return [
    {
      what: `question with knownAt a year back, ${VERSIONS} versions a member`,
      measured: rate(before),
      against: 'now',
      baseline: rate(present),
      ratio: before / present,
      aim: '≥ 0.7',
      met: before / present >= 0.7,
      samples: results,
    },
  ];
}
