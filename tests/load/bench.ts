/**
 * `npm run bench [-- --members N --questions N --imported N --quick --only name,… --output file]`: builds its data on an embedded
 * PostgreSQL, measures the service against what it stands on, and prints one table (README.md beside this).
 */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { buildMembers } from './build-members.ts';
import { createDatabase, dropDatabase, onServer, startServer } from './databases.ts';
import { describeMachine } from './machine.ts';
import { startBaseline } from './measures/baselines.ts';
import { measureBatch } from './measures/batch.ts';
import { type Bench, type Kept, keep, startService } from './measures/bench-context.ts';
import { measureImport } from './measures/import.ts';
import { measureInstances } from './measures/instances.ts';
import { measureKnownAt } from './measures/known-at.ts';
import { measureLatency } from './measures/latency.ts';
import { measureMembers } from './measures/members.ts';
import { measureNdjson } from './measures/ndjson.ts';
import { measureSingle } from './measures/single.ts';
import { measureStart } from './measures/start.ts';
import { type Measure, readOptions } from './options.ts';
import { type Figure, printTable } from './table.ts';
import { openIssuer } from './tokens.ts';

const SMALL = 10_000;

const began = performance.now();
const options = readOptions(process.argv.slice(2));
const folder = await mkdtemp(join(tmpdir(), 'mra-bench-'));
const issuer = await openIssuer();
const figures: Figure[] = [];
const say = (text: string) =>
  process.stderr.write(`${((performance.now() - began) / 1000).toFixed(0).padStart(4)} s  ${text}\n`);
const wanted = (...names: readonly Measure[]) => names.some((name) => options.only.has(name));
const measure = async (name: Measure, work: () => Promise<readonly Figure[]>) => {
  if (!wanted(name)) return;
  say(name);
  for (const figure of await work()) {
    figures.push(figure);
    say(`  ${figure.what}: ${figure.measured}, ${figure.baseline}`);
  }
};

let server = await startServer(folder);
const kept: Kept[] = [];
try {
  const machine = describeMachine(server.version);
  const small = wanted('members') ? await createDatabase(server, 'small') : server.url;
  const bench: Bench = {
    ...{ options, folder, server, issuer, small, say },
    service: keep(() => startService(bench, bench.server.url, 'service')),
    baseline: keep(() => startBaseline(bench)),
  };
  kept.push(bench.service, bench.baseline);
  if (wanted('import')) {
    await createDatabase(server, 'imported');
    await createDatabase(server, 'copied');
    await measure('import', () => measureImport(bench, server.urlOf('imported'), server.urlOf('copied')));
    await dropDatabase(server, 'imported');
    await dropDatabase(server, 'copied');
  }
  if (wanted('single', 'latency', 'batch', 'ndjson', 'members', 'known-at', 'instances', 'start')) {
    say(`building ${options.members.toLocaleString('en')} memberships`);
    await createDatabase(server, 'mra');
    await buildMembers(server.url, options.members);
    if (wanted('members')) await buildMembers(small, Math.min(SMALL, options.members));
    // What was built is written down before anything is measured, not beside it.
    await onServer(server.url, (client) => client.query('checkpoint'));
  }
  await measure('single', () => measureSingle(bench));
  await measure('latency', () => measureLatency(bench));
  await measure('batch', () => measureBatch(bench));
  await measure('members', () => measureMembers(bench));
  await measure('known-at', () => measureKnownAt(bench));
  await measure('instances', () => measureInstances(bench));
  await measure('ndjson', () => measureNdjson(bench));
  for (const process of kept) await process.stop();
  if (wanted('start')) {
    // Otherwise the first start would be one after a crash: gigabytes that were just built are not written in the time that a stop has.
    await onServer(server.url, (client) => client.query('checkpoint'));
    await server.stop();
    await measure('start', () => measureStart(bench));
    server = { ...server, stop: async () => undefined };
  }
  const output = resolve(options.output);
  await mkdir(dirname(output), { recursive: true });
  await writeFile(
    output,
    `${JSON.stringify({ machine, options: { ...options, only: [...options.only] }, figures }, null, 2)}\n`,
  );
  process.stdout.write(`\n${printTable(figures, machine)}\n`);
  say(`figures in ${output}`);
} finally {
  for (const process of kept) await process.stop();
  issuer.close();
  await server.stop();
  await rm(folder, { recursive: true, force: true, maxRetries: 3 });
}
