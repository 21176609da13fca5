import { type Exchange, inExchange } from '@mra/exchange';
import { sql } from 'kysely';

/** How long a turn lasts without being renewed: a worker that died is waited for no longer. */
const TURN_SECONDS = 5;

/** Whether this worker may now receive from a partner: of several, one does, until it gives its turn back or dies. */
export async function takeTurn({ db }: Exchange, partner: string, worker: string): Promise<boolean> {
  const { rows } = await inExchange(db, (tx) =>
    sql`
      insert into inbound_turn (partner, worker, until)
      values (${partner}, ${worker}, clock_timestamp() + make_interval(secs => ${TURN_SECONDS}))
      on conflict (partner) do update set worker = excluded.worker, until = excluded.until
       where inbound_turn.worker = excluded.worker or inbound_turn.until < clock_timestamp()
      returning partner`.execute(tx),
  );
  return rows.length > 0;
}

/** Renews the turns of a worker; to be called well within their time. */
export async function keepTurns({ db }: Exchange, worker: string): Promise<void> {
  await inExchange(db, (tx) =>
    sql`update inbound_turn set until = clock_timestamp() + make_interval(secs => ${TURN_SECONDS})
         where worker = ${worker}`.execute(tx),
  );
}

export async function giveTurnsBack({ db }: Exchange, worker: string): Promise<void> {
  await inExchange(db, (tx) => sql`delete from inbound_turn where worker = ${worker}`.execute(tx));
}
