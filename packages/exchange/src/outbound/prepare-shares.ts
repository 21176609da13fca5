import { type CanonicalRecord, recordHash } from '@mra/exchange-protocol';
import { addSeconds, type Instant } from '@mra/recognition';
import { sql } from 'kysely';
import type { Exchange } from '../context.ts';
import { inExchange } from '../in-exchange.ts';
import { report } from '../reports.ts';

/** Members in one transaction: writers wait for one that sweeps, no longer than some 50 ms. */
const AT_ONCE = 500;

/** All questions of one comparison fall into it, so that what stands in the registry is looked at once for each. */
const CHECK_HOLDS_SECONDS = 300;

/** More would make a report long without saying more. */
const REPORTED_MAX = 20;

export interface PrepareOptions {
  /** Whether every share must have its hash. */
  readonly hashed?: boolean;
  /** Gives up at this moment of `performance.now()`; the next call goes on from there. */
  readonly deadline?: number;
  readonly signal?: AbortSignal;
}

/**
 * Sees that what the partner of a stream was told last is what it should be told now: sweeps that are under way, members whose time has
 * come, and rows that somebody changed by hand, which are compared in sets (`check_shares`, db/migrations/0013) unless they were a few
 * minutes ago. What was told otherwise becomes events, and is logged and reported: no recording had made it so.
 * @returns false where time ran out
 */
export async function prepareShares(
  exchange: Exchange,
  streamId: string,
  { hashed = false, deadline = Number.POSITIVE_INFINITY, signal }: PrepareOptions,
): Promise<boolean> {
  const checkedSince: Instant = addSeconds(exchange.now(), -CHECK_HOLDS_SECONDS);
  const inTime = (): boolean => {
    signal?.throwIfAborted();
    return performance.now() < deadline;
  };
  const repeat = async (step: () => Promise<boolean>): Promise<boolean> => {
    while (inTime()) if (await step()) return true;
    return false;
  };
  const call = (query: ReturnType<typeof sql<{ done: boolean }>>) => async (): Promise<boolean> => {
    const { rows } = await inExchange(exchange.db, (tx) => query.execute(tx));
    return rows[0]?.done ?? true;
  };
  const refreshDue = call(sql`select refresh_due_shares(${AT_ONCE}) < ${AT_ONCE} as done`);
  return (
    (await repeat(call(sql`select sweep_stream(${streamId}, ${AT_ONCE}) as done`))) &&
    // Before, so that what is found is not what time has changed; and after, since it takes its time.
    (await repeat(refreshDue)) &&
    (await repeat(() => checkShares(exchange, streamId, checkedSince))) &&
    (await repeat(refreshDue)) &&
    (!hashed || (await repeat(() => hashShares(exchange, streamId))))
  );
}

/** Compares some members with what was told of them; returns whether those were the last ones. */
async function checkShares({ db, log }: Exchange, streamId: string, checkedSince: Instant): Promise<boolean> {
  return inExchange(db, async (tx) => {
    const { rows } = await sql<{ partner: string; before: number; done: boolean }>`
      select partner, last_seq as before, check_shares(id, ${AT_ONCE}, ${checkedSince}) as done
        from stream where id = ${streamId}`.execute(tx);
    const [checked] = rows;
    if (checked === undefined) return true;
    const { partner, before, done } = checked;
    // Of this very transaction: others write events meanwhile.
    const { rows: events } = await sql<{ seq: number; event: string; programme: string; number: string }>`
      select o.seq, o.event, coalesce(o.payload -> 'record', o.payload -> 'member') ->> 'programme' as programme,
             coalesce(o.payload -> 'record', o.payload -> 'member') ->> 'number' as number
        from outbox o
       where o.stream_id = ${streamId} and o.seq > ${before} and o.txn like 'check:%' and o.xmin = pg_current_xact_id()::xid
       order by o.seq`.execute(tx);
    if (events.length > 0) {
      log.warn({ partner, streamId, seqs: events.map(({ seq }) => seq) }, 'the partner had been told something else');
      const detail = { streamId, events: events.length, first: events.slice(0, REPORTED_MAX) };
      await report(tx, partner, 'shares_repaired', detail);
    }
    return done;
  });
}

/** Keeps the hashes of some shares that have none; returns whether that were the last ones. */
async function hashShares({ db }: Exchange, streamId: string): Promise<boolean> {
  return inExchange(db, async (tx) => {
    // Whoever changes a share just now takes its hash away anyway, and is not waited for.
    const { rows } = await sql<{ id: number; record: CanonicalRecord }>`
      select membership_id as id, record from share
       where stream_id = ${streamId} and hash is null limit ${sql.lit(AT_ONCE)} for update skip locked`.execute(tx);
    await sql`
      update share s set hash = h.hash
        from unnest(${rows.map(({ id }) => id)}::bigint[], ${rows.map(({ record }) => recordHash(record))}::text[]) as h (id, hash)
       where s.stream_id = ${streamId} and s.membership_id = h.id`.execute(tx);
    return rows.length < AT_ONCE;
  });
}
