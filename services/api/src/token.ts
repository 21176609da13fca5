/**
 * `npm run token -- --scope "recognition:read" [--administration EU] [--ttl 1h] [--client my-client]`: prints a token of the
 * development issuer and nothing else; `--help` the usage.
 */
import { parseArgs } from 'node:util';
import { SCOPES } from '@mra/http';
import { asksForHelp } from './asks-for-help.ts';
import { openDevelopmentIssuer, type TokenClaims } from './development-issuer.ts';

const USAGE = `npm run token -- --scope "SCOPE ..." [options]

Prints an access token of the development issuer.

  --scope "SCOPE ..."     scopes, separated by spaces: ${SCOPES.join(', ')}
  --administration CODE   administration for which the caller acts, for example EU; none when left out
  --ttl TIME              how long the token holds, for example 90s, 15m, 1h or 7d; 1h when left out
  --client ID             id of the client
  --help                  this text
`;
const KNOWN_SCOPES: ReadonlySet<string> = new Set(SCOPES);
const SECONDS = { s: 1, m: 60, h: 3600, d: 86_400 };
const LONGEST_DAYS = 30;

/**
 * The token that the command line asks for.
 * @throws Error of one line that names what is wrong.
 */
function claimsFrom(args: readonly string[]): TokenClaims {
  const { values } = parseArgs({
    args: [...args],
    allowPositionals: false,
    options: {
      scope: { type: 'string' },
      administration: { type: 'string' },
      ttl: { type: 'string', default: '1h' },
      client: { type: 'string' },
    },
  });
  const { administration, client } = values;
  if (administration !== undefined && !/^[A-Z]{2}$/.test(administration)) {
    throw new Error(`--administration is an ISO 3166-1 alpha-2 code or EU, not "${administration}"`);
  }
  if (client?.trim() === '') throw new Error('--client must not be empty');
  return { scope: scopeFrom(values.scope), administration, clientId: client, ttlSeconds: secondsFrom(values.ttl) };
}

function scopeFrom(text: string | undefined): string {
  const scopes = [...new Set((text ?? '').split(/\s+/).filter((scope) => scope !== ''))];
  if (scopes.length === 0) throw new Error(`--scope is missing; scopes: ${SCOPES.join(', ')}`);
  const unknown = scopes.filter((scope) => !KNOWN_SCOPES.has(scope));
  if (unknown.length > 0) throw new Error(`unknown scope ${unknown.join(', ')}; scopes: ${SCOPES.join(', ')}`);
  return scopes.join(' ');
}

function secondsFrom(text: string): number {
  const [, count, unit] = /^(\d{1,7})([smhd])$/.exec(text) ?? [];
  const seconds = Number(count) * (SECONDS[unit as keyof typeof SECONDS] ?? Number.NaN);
  if (!(seconds > 0 && seconds <= LONGEST_DAYS * SECONDS.d)) {
    throw new Error(`--ttl is a time such as 90s, 15m, 1h or 7d, at most ${LONGEST_DAYS}d, not "${text}"`);
  }
  return seconds;
}

async function printToken(args: readonly string[]): Promise<void> {
  if (process.env.NODE_ENV === 'production')
    throw new Error('the development issuer is refused when NODE_ENV=production');
  const claims = claimsFrom(args);
  const issuer = await openDevelopmentIssuer(process.env.DATA_DIR || '.data');
  console.log(await issuer.sign(claims));
}

try {
  const args = process.argv.slice(2);
  if (asksForHelp(args)) process.stdout.write(USAGE);
  else await printToken(args);
} catch (error) {
  console.error(`token: ${(error as Error).message.replaceAll(/\s*\n\s*/g, ' ')}`);
  process.exitCode = 1;
}
