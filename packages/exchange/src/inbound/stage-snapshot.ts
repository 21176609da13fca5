import { setTimeout as pause } from 'node:timers/promises';
import {
  bucketOf,
  createDigest,
  type Digest,
  type LoadedFile,
  memberKey,
  type SnapshotManifest,
} from '@mra/exchange-protocol';
import { inChunks } from '@mra/registry';
import { sql } from 'kysely';
import { type Exchange, PartnerUnreachable } from '../context.ts';
import { inExchange } from '../in-exchange.ts';
import type { Partner } from '../partners.ts';
import { checkSnapshotLine, keyOf, type StagedLine } from './check-snapshot-line.ts';
import { readFileLines } from './snapshot-file-lines.ts';
import { UnexpectedAnswer } from './snapshot-reasons.ts';

/** Lines that share one statement, and characters after which fewer do. */
const BATCH = { lines: 500, characters: 4 * 1_048_576 };

/** A file that breaks off is asked for again, after a second and after three. */
const WAITS_MS = [1000, 3000];

/** Older loads belong to a process that is gone: one of a million members takes 25 minutes. */
const ABANDONED_AFTER_HOURS = 6;

/** A snapshot that has been put aside: nothing of it is applied. */
export interface StagedSnapshot {
  readonly loadId: string;
  readonly files: readonly LoadedFile[];
  /** Of what has been put aside. */
  readonly digest: Pick<Digest, 'count' | 'hash'>;
  /** Lines of members that are in none of the buckets of the manifest. */
  readonly elsewhere: number;
  /** Members that are named more than once. */
  readonly twice: number;
}

/**
 * Fetches the files of a snapshot, one after the other, and puts their lines aside in a table; memory is that of one batch. A file that
 * breaks off three times is left out, and with it the snapshot is refused. `removeStaged` ends it.
 */
export async function stageSnapshot(
  exchange: Exchange,
  partner: Partner,
  manifest: SnapshotManifest,
  signal?: AbortSignal,
): Promise<StagedSnapshot> {
  const loadId = await openLoad(exchange, partner);
  try {
    const files: LoadedFile[] = [];
    const state: Staging = { exchange, partner, manifest, loadId, signal, ordinal: 0, elsewhere: 0 };
    for (const file of manifest.files) {
      const loaded = await stageFile(state, file);
      if (loaded !== null) files.push(loaded);
      else break;
    }
    return { loadId, files, elsewhere: state.elsewhere, ...(await examine(exchange, loadId, manifest)) };
  } catch (error) {
    await removeStaged(exchange, loadId).catch(() => undefined);
    throw error;
  }
}

export async function removeStaged({ db }: Exchange, loadId: string): Promise<void> {
  await inExchange(db, (tx) => tx.deleteFrom('snapshot_load').where('id', '=', loadId).execute());
}

interface Staging {
  readonly exchange: Exchange;
  readonly partner: Partner;
  readonly manifest: SnapshotManifest;
  readonly loadId: string;
  readonly signal: AbortSignal | undefined;
  ordinal: number;
  elsewhere: number;
}

async function openLoad({ db }: Exchange, { code }: Partner): Promise<string> {
  return inExchange(db, async (tx) => {
    await sql`
      delete from snapshot_load
       where started_at < clock_timestamp() - make_interval(hours => ${ABANDONED_AFTER_HOURS})`.execute(tx);
    const { id } = await tx
      .insertInto('snapshot_load')
      .values({ partner: code })
      .returning('id')
      .executeTakeFirstOrThrow();
    return id;
  });
}

type ManifestFile = SnapshotManifest['files'][number];

async function stageFile(state: Staging, file: ManifestFile): Promise<LoadedFile | null> {
  const before = { ordinal: state.ordinal, elsewhere: state.elsewhere };
  for (let attempt = 0; ; attempt += 1) {
    try {
      return await stageOnce(state, file);
    } catch (error) {
      state.signal?.throwIfAborted();
      if (!isTransport(error)) throw error;
      const wait = WAITS_MS[attempt];
      const { code } = state.partner;
      state.exchange.log.warn(
        { partner: code, attempt, reason: (error as Error).message },
        'a snapshot file broke off',
      );
      if (wait === undefined) return null;
      await removeAfter(state, before.ordinal);
      Object.assign(state, before);
      await pause(wait, undefined, state.signal === undefined ? {} : { signal: state.signal });
    }
  }
}

