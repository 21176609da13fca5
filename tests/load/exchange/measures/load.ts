import type { Figure } from '../../table.ts';
import { rate } from '../../table.ts';
import { activeMembers, buildMembers } from '../members.ts';
import { createNodes } from '../nodes.ts';
import { type LoadTimes, watchLoad } from '../watch-load.ts';
import type { RunningWorker } from '../worker-process.ts';
import { type ExchangeBench, type Loaded, seconds } from './context.ts';
import { copyMembers } from './copy.ts';

const AIM = { members: 100_000, ms: 30_000 };
/** Of a list of this size; more have in proportion. */
const PATIENCE_MS = { least: 600_000, aMember: 12 };

interface Memory {
  readonly atStart: number;
  readonly most: number;
}

export interface FirstLoad {
  readonly loaded: Loaded;
  readonly times: LoadTimes;
  /** Of the workers, in MB; null where the system does not tell. */
  readonly memory: Readonly<Record<'sender' | 'receiver', Memory | null>>;
}

/** Makes two nodes, of which one has members, and loads them into the other: from the start of the receiver's worker on. */
export async function firstLoad(bench: ExchangeBench, name: string, members: number): Promise<FirstLoad> {
  const { eu, jp } = await createNodes(bench.folder, name, bench.servers, bench.issuer);
  bench.atEnd(async () => {
    await Promise.all([eu.stop(), jp.stop()]);
  });
  bench.say(`  building ${members.toLocaleString('en')} members`);
  await buildMembers(eu.databaseUrl, members);
  await Promise.all([eu.startApi(), jp.startApi()]);
  const sender = await eu.startWorker();
  const senderAtStart = sender.memory()?.now ?? 0;
  bench.say('  loading them');
  const withinMs = Math.max(PATIENCE_MS.least, members * PATIENCE_MS.aMember);
  const watching = watchLoad(eu, jp, members, withinMs);
  watching.catch(() => undefined);
  const receiver = await jp.startWorker();
  const receiverAtStart = receiver.memory()?.now ?? 0;
  const times = await watching;
  let taken = 0;
  const take = (count: number) => {
    taken += count;
    return activeMembers(taken - count, count);
  };
  const memory = { sender: memoryOf(sender, senderAtStart), receiver: memoryOf(receiver, receiverAtStart) };
  return { loaded: { eu, jp, take }, times, memory };
}

function memoryOf(worker: RunningWorker, atStart: number): Memory | null {
  const memory = worker.memory();
  return memory === null ? null : { atStart, most: memory.most };
}

/** How long each part of a load took, in milliseconds. */
export function partsOf(times: LoadTimes) {
  return {
    sweep: times.swept - times.begun,
    build: times.built - times.swept,
    wait: times.fetching - times.built,
    stage: times.staged - times.fetching,
    judge: times.applying - times.staged,
    apply: times.committed - times.applying,
    announced: times.known - times.committed,
    total: times.known - times.begun,
  };
}

/** The first load and its parts, against plain COPY right after it. */
export async function measureLoad(bench: ExchangeBench, load: FirstLoad): Promise<readonly Figure[]> {
  const { members } = bench.options;
  const { total, ...parts } = partsOf(load.times);
  const copied = await copyMembers(load.loaded.eu, bench.servers);
  const all = members.toLocaleString('en');
  const part = (what: string, milliseconds: number): Figure => ({
    what: `  ${what}`,
    measured: seconds(milliseconds),
    ...{ against: '', baseline: '', ratio: null, aim: '', met: null, samples: { milliseconds } },
  });
  return [
    {
      what: `first load of ${all} members`,
      measured: `${seconds(total)}, ${rate((members * 1000) / total)}`,
      against: 'COPY of the same rows, same databases',
      baseline: `${copied.toFixed(1)} s, ${rate(members / copied)}`,
      ratio: (copied * 1000) / total,
      aim: members === AIM.members ? `< ${AIM.ms / 1000} s` : '',
      met: members === AIM.members ? total < AIM.ms : null,
      samples: { milliseconds: total, parts, copySeconds: copied, memory: load.memory },
    },
    part('sweep: who is told what', parts.sweep),
    part('build: compare with the registry, sum, compress', parts.build),
    part('until the first file is asked for', parts.wait),
    part('transfer, check and put aside', parts.stage),
    part('judge as a whole, write the first thousand', parts.judge),
    part('write the others', parts.apply),
    part('until the last recording is known', parts.announced),
  ];
}
