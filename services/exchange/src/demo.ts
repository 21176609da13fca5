/**
 * `npm run demo:exchange`: starts two administrations on this machine, EU and JP, each with a database, keys and an API of its own, and
 * partnered with the other; suspends a member at one and shows how its partner's answer changes, and how fast. Removes everything it
 * made, and ends with code 1 if anything fails.
 */
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const API = fileURLToPath(new URL('../../api/src/', import.meta.url));
const READY_MS = 60_000;
const LOADED_MS = 60_000;
const CHANGED_MS = 20_000;
/** Members of db/seeds/demo. */
const OF_THE_EU = { programme: 'eu-aeo', number: 'DEAEOF00012345', name: 'Muster Logistik GmbH' };
const QUESTION = { recogniser: 'JP', identifier: OF_THE_EU.number, role: 'exporter' };

interface Node {
  readonly code: string;
  readonly url: string;
  readonly folder: string;
  readonly child: ChildProcess;
  /** What it has written to its log and to stderr. */
  readonly written: () => string;
}

interface Answer {
  readonly outcome: string;
  readonly reason: string;
}

const say = (line = ''): void => void process.stdout.write(`${line}\n`);
const seconds = (milliseconds: number): string => `${(milliseconds / 1000).toFixed(1)} s`;

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

function environmentOf(folder: string, more: Readonly<Record<string, string>> = {}): NodeJS.ProcessEnv {
  const { PATH = '', HOME = '', TMPDIR = '', NODE_COMPILE_CACHE = '' } = process.env;
  const kept = Object.entries({ PATH, HOME, TMPDIR, NODE_COMPILE_CACHE }).filter(([, value]) => value !== '');
  return { ...Object.fromEntries(kept), DATA_DIR: join(folder, 'data'), ...more };
}

async function startNode(
  root: string,
  code: string,
  url: string,
  partner: { code: string; url: string },
): Promise<Node> {
  const folder = join(root, code.toLowerCase());
  await mkdir(folder, { mode: 0o711 });
  const partnersFile = join(folder, 'partners.json');
  const registered = {
    code: partner.code,
    actsAs: code,
    issuer: partner.url,
    jwksUrl: `${partner.url}/.well-known/jwks.json`,
    cadenceSeconds: 60,
  };
  await writeFile(partnersFile, JSON.stringify([registered]));
  const { hostname, port } = new URL(url);
  const child = spawn(process.execPath, [join(API, 'main.ts')], {
    env: environmentOf(folder, {
      ...{ HOST: hostname, PORT: port, PUBLIC_URL: url, PARTNERS_FILE: partnersFile, LOCAL_ADMINISTRATIONS: code },
      ...{ DEMO_MEMBERS: 'on', LOG_LEVEL: 'warn' },
    }),
    stdio: ['ignore', 'pipe', 'pipe'],
    // Ctrl-C is for this program, which then ends the nodes.
    detached: true,
  });
  let written = '';
  for (const stream of [child.stdout, child.stderr])
    stream?.setEncoding('utf8').on('data', (text) => (written += text));
  return { code, url, folder, child, written: () => written };
}

async function stopNode({ child }: Node): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGTERM');
  await Promise.race([ended, pause(5000)]);
  child.kill('SIGKILL');
}

async function tokenOf({ folder, code }: Node): Promise<string> {
  const args = [join(API, 'token.ts'), '--scope', 'recognition:read registry:write', '--administration', code];
  const { stdout } = await promisify(execFile)(process.execPath, args, { env: environmentOf(folder) });
  return stdout.trim();
}

/** Tries again until `look` gives something; fails where a node has ended or time is up. */
async function until<T>(
  what: string,
  nodes: readonly Node[],
  withinMs: number,
  look: () => Promise<T | null>,
): Promise<T> {
  const deadline = performance.now() + withinMs;
  for (;;) {
    const seen = await look().catch(() => null);
    if (seen !== null) return seen;
    const ended = nodes.find(({ child }) => child.exitCode !== null || child.signalCode !== null);
    if (ended !== undefined) throw new Error(`${ended.code} has ended:\n${ended.written()}`);
    if (performance.now() > deadline)
      throw new Error(`${what}: not within ${seconds(withinMs)}\n${nodes.map((node) => node.written()).join('\n')}`);
    await pause(10);
  }
}

