import { setTimeout as pause } from 'node:timers/promises';
import pg from 'pg';
import type { BenchNode } from './nodes.ts';

/** Instants of a first load, in milliseconds since 1970, by the clock of the machine. */
export interface LoadTimes {
  /** The stream was made. */
  readonly begun: number;
  /** The sender knew of each member whether it is told. */
  readonly swept: number;
  readonly built: number;
  /** The first file was asked for. */
  readonly fetching: number;
  /** The last line had been put aside. */
  readonly staged: number;
  /** The first thousand were there. */
  readonly applying: number;
  /** The last recording was written. */
  readonly committed: number;
  /** From when on questions are answered by it. */
  readonly known: number;
}

interface Sent {
  readonly begun: number | null;
  readonly is_swept: boolean;
  readonly built: number | null;
}

interface Received {
  readonly needs_snapshot: boolean;
  readonly fetching: number | null;
  readonly lines: string | null;
  readonly has_some: boolean;
}

const MILLISECONDS = (column: string) => `(extract(epoch from ${column}) * 1000)::float8`;

const SENT = `
  select ${MILLISECONDS('s.created_at')} as begun, s.swept_to is null as is_swept,
         (select ${MILLISECONDS('min(x.ready_at)')} from snapshot x where x.stream_id = s.id) as built
    from stream s`;

const RECEIVED = `
  select i.needs_snapshot, ${MILLISECONDS('l.started_at')} as fetching,
         (select max(ordinal) from snapshot_load_line where load_id = l.id) as lines,
         exists (select from copy where record is not null) as has_some
    from inbound_stream i left join snapshot_load l on l.partner = i.partner`;

const LOOK_EVERY_MS = 100;

/**
 * Watches the first load of `jp` from `eu` until it is known, by two small queries ten times a second.
 * @throws Error when it is not complete within the time
 */
export async function watchLoad(eu: BenchNode, jp: BenchNode, members: number, withinMs: number): Promise<LoadTimes> {
  const [sender, receiver] = await Promise.all([connected(eu.databaseUrl), connected(jp.databaseUrl)]);
  const seen: { -readonly [Name in keyof LoadTimes]?: number } = {};
  const deadline = Date.now() + withinMs;
  try {
    for (;;) {
      const now = Date.now();
      const [sent] = (await sender.query<Sent>(SENT)).rows;
      const [received] = (await receiver.query<Received>(RECEIVED)).rows;
      if (sent?.begun != null) seen.begun ??= sent.begun;
      if (sent?.is_swept) seen.swept ??= now;
      if (sent?.built != null) seen.built ??= sent.built;
      if (received?.fetching != null) seen.fetching ??= received.fetching;
      if (Number(received?.lines) >= members) seen.staged ??= now;
      if (received?.has_some) seen.applying ??= now;
      if (received !== undefined && !received.needs_snapshot) {
        seen.committed = now;
        break;
      }
      if (now > deadline) throw new Error(`the first load is not complete: ${JSON.stringify({ ...seen, received })}`);
      await pause(LOOK_EVERY_MS);
    }
    const { rows } = await receiver.query<{ count: string; known: number }>(
      `select count(*) as count, ${MILLISECONDS('max(lower(r.known))')} as known
         from copy c join membership_record r on r.membership_id = c.membership_id where c.record is not null and upper_inf(r.known)`,
    );
    if (Number(rows[0]?.count) !== members) throw new Error(`${rows[0]?.count} members arrived of ${members}`);
    const [begun, known] = [seen.begun ?? 0, rows[0]?.known ?? 0];
    while (Date.now() < known) await pause(known - Date.now() + 1);
    // The job behind it cleans up; one that is ended before is done again.
    const isOver =
      'select compared_at is not null and not exists (select from snapshot_load) as over from inbound_stream';
    while (!(await receiver.query<{ over: boolean }>(isOver)).rows[0]?.over) await pause(LOOK_EVERY_MS);
    const order = ['swept', 'built', 'fetching', 'staged', 'applying', 'committed'] as const;
    // What was over between two looks ended when the next step began at the latest.
    let before = begun;
    for (const name of order) before = seen[name] = Math.max(before, seen[name] ?? before);
    return { ...(seen as LoadTimes), begun, known: Math.max(known, before) };
  } finally {
    await Promise.all([sender.end(), receiver.end()]);
  }
}

async function connected(url: string): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: url, options: '-c timezone=UTC', application_name: 'bench' });
  await client.connect();
  return client;
}
