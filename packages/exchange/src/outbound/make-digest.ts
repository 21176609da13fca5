import {
  type CanonicalRecord,
  createDigest,
  DIGEST_BUCKETS,
  type DigestDocument,
  memberKey,
  recordHash,
} from '@mra/exchange-protocol';
import { inChunks } from '@mra/registry';
import { sql } from 'kysely';
import type { Exchange } from '../context.ts';
import { inExchange } from '../in-exchange.ts';
import { prepareShares } from './prepare-shares.ts';
import { type SharesView, viewShares } from './read-shares.ts';

/** Work for one request; where it does not do (from some 200,000 members on), the partner asks again and it goes on. */
const PREPARE_MS = 10_000;

export type DigestMade =
  | { readonly ok: true; readonly document: DigestDocument }
  /** `unknown`: the partner has no stream that runs. */
  | { readonly ok: false; readonly reason: 'unknown' }
  | { readonly ok: false; readonly reason: 'not_ready'; readonly retryAfterSeconds: number };

export interface DigestOptions {
  /** A power of two up to 65,536. */
  readonly buckets?: number;
  readonly prepareMs?: number;
  readonly signal?: AbortSignal;
}

/**
 * What a partner should hold, as a digest at a `seq` of its stream: over what it was told last, after that was compared with the
 * registry. Each record is what cutting it at `asOf` gives, since periods that are over were told of when they ended.
 */
export async function makeDigest(
  exchange: Exchange,
  partner: string,
  { buckets = DIGEST_BUCKETS, prepareMs = PREPARE_MS, signal }: DigestOptions = {},
): Promise<DigestMade> {
  const streamId = await runningStream(exchange, partner);
  if (streamId === null) return { ok: false, reason: 'unknown' };
  const prepared = await prepareShares(exchange, streamId, {
    hashed: true,
    deadline: performance.now() + prepareMs,
    ...(signal && { signal }),
  });
  const document = prepared ? await viewShares(exchange, streamId, (view) => digestOf(view, streamId, buckets)) : null;
  return document === null ? { ok: false, reason: 'not_ready', retryAfterSeconds: 1 } : { ok: true, document };
}

/** The stream of a partner, unless there is none or it is disabled: nobody keeps the shares of such a one. */
export async function runningStream({ db }: Exchange, partner: string): Promise<string | null> {
  const row = await inExchange(
    db,
    (tx) =>
      tx
        .selectFrom('stream')
        .select('id')
        .where('partner', '=', partner)
        .where('wanted_transmitter', '<>', 'disabled')
        .where('wanted_receiver', '<>', 'disabled')
        .executeTakeFirst(),
    partner,
  );
  return row?.id ?? null;
}

interface Entry {
  readonly programme: string;
  readonly number: string;
  readonly agreement: string;
  readonly hash: string | null;
  /** Where the hash is not kept yet. */
  readonly record: CanonicalRecord | null;
}

async function digestOf({ tx, seq, asOf }: SharesView, streamId: string, buckets: number): Promise<DigestDocument> {
  const gathering = createDigest({ buckets });
  const named = new Set<string>();
  const entries = sql<Entry>`
    select record ->> 'programme' as programme, record ->> 'number' as number, agreement, hash, case when hash is null then record end as record
      from share where stream_id = ${streamId}`;
  for await (const chunk of inChunks(tx, entries, 1000)) {
    for (const { agreement, hash, record, ...member } of chunk) {
      named.add(agreement);
      gathering.add({ key: memberKey(member), hash: hash ?? recordHash(record as CanonicalRecord) });
    }
  }
  const agreements = await sql<{ agreement: string; dataElements: string[] | null }>`
    select n.id as agreement, a.data_elements as "dataElements"
      from unnest(${[...named]}::text[]) as n (id)
      left join agreement a on a.id = n.id and upper_inf(a.known) and a.valid @> ${asOf}::timestamptz
     order by 1`.execute(tx);
  return { seq, asOf, agreements: agreements.rows, digest: gathering.result() };
}
