import { setTimeout as delay } from 'node:timers/promises';
import type { Instant } from '@mra/recognition';
import { sql, type Transaction } from 'kysely';
import { SERVICE_ROLE } from './connection-proof.ts';
import type { DB } from './database.ts';
import type { Database } from './pool.ts';
import { createTurns } from './turns.ts';

/** Who writes or reads, as far as row-level security is concerned. */
export interface Actor {
  readonly client: string;
  /** The administration acted for; null sees and writes no member. */
  readonly administration: string | null;
  /** Loads a partner's list in the partner's name. */
  readonly copies?: boolean;
  /** Does the exchange's own work, for all partners. */
  readonly exchange?: boolean;
  /** The administration is one of this deployment: it reads the copies that were received for it. */
  readonly home?: boolean;
}

/**
 * One recording writes, the next wait for its lock in the database. More would gain nothing, and while a long list is loaded they would
 * take every connection of the pool from those who only read.
 */
const inTurn = createTurns(3);

/** An open change: everything written through it becomes known at one instant, together or not at all. */
export interface Recording {
  readonly tx: Transaction<DB>;
  readonly recordedAt: Instant;
  readonly actor: Actor;
}

/** Thrown by a long recording that did not finish before the instant it had announced. Nothing was written. */
export class RecordingTooSlow extends Error {}

/** Thrown when others write for longer than one has patience, or have announced something for later than that. Nothing was written. */
export class WritersBusy extends Error {
  /** When it may be tried again: exactly, or a guess. */
  readonly retryAfterSeconds: number;
  constructor(retryAfterSeconds: number, options?: ErrorOptions) {
    super('other writers take too long', options);
    this.retryAfterSeconds = retryAfterSeconds;
  }
}

export interface RecordOptions {
  /** For long loads: becomes known that much later, so that no reader has to wait for the load. */
  readonly aheadSeconds?: number;
  /** false: returns when it is written; for parts of one piece of work, of which the last one waits for all. */
  readonly awaitKnown?: boolean;
  /** For how long others may hold it up until it is known; without end when left out. */
  readonly patienceSeconds?: number;
}

/**
 * Runs `work` in one transaction as the one writer, and returns when what it wrote is known to every reader.
 * @throws whatever `work` throws; then nothing is written. RecordingTooSlow when `aheadSeconds` were too few; WritersBusy.
 */
export async function record<T>(
  db: Database,
  actor: Actor,
  work: (recording: Recording) => Promise<T>,
  { aheadSeconds = 0, awaitKnown = true, patienceSeconds = Number.POSITIVE_INFINITY }: RecordOptions = {},
): Promise<T> {
  let known = 0;
  const until = performance.now() + patienceSeconds * 1000;
  const transaction = () =>
    db.transaction().execute(async (tx) => {
      await actAs(tx, actor);
      const { recordedAt, wait } = await begin(tx, aheadSeconds, until);
      known = performance.now() + wait;
      const value = await work({ tx, recordedAt, actor });
      if (aheadSeconds > 0) {
        const finished = await sql<{ in_time: boolean }>`select finish_recording(${recordedAt}) as in_time`.execute(tx);
        if (!first(finished.rows).in_time) throw new RecordingTooSlow();
      }
      return value;
    });
  const result = await inTurn(db, transaction);
  const remaining = known - performance.now();
  if (awaitKnown && remaining > 0) await delay(Math.ceil(remaining));
  return result;
}

/** Begins a recording, waiting for other writers until a moment of `performance.now()`; in milliseconds, how far ahead its instant is. */
async function begin(
  tx: Transaction<DB>,
  aheadSeconds: number,
  until: number,
): Promise<{ readonly recordedAt: Instant; readonly wait: number }> {
  const left = () => Math.max(1, Math.ceil(until - performance.now()));
  // Perhaps it waited for its turn within this process for as long.
  if (performance.now() >= until) throw new WritersBusy(UNKNOWN_SECONDS);
  if (until < Number.POSITIVE_INFINITY)
    await sql`select set_config('lock_timeout', ${String(left())}, true)`.execute(tx);
  const { rows } = await sql<{ recorded_at: Instant; wait: number }>`
    select r.recorded_at, (extract(epoch from r.recorded_at - clock_timestamp()) * 1000)::float8 as wait
      from (select begin_recording(make_interval(secs => ${aheadSeconds})) as recorded_at) r`
    .execute(tx)
    .catch((cause) => {
      throw (cause as { code?: unknown }).code === LOCK_NOT_AVAILABLE
        ? new WritersBusy(UNKNOWN_SECONDS, { cause })
        : cause;
    });
  const { recorded_at: recordedAt, wait } = first(rows);
  if (wait > left()) throw new WritersBusy(Math.ceil(wait / 1000));
  return { recordedAt, wait };
}

const LOCK_NOT_AVAILABLE = '55P03';

/** Nobody knows how long a list goes on that is being written. */
const UNKNOWN_SECONDS = 30;

/**
 * Reads with the rights of an actor: row-level security hides what it may not know.
 * `work` gets the database's clock, read when every change up to then was there to be seen: what is read as known at that instant or
 * an earlier one will read the same for ever.
 */
export async function readAs<T>(
  db: Database,
  actor: Actor,
  work: (tx: Transaction<DB>, now: Instant) => Promise<T>,
): Promise<T> {
  // Before the transaction, so that a long read holds up no writer.
  const { rows } = await sql<{ now: Instant }>`select settled_now() as now`.execute(db);
  const { now } = first(rows);
  return db
    .transaction()
    .setAccessMode('read only')
    .execute(async (tx) => {
      const present = await actAs(tx, actor);
      return work(tx, present ?? now);
    });
}

/**
 * Within a recording, acts for another administration: a hub's seed load writes the members of many.
 * @returns on a streaming replica, the instant up to which whatever was known is there for the rest of the transaction; else null
 */
export async function actAs(
  tx: Transaction<DB>,
  { administration, copies = false, exchange = false, home = false }: Omit<Actor, 'client'>,
): Promise<Instant | null> {
  // The role as well: behind a pooler the connection may have been left in another.
  const { rows } = await sql<{ replica_now: Instant | null }>`
    select set_config('role', ${SERVICE_ROLE}, true),
           set_config('mra.administration', ${administration ?? ''}, true),
           set_config('mra.copies', ${copies ? 'on' : ''}, true),
           set_config('mra.exchange', ${exchange ? 'on' : ''}, true),
           set_config('mra.home', ${home ? 'on' : ''}, true),
           case when pg_is_in_recovery() then now_in_milliseconds() end as replica_now`.execute(tx);
  return first(rows).replica_now;
}

/** Appends an entry to the change log and returns its number. */
export async function appendChange(
  { tx, recordedAt, actor }: Recording,
  entry: {
    readonly administration: string | null;
    readonly subject: string;
    readonly id: string;
    readonly changesNetwork?: boolean;
    readonly payload: unknown;
  },
): Promise<number> {
  const { rows } = await sql<{ seq: number }>`
    select append_change(${recordedAt}, ${actor.client}, ${entry.administration}, ${entry.subject}, ${entry.id},
                         ${entry.changesNetwork ?? false}, ${JSON.stringify(entry.payload)}::jsonb) as seq`.execute(tx);
  return first(rows).seq;
}

export function first<T>(rows: readonly T[]): T {
  const row = rows[0];
  if (row === undefined) throw new Error('a query that always gives a row gave none');
  return row;
}
