import type { IncomingMessage, ServerResponse } from 'node:http';
import { setTimeout as pause } from 'node:timers/promises';
import {
  buildSnapshot,
  compareDigest,
  createOutboundStream,
  type LoadOptions,
  loadSnapshot,
  pollStream,
  readRequestedSnapshots,
  receiveSets,
  type SnapshotLoaded,
} from '@mra/exchange';
import {
  bucketOf,
  type CanonicalRecord,
  CreateStreamRequest,
  digest,
  memberKey,
  PollRequest,
  recordHash,
  type SnapshotManifest,
} from '@mra/exchange-protocol';
import { createPartneredNodes, type TestNode } from '../support/exchange-nodes.ts';
import { aMember, membersOf } from '../support/members.ts';

/** EU with members, and JP with a stream at EU, from which nothing has been received yet. No worker runs: tests do its work. */
export interface LoadingPair {
  readonly eu: TestNode;
  readonly jp: TestNode;
  readonly streamId: string;
  /** Of EU's own members. */
  readonly members: ReturnType<typeof membersOf>;
  /** Loads a snapshot at JP while EU makes those that are asked for. */
  load(options?: LoadOptions): Promise<SnapshotLoaded>;
  /** Compares what JP holds with what EU tells, while EU makes the snapshots that are asked for. */
  compare(options?: Parameters<typeof compareDigest>[2]): ReturnType<typeof compareDigest>;
  /** Makes what is asked for until the promise settles, as EU's worker does. */
  building<T>(work: Promise<T>): Promise<T>;
  /** JP takes and acknowledges events until there are no more. */
  flow(): Promise<void>;
  /** A question about a member of the EU, as JP asks it. */
  ask(number: string, more?: Readonly<Record<string, string>>): Promise<Record<string, unknown>>;
}

export async function createLoadingPair({
  members: count = 0,
}: {
  readonly members?: number;
} = {}): Promise<LoadingPair> {
  const { eu, jp } = await createPartneredNodes();
  const members = membersOf(eu.api);
  for (let place = 0; place < count; place += 1) await members.put(numberOf(place), aTrader(place));
  const created = await createOutboundStream(eu.exchange, eu.partner, CreateStreamRequest.parse({}));
  if (!created.ok) throw new Error('no stream');
  const streamId = created.configuration.stream_id;
  await jp.database.asOwner('update inbound_stream set stream_id = $1, configuration = $2', [
    streamId,
    JSON.stringify(created.configuration),
  ]);

  const building = async <T>(work: Promise<T>): Promise<T> => {
    let isOver = false;
    const settled = work.finally(() => {
      isOver = true;
    });
    settled.catch(() => undefined);
    while (!isOver) {
      for (const id of await readRequestedSnapshots(eu.exchange)) await buildSnapshot(eu.exchange, id);
      await pause(20);
    }
    return settled;
  };

  return {
    ...{ eu, jp, streamId, members, building },
    load: (options = {}) => building(loadSnapshot(jp.exchange, jp.partner, options)),
    compare: (options = {}) => building(compareDigest(jp.exchange, jp.partner, options)),
    async flow() {
      let ack: string[] = [];
      for (;;) {
        const request = PollRequest.parse({ ack, returnImmediately: true });
        const polled = await pollStream(eu.exchange, 'JP', streamId, request);
        if (!polled.ok) throw new Error(polled.reason);
        const sets = Object.entries(polled.response.sets).map(([jti, compact]) => ({ jti, compact }));
        if (sets.length === 0) return;
        const { receipts } = await receiveSets(jp.exchange, jp.partner, sets);
        ack = receipts.flatMap(({ jti, outcome }) => (jti !== null && outcome !== 'not_kept' ? [jti] : []));
      }
    },
    ask: (number, more = {}) =>
      jp.ask({ recogniser: 'JP', identifier: number, role: 'exporter', flow: 'import', ...more }),
  };
}

