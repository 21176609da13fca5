import { stat } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { openDevelopmentIssuer } from '../development-issuer.ts';

/** What the command line asks for. */
export interface Order {
  readonly file: string;
  /** Bytes. */
  readonly size: number;
  readonly mediaType: 'text/csv' | 'application/x-ndjson';
  readonly url: URL;
  readonly token: string;
}

const MEDIA_TYPES: Readonly<Record<string, Order['mediaType']>> = {
  csv: 'text/csv',
  ndjson: 'application/x-ndjson',
  jsonl: 'application/x-ndjson',
};

/**
 * Reads the command line.
 * @param env `TOKEN`, `DATA_DIR` and `NODE_ENV`
 * @throws Error of one line that names what is wrong
 */
export async function readOrder(args: readonly string[], env: NodeJS.ProcessEnv): Promise<Order> {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      programme: { type: 'string' },
      mode: { type: 'string', default: 'delta' },
      'allow-removals': { type: 'string' },
      url: { type: 'string', default: 'http://127.0.0.1:3000' },
      token: { type: 'string' },
    },
  });
  const [file, ...others] = positionals;
  if (file === undefined || others.length > 0) throw new Error('one file is to be named');
  const mediaType = MEDIA_TYPES[file.slice(file.lastIndexOf('.') + 1).toLowerCase()];
  if (mediaType === undefined) throw new Error(`${file} is neither .csv nor .ndjson`);
  const found = await stat(file).catch(() => null);
  if (found === null || !found.isFile()) throw new Error(`there is no file ${file}`);
  if (values.programme === undefined) throw new Error('--programme is missing, for example --programme eu-aeo');
  const query = new URLSearchParams({ programme: values.programme, mode: values.mode });
  const removals = values['allow-removals'];
  if (removals !== undefined) query.set('allowRemovals', removals);
  const url = addressOf(values.url, query);
  return { file, size: found.size, mediaType, url, token: values.token ?? env.TOKEN ?? (await developmentToken(env)) };
}

function addressOf(base: string, query: URLSearchParams): URL {
  if (!URL.canParse(base) || !/^https?:$/.test(new URL(base).protocol)) {
    throw new Error(`--url is an address such as https://registry.example, not "${base}"`);
  }
  const url = new URL(base);
  url.pathname = `${url.pathname.replace(/\/$/, '')}/v1/imports`;
  url.search = query.toString();
  return url;
}

/** Operations may load the list of any programme. */
async function developmentToken({ NODE_ENV, DATA_DIR }: NodeJS.ProcessEnv): Promise<string> {
  if (NODE_ENV === 'production') throw new Error('a token is needed, as --token or in TOKEN');
  const issuer = await openDevelopmentIssuer(DATA_DIR || '.data');
  return issuer.sign({ scope: 'operations', clientId: 'import', ttlSeconds: 3600 });
}
