import { stat } from 'node:fs/promises';
import type { SigningKey } from '@mra/exchange-protocol';
import type { Instant } from '@mra/recognition';
import { type CryptoKey, importJWK, type JSONWebKeySet, type JWK } from 'jose';
import type { ExchangeKeys } from './context.ts';
import { createKeyFile, type KeptKey, readKeyFile } from './key-file.ts';

export interface KeysOptions {
  readonly file: string;
  /** Whether a missing file is made with a new key; otherwise it is an error. */
  readonly generate: boolean;
  readonly now?: () => Instant;
}

/** How long what was read of the file is taken for what is there. */
const LOOK_AGAIN_MS = 1000;
const ADVICE =
  'set EXCHANGE_KEYS_FILE to a file that holds them, or leave it unset and the next start makes some in DATA_DIR';

/**
 * The keys of this deployment, kept in a file that is read again when it changes, so that a rotation needs no restart.
 * @throws Error of one line when the file cannot be made or read; later calls of what is returned too
 */
export async function openExchangeKeys({
  file,
  generate,
  now = () => new Date().toISOString(),
}: KeysOptions): Promise<ExchangeKeys> {
  if (generate && (await readKeyFile(file)) === null) await createKeyFile(file, { now: now() });
  const read = watchKeyFile(file);
  const signingKeys = new Map<string, Promise<SigningKey>>();
  const published = async (): Promise<readonly KeptKey[]> => {
    const moment = now();
    return (await read()).filter(({ until }) => until === null || until > moment);
  };
  await read();
  return {
    async signingKey() {
      const kept = signingKeyAt(await published(), now());
      if (kept === null) throw new Error(`None of the exchange keys in ${file} is in force`);
      const known = signingKeys.get(kept.kid);
      if (known !== undefined) return known;
      const imported = importKey(kept);
      signingKeys.set(kept.kid, imported);
      return imported;
    },
    jwks: async () => publicKeys(await published()),
  };
}

/** The newest of those that sign already; where none does, as after a clock was set back, the first. */
function signingKeyAt(keys: readonly KeptKey[], now: Instant): KeptKey | null {
  const byStart = keys.toSorted((a, b) => (a.from < b.from ? -1 : 1));
  return byStart.findLast(({ from }) => from <= now) ?? byStart[0] ?? null;
}

async function importKey({ jwk, alg, kid }: KeptKey): Promise<SigningKey> {
  return { key: (await importJWK(jwk, alg)) as CryptoKey, kid, alg };
}

function publicKeys(keys: readonly KeptKey[]): JSONWebKeySet {
  return {
    keys: keys.map(({ jwk, kid, alg }): JWK => {
      const { d, ...open } = jwk;
      return { ...open, kid, alg, use: 'sig' };
    }),
  };
}

/** Reads the file when it is another one than before, by its number, size and time of change. */
function watchKeyFile(file: string): () => Promise<readonly KeptKey[]> {
  let seen: { readonly mark: string; readonly at: number; readonly keys: readonly KeptKey[] } | null = null;
  return async () => {
    if (seen !== null && performance.now() - seen.at < LOOK_AGAIN_MS) return seen.keys;
    const mark = await stat(file).then(
      ({ ino, size, mtimeMs }) => `${ino} ${size} ${mtimeMs}`,
      () => null,
    );
    if (seen !== null && mark === seen.mark) {
      seen = { ...seen, at: performance.now() };
      return seen.keys;
    }
    const keys = await readKeyFile(file);
    if (keys === null) throw new Error(`There are no exchange keys in ${file}: ${ADVICE}`);
    seen = { mark: mark ?? '', at: performance.now(), keys };
    return keys;
  };
}
