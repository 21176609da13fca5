import { createHash } from 'node:crypto';
import { promisify } from 'node:util';
import { constants, gzip } from 'node:zlib';
import { createDigest, DIGEST_BUCKETS, type Digest, memberKey, recordHash } from '@mra/exchange-protocol';
import { type DB, inChunks } from '@mra/registry';
import { sql, type Transaction } from 'kysely';
import type { Exchange } from '../context.ts';
import { inExchange } from '../in-exchange.ts';
import { prepareShares } from './prepare-shares.ts';
import { type Share, type SharesView, selectShares, viewShares } from './read-shares.ts';

/** Lines of a file, and bytes after which it has fewer: that much is held. */
const FILE = { lines: 10_000, bytes: 8 * 1_048_576 };

/** Members held and hashed at a time: some 20 ms in which the process does nothing else. */
const CHUNK = 250;

/** Between preparing and reading a period may end; it then begins again. */
const ATTEMPTS = 10;

const compress = promisify(gzip);

export type SnapshotBuilt =
  | { readonly outcome: 'built'; readonly seq: number; readonly recordCount: number; readonly files: number }
  /** It was built, taken back or given up before, or its stream has been disabled. */
  | { readonly outcome: 'gone' }
  /** Another worker is at it. */
  | { readonly outcome: 'busy' };

/**
 * Builds a snapshot that was asked for: the shares of its stream at one moment, in files of NDJSON, with their sums and the digest of
 * all. Memory is that of one file and 32 bytes a member. It throws what the database throws; nothing is kept then, and it may be tried
 * again.
 */
export async function buildSnapshot(
  exchange: Exchange,
  snapshotId: string,
  { signal }: { readonly signal?: AbortSignal } = {},
): Promise<SnapshotBuilt> {
  const order = await readOrder(exchange, snapshotId);
  if (order === null) return { outcome: 'gone' };
  const { streamId, buckets } = order;
  for (let attempt = 1; attempt <= ATTEMPTS; attempt += 1) {
    await prepareShares(exchange, streamId, { ...(signal && { signal }) });
    const built = await viewShares(exchange, streamId, async (view) => {
      if (!(await takeTurn(view.tx, snapshotId))) return { outcome: 'busy' } as const;
      return writeSnapshot(view, { snapshotId, streamId, buckets, signal });
    });
    if (built === null) continue;
    if (built.outcome === 'busy') return built;
    await keepHashes(exchange, streamId, built.wrongHashes);
    exchange.log.info({ snapshotId, streamId, seq: built.seq, records: built.recordCount }, 'snapshot built');
    return { outcome: 'built', seq: built.seq, recordCount: built.recordCount, files: built.files };
  }
  throw new Error('what partners were told is never complete');
}

interface Order {
  readonly streamId: string;
  readonly buckets: readonly number[] | null;
}

/** A snapshot that waits; one of a stream that was disabled since is given up. */
async function readOrder({ db }: Exchange, snapshotId: string): Promise<Order | null> {
  return inExchange(db, async (tx) => {
    const { rows } = await sql<Order & { disabled: boolean }>`
      select x.stream_id as "streamId", x.buckets,
             'disabled' in (s.wanted_transmitter, s.wanted_receiver) as disabled
        from snapshot x join stream s on s.id = x.stream_id
       where x.id = ${snapshotId} and x.state = 'requested'`.execute(tx);
    const [row] = rows;
    if (row?.disabled !== true) return row ?? null;
    await tx.updateTable('snapshot').set({ state: 'failed' }).where('id', '=', snapshotId).execute();
    return null;
  });
}

async function takeTurn(tx: Transaction<DB>, snapshotId: string): Promise<boolean> {
  const { rows } = await sql<{ taken: boolean }>`
    select pg_try_advisory_xact_lock(hashtextextended(${`snapshot ${snapshotId}`}, 0)) as taken`.execute(tx);
  return rows[0]?.taken ?? false;
}

