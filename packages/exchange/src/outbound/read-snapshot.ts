import { setTimeout as pause } from 'node:timers/promises';
import type { Digest, SnapshotManifest } from '@mra/exchange-protocol';
import type { Instant } from '@mra/recognition';
import { sql } from 'kysely';
import type { Exchange } from '../context.ts';
import { inExchange } from '../in-exchange.ts';

export type SnapshotReading =
  | { readonly state: 'requested' }
  | { readonly state: 'ready'; readonly manifest: SnapshotManifest };

/** Where a snapshot of this deployment is found; its files below it. */
export const snapshotUrl = ({ issuer }: Pick<Exchange, 'issuer'>, id: string): string =>
  `${issuer}/exchange/snapshots/${id}`;

/** Between two looks at a snapshot that is being made. */
const LOOK_AGAIN_MS = 50;

/** The same as {@link readSnapshot}, once it is ready or the time is up: one of a few members need not be asked for twice. */
export async function awaitSnapshot(
  exchange: Exchange,
  partner: string,
  id: string,
  { holdMs, signal }: { readonly holdMs: number; readonly signal: AbortSignal },
): Promise<SnapshotReading | null> {
  const until = performance.now() + holdMs;
  for (;;) {
    const found = await readSnapshot(exchange, partner, id);
    if (found?.state !== 'requested' || signal.aborted || performance.now() > until) return found;
    await pause(LOOK_AGAIN_MS, undefined, { signal }).catch(() => undefined);
  }
}

/** A snapshot of the partner's own stream; null: there is none of that id, it has been removed, or it could not be built. */
export async function readSnapshot(exchange: Exchange, partner: string, id: string): Promise<SnapshotReading | null> {
  return inExchange(
    exchange.db,
    async (tx) => {
      const row = await tx
        .selectFrom('snapshot')
        .select(['state', 'seq', 'as_of', 'record_count', 'digest', 'buckets'])
        .where('id', '=', id)
        .executeTakeFirst();
      if (row === undefined || row.state === 'failed') return null;
      if (row.state === 'requested') return { state: 'requested' } as const;
      const files = await tx
        .selectFrom('snapshot_file')
        .select(['ordinal', 'sha256', 'record_count'])
        .where('snapshot_id', '=', id)
        .orderBy('ordinal')
        .execute();
      const manifest: SnapshotManifest = {
        snapshotId: id,
        seq: row.seq as number,
        asOf: row.as_of as Instant,
        recordCount: row.record_count as number,
        files: files.map(({ ordinal, sha256, record_count: recordCount }) => ({
          url: `${snapshotUrl(exchange, id)}/files/${ordinal}`,
          sha256,
          recordCount,
        })),
        digest: row.digest as unknown as Digest,
        buckets: row.buckets,
      };
      return { state: 'ready', manifest } as const;
    },
    partner,
  );
}

/** A file of a ready snapshot of the partner's own stream, compressed with gzip; null: there is none. */
export async function readSnapshotFile(
  { db }: Exchange,
  partner: string,
  id: string,
  ordinal: number,
): Promise<Buffer | null> {
  const { rows } = await inExchange(
    db,
    (tx) =>
      sql<{ content: Buffer }>`
        select f.content from snapshot_file f join snapshot s on s.id = f.snapshot_id
         where s.id = ${id} and s.state = 'ready' and f.ordinal = ${ordinal}`.execute(tx),
    partner,
  );
  return rows[0]?.content ?? null;
}

/** Removes a snapshot of the partner's own stream with its files, also one that is not built yet; returns whether there was one. */
export async function deleteSnapshot({ db }: Exchange, partner: string, id: string): Promise<boolean> {
  const deleted = await inExchange(
    db,
    (tx) => tx.deleteFrom('snapshot').where('id', '=', id).executeTakeFirst(),
    partner,
  );
  return deleted.numDeletedRows > 0n;
}
