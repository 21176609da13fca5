/**
 * `npm run keys -- list`: the keys with which this deployment signs events, and when each does.
 * `npm run keys -- rotate [--overlap 24h] [--lead 5m] [--alg EdDSA]`: adds a key, which is published at once and signs after the lead; the
 * ones before it stay published for the overlap. Running processes take it over by themselves.
 * The file is that of `EXCHANGE_KEYS_FILE`, or `exchange-keys.json` in `DATA_DIR`.
 */
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { KEY_ALGORITHMS, type KeptKey, readKeyFile, rotateKeyFile } from '@mra/exchange';

const SECONDS = { s: 1, m: 60, h: 3600, d: 86_400 };
const LONGEST_DAYS = 90;

/** @throws Error of one line that names what is wrong */
function secondsFrom(option: string, text: string): number {
  const [, count, unit] = /^(\d{1,7})([smhd])$/.exec(text) ?? [];
  const seconds = Number(count) * (SECONDS[unit as keyof typeof SECONDS] ?? Number.NaN);
  if (seconds <= LONGEST_DAYS * SECONDS.d) return seconds;
  throw new Error(`--${option} is a time such as 90s, 15m, 24h or 7d, at most ${LONGEST_DAYS}d, not "${text}"`);
}

function lineOf({ kid, alg, from, until }: KeptKey, now: string): string {
  const state = until !== null && until <= now ? 'over' : from > now ? 'to come' : 'published';
  return `${kid}  ${alg}  signs from ${from}  ${until === null ? '' : `published until ${until}`}  ${state}`.trimEnd();
}

async function run(args: readonly string[], file: string): Promise<readonly string[]> {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      overlap: { type: 'string', default: '24h' },
      lead: { type: 'string', default: '5m' },
      alg: { type: 'string' },
    },
  });
  const [command, ...rest] = positionals;
  if (!['list', 'rotate'].includes(command ?? '') || rest.length > 0) throw new Error('say list or rotate');
  const now = new Date().toISOString();
  if (command === 'list') {
    const keys = await readKeyFile(file);
    if (keys === null) throw new Error(`there are no exchange keys in ${file}; a start with PARTNERS_FILE makes them`);
    return keys.map((key) => lineOf(key, now));
  }
  const alg = KEY_ALGORITHMS.find((known) => known === values.alg);
  if (values.alg !== undefined && alg === undefined) throw new Error(`--alg is one of ${KEY_ALGORITHMS.join(', ')}`);
  const rotation = {
    now,
    overlapSeconds: secondsFrom('overlap', values.overlap),
    leadSeconds: secondsFrom('lead', values.lead),
    ...(alg !== undefined && { alg }),
  };
  return (await rotateKeyFile(file, rotation)).map((key) => lineOf(key, now));
}

try {
  const { EXCHANGE_KEYS_FILE, DATA_DIR } = process.env;
  const file = EXCHANGE_KEYS_FILE || join(DATA_DIR || '.data', 'exchange-keys.json');
  for (const line of await run(process.argv.slice(2), file)) console.log(line);
} catch (error) {
  console.error(`keys: ${(error as Error).message.replaceAll(/\s*\n\s*/g, ' ')}`);
  process.exitCode = 1;
}
