import { randomBytes } from 'node:crypto';
import { link, mkdir, open, readFile, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { addSeconds, type Instant, parseInstant } from '@mra/recognition';
import { calculateJwkThumbprint, exportJWK, generateKeyPair } from 'jose';
import { z } from 'zod';

/** Algorithms of our own keys. `EdDSA` is Ed25519. */
export const KEY_ALGORITHMS = ['EdDSA', 'ES256'] as const;
export type KeyAlgorithm = (typeof KEY_ALGORITHMS)[number];

const text = z.string().min(1).max(200);
const Moment = z.string().transform((given, context) => {
  const instant = parseInstant(given);
  if (instant !== null) return instant;
  context.addIssue({ code: 'custom', message: 'must be an instant' });
  return z.NEVER;
});
const common = { kid: text, from: Moment, until: Moment.nullable() };

const KeptKey = z.discriminatedUnion('alg', [
  z.object({
    ...common,
    alg: z.literal('EdDSA'),
    jwk: z.object({ kty: z.literal('OKP'), crv: z.literal('Ed25519'), x: text, d: text }),
  }),
  z.object({
    ...common,
    alg: z.literal('ES256'),
    jwk: z.object({ kty: z.literal('EC'), crv: z.literal('P-256'), x: text, y: text, d: text }),
  }),
]);
const KeyFile = z.object({ keys: z.array(KeptKey).min(1).max(20) });

/** A key pair as it is kept. It is published until `until`, and what is signed from `from` on is signed with it. */
export type KeptKey = z.infer<typeof KeptKey>;

export interface Rotation {
  readonly now: Instant;
  /** How long the key used so far stays published after the new one signs. */
  readonly overlapSeconds: number;
  /** How long the new key is published before it signs, so that partners find it in what they have cached. */
  readonly leadSeconds: number;
  readonly alg?: KeyAlgorithm;
}

/**
 * The keys of a file.
 * @returns null when there is no such file
 * @throws Error of one line when it cannot be read or holds something else
 */
export async function readKeyFile(file: string): Promise<readonly KeptKey[] | null> {
  try {
    return KeyFile.parse(JSON.parse(await readFile(file, 'utf8'))).keys;
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    if (code === 'ENOENT') return null;
    const reason = code ?? 'it does not hold keys';
    throw new Error(`The exchange keys in ${file} (EXCHANGE_KEYS_FILE) cannot be used: ${reason}`, { cause });
  }
}

/**
 * Makes a file with one new key, readable by its owner alone, unless there is one: simultaneous calls agree on one key.
 * @throws Error of one line
 */
export async function createKeyFile(
  file: string,
  { now, alg = 'EdDSA' }: Pick<Rotation, 'now' | 'alg'>,
): Promise<void> {
  const key = await newKey(alg, now);
  await inFolder(file, async () => {
    await mkdir(dirname(file), { recursive: true, mode: 0o711 });
    // A link, unlike a rename, leaves the keys of a faster process in place.
    await writeBeside(file, [key], (written) => link(written, file).catch(unless('EEXIST')));
  });
}

/**
 * Adds a new key, which is published at once and signs after the lead; the keys before it go when the overlap is over, and those
 * whose time is over are removed now.
 * @returns the keys as they are now kept
 * @throws Error of one line, also when there is no file or another rotation is under way
 */
export async function rotateKeyFile(file: string, rotation: Rotation): Promise<readonly KeptKey[]> {
  const { now, overlapSeconds, leadSeconds } = rotation;
  const lock = `${file}.lock`;
  const held = await inFolder(file, () => open(lock, 'wx', 0o600).catch(unless('EEXIST')));
  if (held === undefined) throw new Error(`Another rotation is under way; if none is, delete ${lock}`);
  try {
    const kept = await readKeyFile(file);
    if (kept === null) throw new Error(`There are no exchange keys in ${file}; a start with PARTNERS_FILE makes them`);
    const present = kept.filter(({ until }) => until === null || until > now);
    const from = addSeconds(now, leadSeconds);
    const until = addSeconds(from, overlapSeconds);
    const key = await newKey(rotation.alg ?? kept.at(-1)?.alg ?? 'EdDSA', from);
    const keys = [...present.map((old) => ({ ...old, until: old.until ?? until })), key];
    await inFolder(file, () => writeBeside(file, keys, (written) => rename(written, file)));
    return keys;
  } finally {
    await held.close();
    await rm(lock, { force: true });
  }
}

async function newKey(alg: KeyAlgorithm, from: Instant): Promise<KeptKey> {
  const { privateKey } = await generateKeyPair(alg, { extractable: true });
  const jwk = await exportJWK(privateKey);
  return KeptKey.parse({ alg, kid: await calculateJwkThumbprint(jwk), from, until: null, jwk });
}

/** Written whole under another name first: nobody reads half a file. */
async function writeBeside(
  file: string,
  keys: readonly KeptKey[],
  put: (written: string) => Promise<unknown>,
): Promise<void> {
  const temporary = `${file}.${randomBytes(6).toString('hex')}`;
  try {
    const handle = await open(temporary, 'wx', 0o600);
    await handle.writeFile(`${JSON.stringify({ keys }, null, 2)}\n`);
    await handle.sync().finally(() => handle.close());
    await put(temporary);
  } finally {
    await rm(temporary, { force: true });
  }
}

async function inFolder<T>(file: string, work: () => Promise<T>): Promise<T> {
  return work().catch((cause: NodeJS.ErrnoException) => {
    const reason = cause.code ?? cause.message;
    throw new Error(`The exchange keys in ${file} (EXCHANGE_KEYS_FILE) cannot be written: ${reason}`, { cause });
  });
}

function unless(code: string) {
  return (error: NodeJS.ErrnoException): undefined => {
    if (error.code !== code) throw error;
  };
}
