import { PUSH } from '@mra/exchange-protocol';
import { sql } from 'kysely';
import type { Exchange } from '../context.ts';
import { inExchange } from '../in-exchange.ts';

/** Streams that are pushed and have an event whose time has come: `deliverStream` would send one now, unless somebody is at it. */
export async function readDueStreams({ db, now }: Exchange): Promise<readonly string[]> {
  const { rows } = await inExchange(db, (tx) =>
    sql<{ id: string }>`
      select s.id
        from stream s
        cross join lateral (select min(o.seq) as seq from outbox o where o.stream_id = s.id and o.settled_at is null) next
       where s.configuration #>> '{delivery,method}' = ${PUSH}
         and (s.next_attempt_at is null or s.next_attempt_at <= ${now()})
         and next.seq <= case when s.wanted_transmitter = 'enabled' and s.wanted_receiver = 'enabled' then next.seq
                              else s.deliver_through end
       order by s.id`.execute(tx),
  );
  return rows.map(({ id }) => id);
}
