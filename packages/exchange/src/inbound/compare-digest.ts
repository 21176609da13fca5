import { setTimeout as pause } from 'node:timers/promises';
import { DIGEST_BUCKETS, DigestDocument, differingBuckets } from '@mra/exchange-protocol';
import { sql } from 'kysely';
import type { Exchange } from '../context.ts';
import { inExchange } from '../in-exchange.ts';
import type { Partner } from '../partners.ts';
import type { SnapshotApplied } from './apply-snapshot.ts';
import { heldDigest } from './held-digest.ts';
import { loadSnapshot } from './load-snapshot.ts';
import { newPutOff } from './put-off.ts';
import { type SnapshotReason, UnexpectedAnswer } from './snapshot-reasons.ts';

/** 65,536 buckets of 90 bytes with room to spare. */
const DIGEST_BYTES = 8 * 1_048_576;

/** Under constant traffic both sides are never at one event: what differs in each of these rounds does so for good. */
const ROUNDS = 3;

/** A digest of a million members takes some twenty seconds. */
const ANSWER_MS = 120_000;

/** How long to wait for events that the partner has counted and we have not applied. */
const EVENTS_MS = 5000;

export interface CompareOptions {
  readonly signal?: AbortSignal;
  /** How long to wait in each round for events that are on their way. */
  readonly eventsMs?: number;
}

export type DigestCompared =
  /** Both sides hold the same. */
  | { readonly outcome: 'equal' }
  /** Buckets differed and were fetched; `written` and `ended` may be 0 where events in flight had made the difference. */
  | ({ readonly outcome: 'repaired'; readonly buckets: readonly number[] } & SnapshotApplied)
  /** Buckets differ, and what was fetched of them was refused and reported: a full snapshot is needed. */
  | { readonly outcome: 'refused'; readonly buckets: readonly number[]; readonly reasons: readonly SnapshotReason[] };

/**
 * Compares what is held of a partner with what it says should be held, without sending it: by digests at the same event. Buckets that
 * differ are fetched and put right, and what was repaired is reported; where nothing differs only `compared_at` changes.
 * @throws PartnerUnreachable, UnexpectedAnswer, what `loadSnapshot` throws
 */
export async function compareDigest(
  exchange: Exchange,
  partner: Partner,
  options: CompareOptions = {},
): Promise<DigestCompared> {
  const { signal } = options;
  const buckets = await findDiffering(exchange, partner, options);
  if (buckets.length === 0) {
    await noteCompared(exchange, partner);
    return { outcome: 'equal' };
  }
  exchange.log.warn({ partner: partner.code, buckets }, 'digests differ');
  const loaded = await loadSnapshot(exchange, partner, { buckets, ...(signal && { signal }) });
  if (loaded.outcome === 'refused') return { ...loaded, buckets };
  await noteCompared(exchange, partner);
  return { ...loaded, outcome: 'repaired', buckets };
}

/** Buckets that differ at one event or, where both sides never meet at one, in every round. */
async function findDiffering(
  exchange: Exchange,
  partner: Partner,
  { signal, eventsMs = EVENTS_MS }: CompareOptions,
): Promise<readonly number[]> {
  let suspects: readonly number[] = [];
  for (let round = 1; round <= ROUNDS; round += 1) {
    const document = await fetchDigest(exchange, partner, signal);
    await waitForEvents(exchange, partner, document.seq, eventsMs, signal);
    const held = await heldDigest(exchange, partner, document, signal);
    const differing = differingBuckets(document.digest, held.digest);
    if (held.lastApplied === document.seq) return differing;
    suspects = round === 1 ? differing : suspects.filter((bucket) => differing.includes(bucket));
    if (suspects.length === 0) break;
  }
  return suspects;
}

async function fetchDigest(
  exchange: Exchange,
  partner: Partner,
  signal: AbortSignal | undefined,
): Promise<DigestDocument> {
  const url = `${partner.issuer}/exchange/digest?buckets=${DIGEST_BUCKETS}`;
  const request = {
    method: 'GET',
    url,
    maxBytes: DIGEST_BYTES,
    timeoutMs: ANSWER_MS,
    ...(signal && { signal }),
  } as const;
  const putOff = newPutOff();
  for (;;) {
    const answer = await exchange.client.send(partner, request);
    if (answer.status === 200) {
      const read = DigestDocument.safeParse(parsed(answer.body));
      if (read.success && read.data.digest.buckets.length === DIGEST_BUCKETS) return read.data;
      throw new UnexpectedAnswer('reading a digest', answer);
    }
    await pause(
      putOff('asking for a digest', answer, exchange.now()),
      undefined,
      signal === undefined ? {} : { signal },
    );
  }
}

/** Until the events up to a place have been applied, by whoever receives them; not for ever. */
async function waitForEvents(
  { db }: Exchange,
  { code }: Partner,
  seq: number,
  longestMs: number,
  signal: AbortSignal | undefined,
): Promise<void> {
  const deadline = performance.now() + longestMs;
  for (;;) {
    const { last_applied: lastApplied } = await inExchange(db, (tx) =>
      tx.selectFrom('inbound_stream').select('last_applied').where('partner', '=', code).executeTakeFirstOrThrow(),
    );
    if (lastApplied >= seq || performance.now() > deadline) return;
    await pause(50, undefined, signal === undefined ? {} : { signal });
  }
}

async function noteCompared({ db }: Exchange, { code }: Partner): Promise<void> {
  await inExchange(db, (tx) =>
    sql`update inbound_stream set compared_at = clock_timestamp() where partner = ${code}`.execute(tx),
  );
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
