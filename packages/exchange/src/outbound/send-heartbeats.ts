import { randomUUID } from 'node:crypto';
import { heartbeatDueAt } from '@mra/exchange-protocol';
import type { Instant } from '@mra/recognition';
import type { DB } from '@mra/registry';
import { type SqlBool, sql, type Transaction } from 'kysely';
import type { Exchange } from '../context.ts';
import { inExchange } from '../in-exchange.ts';
import { appendStreamEvent } from './outbox.ts';

/**
 * Puts a verification event into each enabled stream that has had nothing to say for half its partner's cadence, so that silence is
 * never taken for failure. Nobody asked for it, so it has no `state` (SSF 1.0 section 8.1.4.2). Where an event still waits for its
 * delivery another would tell nothing.
 * @returns how many were put in; of several processes one does it
 */
export async function sendHeartbeats(exchange: Exchange): Promise<number> {
  const quiet = await inExchange(exchange.db, (tx) => findQuiet(exchange, tx, null));
  let sent = 0;
  for (const streamId of quiet) {
    sent += await inExchange(exchange.db, async (tx) => {
      // Somebody who holds the row is writing an event.
      const locked = await tx
        .selectFrom('stream')
        .select('id')
        .where('id', '=', streamId)
        .forUpdate()
        .skipLocked()
        .executeTakeFirst();
      if (locked === undefined || (await findQuiet(exchange, tx, streamId)).length === 0) return 0;
      await appendStreamEvent(tx, streamId, 'verification', {}, `heartbeat:${randomUUID()}`);
      return 1;
    });
  }
  return sent;
}

async function findQuiet({ now }: Exchange, tx: Transaction<DB>, streamId: string | null): Promise<readonly string[]> {
  const { rows } = await sql<{ id: string; cadence: number; last_sent_at: Instant }>`
    select s.id, p.cadence_seconds as cadence, greatest(s.created_at, o.committed_at) as last_sent_at
      from stream s
      join partner p on p.code = s.partner
      left join lateral (select committed_at from outbox where stream_id = s.id order by seq desc limit 1) o on true
     where s.wanted_transmitter = 'enabled' and s.wanted_receiver = 'enabled'
       and ${streamId === null ? sql<SqlBool>`true` : sql<SqlBool>`s.id = ${streamId}`}
       and not exists (select from outbox u where u.stream_id = s.id and u.settled_at is null)`.execute(tx);
  const moment = now();
  return rows.filter((row) => heartbeatDueAt(row.last_sent_at, row.cadence) <= moment).map(({ id }) => id);
}
