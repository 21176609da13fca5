import { type Exchange, inExchange, readRequestedSnapshots } from '@mra/exchange';
import { sql } from 'kysely';

export interface DueJob {
  readonly name: 'build-snapshot' | 'load-snapshot' | 'compare-digest';
  /** Id of the snapshot, or code of the partner. */
  readonly subject: string;
}

/** How often both sides compare what they hold. A change that was lost in spite of everything is put right within that time. */
const COMPARE_MINUTES = 15;

/** What is to be done now, also where somebody is at it already. */
export async function findDueJobs(exchange: Exchange): Promise<readonly DueJob[]> {
  const snapshots = await readRequestedSnapshots(exchange);
  const { rows } = await inExchange(exchange.db, (tx) =>
    sql<{ partner: string; load: boolean; compare: boolean }>`
      select i.partner,
             i.needs_snapshot and coalesce(i.snapshot_after <= clock_timestamp(), true) as load,
             not i.needs_snapshot and i.heard_at is not null
               and coalesce(i.compared_at <= clock_timestamp() - make_interval(mins => ${COMPARE_MINUTES}), true) as compare
        from inbound_stream i
        join partner p on p.code = i.partner
       where i.stream_id is not null and p.is_registered and p.receive_by <> 'nothing'
       order by i.partner`.execute(tx),
  );
  return [
    ...snapshots.map((subject): DueJob => ({ name: 'build-snapshot', subject })),
    ...rows.filter(({ load }) => load).map(({ partner }): DueJob => ({ name: 'load-snapshot', subject: partner })),
    ...rows
      .filter(({ compare }) => compare)
      .map(({ partner }): DueJob => ({ name: 'compare-digest', subject: partner })),
  ];
}
