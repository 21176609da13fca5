import { type Exchange, inExchange, pruneSnapshots } from '@mra/exchange';
import { sql } from 'kysely';

/** A partner that asks again for what it missed finds this much; after that it loads a snapshot. */
const OUTBOX_DAYS = 7;
/** Of events in their sequence: one that comes again later is known by its `seq`. */
const INBOUND_DAYS = 30;
const REPORT_DAYS = 90;
/** Rows of one statement: locks and log stay small. */
const AT_ONCE = 10_000;

/** Removes what nobody needs any more; what is not settled stays, however old. */
export async function prune(exchange: Exchange, signal: AbortSignal): Promise<void> {
  const removed = {
    snapshots: await pruneSnapshots(exchange),
    events: await inPieces(
      exchange,
      signal,
      sql`
      delete from outbox where ctid = any (array(
        select ctid from outbox where settled_at < clock_timestamp() - make_interval(days => ${OUTBOX_DAYS}) limit ${AT_ONCE}))
      returning 1`,
    ),
    received: await inPieces(
      exchange,
      signal,
      sql`
      delete from inbound_event where ctid = any (array(
        select e.ctid from inbound_event e join inbound_stream s on s.partner = e.partner
         where e.received_at < clock_timestamp() - make_interval(days => ${INBOUND_DAYS})
           and e.seq <= s.last_applied and e.waiting is null limit ${AT_ONCE}))
      returning 1`,
    ),
    reports: await inPieces(
      exchange,
      signal,
      sql`
      delete from exchange_report where ctid = any (array(
        select ctid from exchange_report
         where reported_at < clock_timestamp() - make_interval(days => ${REPORT_DAYS}) limit ${AT_ONCE}))
      returning 1`,
    ),
  };
  exchange.log.info(removed, 'exchange pruned');
}

async function inPieces({ db }: Exchange, signal: AbortSignal, statement: ReturnType<typeof sql>): Promise<number> {
  let removed = 0;
  for (;;) {
    signal.throwIfAborted();
    const { rows } = await inExchange(db, (tx) => statement.execute(tx));
    removed += rows.length;
    if (rows.length < AT_ONCE) return removed;
  }
}
