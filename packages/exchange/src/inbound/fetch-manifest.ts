import { setTimeout as pause } from 'node:timers/promises';
import { DIGEST_BUCKETS, foreignFiles, retryAt, SnapshotManifest } from '@mra/exchange-protocol';
import type { Exchange, PartnerResponse } from '../context.ts';
import { originsOf } from '../origins.ts';
import type { Partner } from '../partners.ts';
import { newPutOff } from './put-off.ts';
import { type SnapshotReason, UnexpectedAnswer } from './snapshot-reasons.ts';

/** 10,000 files and 65,536 buckets with room to spare. */
const MANIFEST_BYTES = 16 * 1_048_576;

/** How long a partner may take to make a snapshot: ours makes one of a million members in some two minutes. */
const PATIENCE_MS = 30 * 60_000;

export interface ManifestOptions {
  readonly buckets: readonly number[] | null;
  readonly signal?: AbortSignal | undefined;
  /** How long the partner may take. */
  readonly patienceMs?: number;
}

export type ManifestFetched =
  | { readonly ok: true; readonly manifest: SnapshotManifest; readonly url: string }
  | { readonly ok: false; readonly reasons: readonly SnapshotReason[] };

/**
 * Asks a partner for a snapshot and waits until it is made.
 * @returns its manifest, every file of which is at a registered origin of the partner
 * @throws PartnerUnreachable, UnexpectedAnswer: to be tried again
 */
export async function fetchManifest(
  exchange: Exchange,
  partner: Partner,
  { buckets, signal, patienceMs = PATIENCE_MS }: ManifestOptions,
): Promise<ManifestFetched> {
  const asked = `${partner.issuer}/exchange/snapshots`;
  const body = JSON.stringify(buckets === null ? {} : { buckets });
  const abort = signal === undefined ? {} : { signal };
  const accepted = await exchange.client.send(partner, { method: 'POST', url: asked, body, ...abort });
  const location = accepted.headers.get('content-location') ?? '';
  if (accepted.status !== 202 || !URL.canParse(location, asked)) {
    throw new UnexpectedAnswer('asking for a snapshot', accepted);
  }
  const { href: url, origin } = new URL(location, asked);
  if (!originsOf(partner).includes(origin)) return refused('FOREIGN_ORIGIN', 'the manifest is at another origin');
  const deadline = performance.now() + patienceMs;
  let putOff = newPutOff();
  for (let attempt = 1; ; attempt += 1) {
    const answer = await exchange.client.send(partner, { method: 'GET', url, maxBytes: MANIFEST_BYTES, ...abort });
    if (answer.status === 200) return readManifest(partner, answer, url, buckets);
    const what = 'waiting for a snapshot';
    if (performance.now() > deadline) throw new UnexpectedAnswer(what, answer);
    if (answer.status === 202) {
      putOff = newPutOff();
      await waitWhileMade(exchange, answer, attempt, signal);
    } else await pause(putOff(what, answer, exchange.now()), undefined, abort);
  }
}

/** As long as the partner says; where it does not, a little longer each time. */
async function waitWhileMade(
  { now }: Exchange,
  { headers }: Pick<PartnerResponse, 'headers'>,
  attempt: number,
  signal: AbortSignal | undefined,
): Promise<void> {
  const present = now();
  const ours = retryAt({ attempt, random: 0.5, now: present }, { baseSeconds: 0.2, maxSeconds: 5 });
  const retryAfter = headers.get('retry-after') ?? '1';
  const asked = retryAt({ attempt: 1, random: 0, now: present, retryAfter }, { maxSeconds: 60 });
  const wait = Date.parse(ours > asked ? ours : asked) - Date.parse(present);
  await pause(wait, undefined, signal === undefined ? {} : { signal });
}

function readManifest(
  partner: Partner,
  { body }: PartnerResponse,
  url: string,
  buckets: readonly number[] | null,
): ManifestFetched {
  const invalid = (detail: string) => refused('MANIFEST_INVALID', detail);
  if (Buffer.byteLength(body) >= MANIFEST_BYTES) return invalid(`it has ${MANIFEST_BYTES} bytes or more`);
  const read = SnapshotManifest.safeParse(parsed(body));
  if (!read.success) return invalid('it does not fit its schema');
  const manifest = read.data;
  const bucketCount = manifest.digest.buckets.length;
  if ((bucketCount & (bucketCount - 1)) !== 0)
    return invalid('its digest has a number of buckets that is no power of two');
  const foreign = foreignFiles(manifest, originsOf(partner));
  if (foreign.length > 0) return refused('FOREIGN_ORIGIN', `${foreign.length} of its files are at other origins`);
  // A partner that makes full snapshots only may answer with one.
  const isFull = manifest.buckets === null;
  if (!isFull && (bucketCount !== DIGEST_BUCKETS || !isSameSet(manifest.buckets ?? [], buckets ?? []))) {
    return refused('OTHER_BUCKETS', 'it is about other buckets than were asked for');
  }
  return { ok: true, manifest, url };
}

function isSameSet(a: readonly number[], b: readonly number[]): boolean {
  const wanted = new Set(b);
  return new Set(a).size === wanted.size && a.every((one) => wanted.has(one));
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

const refused = (code: SnapshotReason['code'], detail: string): ManifestFetched => ({
  ok: false,
  reasons: [{ code, detail }],
});