/** What the connection or the partner did; a failure of our own database is none. */
const isTransport = (error: unknown): boolean =>
  [PartnerUnreachable, UnexpectedAnswer, BrokenOff].some((kind) => error instanceof kind);

class BrokenOff extends Error {}

async function stageOnce(state: Staging, { url, recordCount }: ManifestFile): Promise<LoadedFile> {
  const { exchange, partner, signal } = state;
  const response = await exchange.client.open(partner, {
    method: 'GET',
    url,
    accept: 'application/x-ndjson',
    ...(signal && { signal }),
  });
  if (response.status !== 200 || response.body === null) {
    await response.body?.cancel();
    throw new UnexpectedAnswer('fetching a file of a snapshot', response);
  }
  const file = readFileLines(received(response.body));
  let count = 0;
  let batch: (StagedLine & { readonly ordinal: number })[] = [];
  let characters = 0;
  let writing = Promise.resolve();
  const flush = async (): Promise<void> => {
    const lines = batch;
    [batch, characters] = [[], 0];
    await writing;
    // The next lines are read while these are written.
    writing = writeLines(state, lines);
    writing.catch(() => undefined);
  };
  for await (const texts of file.groups) {
    for (const text of texts) {
      count += 1;
      const line = text === null ? null : checkSnapshotLine(text);
      if (line === null) continue;
      if (!isWanted(state.manifest, line)) state.elsewhere += 1;
      state.ordinal += 1;
      batch.push({ ...line, ordinal: state.ordinal });
      characters += text?.length ?? 0;
    }
    if (batch.length >= BATCH.lines || characters >= BATCH.characters) await flush();
    // It is refused anyway, and a file without end would fill the disk.
    if (count > recordCount) break;
  }
  await flush();
  await writing;
  return { url, sha256: file.sum(), recordCount: count };
}

async function* received(body: ReadableStream<Uint8Array>): AsyncGenerator<Uint8Array> {
  const reader = body.getReader();
  try {
    for (;;) {
      const { done, value } = await reader.read().catch((cause) => {
        throw new BrokenOff('the connection broke off', { cause });
      });
      if (done) return;
      yield value;
    }
  } finally {
    await reader.cancel().catch(() => undefined);
  }
}

function isWanted({ buckets, digest }: SnapshotManifest, line: StagedLine): boolean {
  return buckets === null || buckets.includes(bucketOf(keyOf(line), digest.buckets.length));
}

async function writeLines(
  { exchange, loadId }: Staging,
  lines: readonly (StagedLine & { readonly ordinal: number })[],
): Promise<void> {
  if (lines.length === 0) return;
  const content = JSON.stringify(lines.map((line) => ({ load_id: loadId, ...line })));
  await inExchange(exchange.db, (tx) =>
    sql`insert into snapshot_load_line select * from jsonb_populate_recordset(null::snapshot_load_line, ${content}::jsonb)`.execute(
      tx,
    ),
  );
}

async function removeAfter({ exchange, loadId }: Staging, ordinal: number): Promise<void> {
  await inExchange(exchange.db, (tx) =>
    tx.deleteFrom('snapshot_load_line').where('load_id', '=', loadId).where('ordinal', '>', ordinal).execute(),
  );
}

/** The digest of what is really there, and whom it names twice. */
async function examine({ db }: Exchange, loadId: string, manifest: SnapshotManifest) {
  await sql`analyze snapshot_load_line`.execute(db);
  return inExchange(db, async (tx) => {
    await sql`set local jit = off`.execute(tx);
    const gathering = createDigest({ buckets: manifest.digest.buckets.length });
    const lines = sql<{ programme: string; number: string; hash: string }>`
      select programme, number, hash from snapshot_load_line where load_id = ${loadId}`;
    for await (const chunk of inChunks(tx, lines, 1000)) {
      for (const { hash, ...member } of chunk) gathering.add({ key: memberKey(member), hash });
    }
    const { rows } = await sql<{ twice: number }>`
      select count(*) as twice
        from (select from snapshot_load_line where load_id = ${loadId} group by programme, number having count(*) > 1) d`.execute(
      tx,
    );
    const { count, hash } = gathering.result();
    return { digest: { count, hash }, twice: rows[0]?.twice ?? 0 };
  });
}
