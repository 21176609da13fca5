/**
 * `npm run bench:exchange [-- --quick --large --members N --seconds N --backlog N --only name,… --output file]`: two administrations on
 * this machine, each with a PostgreSQL, an API and a worker of its own; measures what goes between them and prints one table (README.md
 * beside this).
 */
import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { loadavg, tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { startServer } from '../databases.ts';
import { describeMachine } from '../machine.ts';
import { type Figure, printTable } from '../table.ts';
import { openIssuer } from '../tokens.ts';
import type { ExchangeBench } from './measures/context.ts';
import { measureDigest } from './measures/digest.ts';
import { measureEvents } from './measures/events.ts';
import { measureLatency } from './measures/latency.ts';
import { type FirstLoad, firstLoad, measureLoad } from './measures/load.ts';
import { measureMemory } from './measures/memory.ts';
import { type Measure, readOptions } from './options.ts';

const began = performance.now();
const options = readOptions(process.argv.slice(2));
const loadBefore = loadavg()[0] ?? 0;
const folder = await mkdtemp(join(tmpdir(), 'mra-bench-exchange-'));
await chmod(folder, 0o711);
const issuer = await openIssuer();
const figures: Figure[] = [];
const stops: (() => Promise<void>)[] = [];

function say(text: string): void {
  process.stderr.write(`${((performance.now() - began) / 1000).toFixed(0).padStart(4)} s  ${text}\n`);
}

const DATABASES = ['EU', 'JP'] as const;
const folderOf = (code: string): string => join(folder, `postgresql-${code.toLowerCase()}`);

async function start(code: 'EU' | 'JP') {
  const data = folderOf(code);
  await mkdir(data);
  await chmod(data, 0o711);
  const server = await startServer(data);
  stops.push(server.stop);
  return server;
}

async function clean(keepsLogs: boolean): Promise<void> {
  issuer.close();
  for (const stop of stops.splice(0)) await stop().catch((error) => say(`not ended: ${error}`));
  const removed = keepsLogs ? DATABASES.map((code) => folderOf(code)) : [folder];
  for (const path of removed) await rm(path, { recursive: true, force: true, maxRetries: 3 });
}

async function* figuresOf(work: AsyncIterable<Figure> | Promise<readonly Figure[]>): AsyncGenerator<Figure> {
  yield* work instanceof Promise ? await work : work;
}

async function measure(name: Measure, work: () => AsyncIterable<Figure> | Promise<readonly Figure[]>): Promise<void> {
  if (!options.only.has(name)) return;
  say(name);
  for await (const figure of figuresOf(work())) {
    figures.push(figure);
    say(`  ${figure.what.trim()}: ${figure.measured}${figure.baseline && ` (${figure.baseline})`}`);
  }
}

for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => {
    say(`ended by ${signal}`);
    // What is under way loses its database, and says so in many places.
    process.on('uncaughtException', () => undefined);
    void clean(false).finally(() => process.exit(1));
  });
}

try {
  const servers = { EU: await start('EU'), JP: await start('JP') };
  const machine = describeMachine(servers.EU.version);
  const bench: ExchangeBench = { options, folder, servers, issuer, say, atEnd: (stop) => void stops.unshift(stop) };
  let load: FirstLoad | null = null;
  if ((['load', 'digest', 'latency', 'events'] as const).some((name) => options.only.has(name))) {
    load = await firstLoad(bench, 'usual', options.members);
    const { loaded } = load;
    const done = load;
    await measure('load', () => measureLoad(bench, done));
    await measure('digest', () => measureDigest(bench, loaded));
    await measure('latency', () => measureLatency(bench, loaded));
    await measure('events', () => measureEvents(bench, loaded));
    await Promise.all([loaded.eu.stop(), loaded.jp.stop()]);
  }
  await measure('memory', () => measureMemory(bench, load));
  const output = resolve(options.output);
  await mkdir(dirname(output), { recursive: true });
  const loadAverage = { before: loadBefore, after: loadavg()[0] ?? 0 };
  const content = { machine, loadAverage, options: { ...options, only: [...options.only] }, figures };
  await writeFile(output, `${JSON.stringify(content, null, 2)}\n`);
  const loads = `load average of a minute before ${loadBefore.toFixed(1)}, after ${loadAverage.after.toFixed(1)}`;
  process.stdout.write(`\n${printTable(figures, machine)}\n${loads}\n`);
  say(`figures in ${output}`);
} catch (error) {
  say(`failed; the logs of the processes are in ${folder}`);
  process.exitCode = 1;
  console.error(error);
} finally {
  await clean(process.exitCode === 1);
}