async function ask({ url }: Node, token: string): Promise<Answer> {
  const response = await fetch(`${url}/v1/recognition?${new URLSearchParams(QUESTION)}`, {
    headers: { authorization: `Bearer ${token}` },
  });
  if (!response.ok) throw new Error(`answered ${response.status}`);
  return (await response.json()) as Answer;
}

async function suspend({ url }: Node, token: string): Promise<void> {
  const response = await fetch(`${url}/v1/programmes/${OF_THE_EU.programme}/memberships/${OF_THE_EU.number}/events`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json', 'idempotency-key': 'demo' },
    body: JSON.stringify({ type: 'suspended' }),
  });
  if (!response.ok) throw new Error(`the suspension was answered ${response.status}: ${await response.text()}`);
}

async function show(eu: Node, jp: Node, startedAt: number): Promise<void> {
  const both = [eu, jp];
  await until('both administrations are ready', both, READY_MS, async () => {
    const ready = await Promise.all(both.map(async ({ url }) => (await fetch(`${url}/readyz`)).ok));
    return ready.every(Boolean) || null;
  });
  say('Two administrations on this machine, each with a database, keys and an API of its own:');
  for (const { code, url } of both) say(`  ${code}  ${url}`);
  const [euToken, jpToken] = await Promise.all([tokenOf(eu), tokenOf(jp)]);

  const loaded = await until('JP has the members of the EU', both, LOADED_MS, async () => {
    const answer = await ask(jp, jpToken);
    return answer.reason === 'UNKNOWN_TRADER' ? null : answer;
  });
  say(`JP has loaded the members of the EU, ${seconds(performance.now() - startedAt)} after both were started.`);
  say();
  say(`JP is asked about ${OF_THE_EU.number}, ${OF_THE_EU.name} (invented): ${loaded.outcome}`);
  if (loaded.outcome !== 'recognised') throw new Error(`it should be recognised, and is not: ${loaded.reason}`);

  await suspend(eu, euToken);
  const suspendedAt = performance.now();
  say('The EU suspends it.');
  const changed = await until('the answer of JP changes', both, CHANGED_MS, async () => {
    const answer = await ask(jp, jpToken);
    return answer.outcome === 'recognised' ? null : answer;
  });
  const tookMs = Math.round(performance.now() - suspendedAt);
  say(`JP is asked again: ${changed.outcome}, ${changed.reason}, ${tookMs} ms after the EU confirmed the suspension.`);
  if (changed.reason !== 'NOT_ACTIVE') throw new Error('it should be NOT_ACTIVE');
}

const nodes: Node[] = [];
let root: string | null = null;
let cleaning: Promise<void> | undefined;
const clean = (): Promise<void> => {
  cleaning ??= (async () => {
    await Promise.all(nodes.map(stopNode));
    if (root !== null) await rm(root, { recursive: true, force: true, maxRetries: 5 });
  })();
  return cleaning;
};
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
  process.on(signal, () => clean().then(() => process.exit(1)));
try {
  const startedAt = performance.now();
  root = await mkdtemp(join(tmpdir(), 'mra-demo-exchange-'));
  const urls = { EU: `http://127.0.0.1:${await freePort()}`, JP: `http://127.0.0.1:${await freePort()}` };
  const eu = await startNode(root, 'EU', urls.EU, { code: 'JP', url: urls.JP });
  nodes.push(eu);
  const jp = await startNode(root, 'JP', urls.JP, { code: 'EU', url: urls.EU });
  nodes.push(jp);
  await show(eu, jp, startedAt);
} catch (error) {
  process.stderr.write(`demo: ${(error as Error).message}\n`);
  process.exitCode = 1;
} finally {
  await clean();
}