export const numberOf = (place: number): string => `DEAEOF${String(10_000_000 + place)}`;

/** The bucket of a digest that a member of EU is in. */
export const bucketOfMember = (number: string): number => bucketOf(`eu-aeo/${number}`);

export const aTrader = (place: number, changes: Readonly<Record<string, unknown>> = {}) =>
  aMember({
    names: [{ name: `Invented Trader ${place} GmbH`, kind: 'legal', language: 'de' }],
    identifiers: [{ scheme: 'eori', value: `DE${100_000_000_000_000 + place}` }],
    ...changes,
  });

/** One row of a query by the owner of a node's tables. */
export async function one<Row>({ database }: TestNode, text: string, values: readonly unknown[] = []): Promise<Row> {
  const { rows } = await database.asOwner(text, values);
  if (rows.length !== 1) throw new Error(`${rows.length} rows`);
  return rows[0];
}

/** Reports of a node, oldest first. */
export async function reportsOf({ database }: TestNode) {
  const { rows } = await database.asOwner('select kind, detail from exchange_report order by id');
  return rows as { kind: string; detail: Record<string, unknown> & { reasons: { code: string }[] } }[];
}

export interface Line {
  readonly agreement: string;
  readonly record: CanonicalRecord;
  readonly communicated?: { readonly from: string | null; readonly to: string | null };
}

/** What EU tells JP now, as lines of a snapshot. */
export async function toldLines({ database }: TestNode): Promise<Line[]> {
  const { rows } = await database.asOwner(`
    select agreement, record, jsonb_build_object('from', instant(lower(communicated)), 'to', instant(upper(communicated))) as communicated
      from share order by membership_id`);
  return rows;
}

/** A snapshot of these lines in files of ten (or of `perFile`), whose manifest is right in everything that is not changed. */
export interface StandIn {
  manifest: SnapshotManifest;
  /** By number, from 1. */
  readonly files: Buffer[];
}

export async function aSnapshotOf(lines: readonly Line[], node: TestNode, seq: number, perFile = 10): Promise<StandIn> {
  const groups = Array.from({ length: Math.ceil(lines.length / perFile) }, (_, group) =>
    lines.slice(group * perFile, (group + 1) * perFile),
  );
  const files = groups.map((group) => Buffer.from(group.map((line) => `${JSON.stringify(line)}\n`).join('')));
  const { createHash } = await import('node:crypto');
  return {
    files,
    manifest: {
      snapshotId: 'stand-in',
      seq,
      asOf: new Date().toISOString(),
      recordCount: lines.length,
      files: files.map((content, index) => ({
        url: `${node.url}/exchange/snapshots/stand-in/files/${index + 1}`,
        sha256: createHash('sha256').update(content).digest('base64url'),
        recordCount: groups[index]?.length ?? 0,
      })),
      digest: digest(lines.map(({ record }) => ({ key: memberKey(record), hash: recordHash(record) }))),
      buckets: null,
    },
  };
}

type Answer = (request: IncomingMessage, response: ServerResponse, file: number | null) => boolean;

/**
 * Lets a node answer with this snapshot in place of its own, over real connections.
 * @param answer answers instead where it gives true; `file`: which file is asked for, null for all else
 */
export function serveInstead(node: TestNode, { manifest, files }: StandIn, answer: Answer = () => false): void {
  node.intercept = (request, response) => {
    const path = request.url ?? '';
    if (!path.startsWith('/exchange/snapshots')) return false;
    const file = Number(/\/files\/(\d+)$/.exec(path)?.[1] ?? 0) || null;
    if (answer(request, response, file)) return true;
    if (request.method === 'POST')
      response.writeHead(202, { 'content-location': '/exchange/snapshots/stand-in' }).end();
    else if (file !== null) response.writeHead(200, { 'content-type': 'application/x-ndjson' }).end(files[file - 1]);
    else response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(manifest));
    return true;
  };
}