interface Writing {
  readonly snapshotId: string;
  readonly streamId: string;
  readonly buckets: readonly number[] | null;
  readonly signal: AbortSignal | undefined;
}

interface Written {
  readonly outcome: 'written';
  readonly seq: number;
  readonly recordCount: number;
  readonly files: number;
  /** Hashes that were kept and are not those of their records. */
  readonly wrongHashes: readonly { readonly id: number; readonly hash: string }[];
}

async function writeSnapshot(
  { tx, seq, asOf }: SharesView,
  { snapshotId, streamId, buckets, signal }: Writing,
): Promise<Written> {
  const digest = createDigest();
  const files = startFiles(tx, snapshotId);
  const wrongHashes: { id: number; hash: string }[] = [];
  for await (const chunk of inChunks(tx, selectShares(streamId, buckets, DIGEST_BUCKETS), CHUNK)) {
    signal?.throwIfAborted();
    for (const share of chunk) {
      // Not the hash that is kept: should that be wrong, the manifest would contradict its own files for ever.
      const hash = recordHash(share.record);
      if (share.hash !== null && share.hash !== hash) wrongHashes.push({ id: share.id, hash });
      digest.add({ key: memberKey(share.record), hash });
      files.add(lineOf(share));
    }
    await files.flushIfFull();
  }
  const done = await files.end();
  await finish(tx, snapshotId, { seq, asOf, recordCount: done.lines, digest: digest.result() });
  return { outcome: 'written', seq, recordCount: done.lines, files: done.files, wrongHashes };
}

function lineOf({ agreement, record, from, to }: Share): Buffer {
  return Buffer.from(`${JSON.stringify({ agreement, record, communicated: { from, to } })}\n`);
}

/** Files of a snapshot, each written when it is full. */
function startFiles(tx: Transaction<DB>, snapshotId: string) {
  let held: Buffer[] = [];
  let bytes = 0;
  let files = 0;
  let lines = 0;

  const flush = async (): Promise<void> => {
    const content = Buffer.concat(held);
    const sha256 = createHash('sha256').update(content).digest('base64url');
    const row = {
      snapshot_id: snapshotId,
      ordinal: files + 1,
      sha256,
      record_count: held.length,
      // A third of the time of the usual level, for files a quarter larger.
      content: await compress(content, { level: constants.Z_BEST_SPEED }),
    };
    await tx.insertInto('snapshot_file').values(row).execute();
    files += 1;
    [held, bytes] = [[], 0];
  };
  return {
    add(line: Buffer): void {
      held.push(line);
      bytes += line.length;
      lines += 1;
    },
    async flushIfFull(): Promise<void> {
      if (held.length >= FILE.lines || bytes >= FILE.bytes) await flush();
    },
    async end(): Promise<{ readonly files: number; readonly lines: number }> {
      if (held.length > 0) await flush();
      return { files, lines };
    },
  };
}

async function finish(
  tx: Transaction<DB>,
  snapshotId: string,
  { seq, asOf, recordCount, digest }: { seq: number; asOf: string; recordCount: number; digest: Digest },
): Promise<void> {
  await sql`
    update snapshot
       set state = 'ready', seq = ${seq}, as_of = ${asOf}, record_count = ${recordCount}, digest = ${JSON.stringify(digest)}::jsonb,
           ready_at = clock_timestamp()
     where id = ${snapshotId}`.execute(tx);
}

/** So that the next digest says what the records say. Shares that have changed since have lost their hash. */
async function keepHashes({ db }: Exchange, streamId: string, hashes: Written['wrongHashes']): Promise<void> {
  if (hashes.length === 0) return;
  await inExchange(db, (tx) =>
    sql`update share set hash = null where stream_id = ${streamId} and membership_id = any (${hashes.map(({ id }) => id)})`.execute(
      tx,
    ),
  );
}
