import type { ExchangeReport, Partner as PartnerOverview } from '@mra/contracts';
import { type StreamStatus, statusOf } from '@mra/exchange-protocol';
import type { Instant } from '@mra/recognition';
import type { DB } from '@mra/registry';
import { sql, type Transaction } from 'kysely';

type Inbound = PartnerOverview['inbound'];
type Outbound = NonNullable<PartnerOverview['outbound']>;

interface Row {
  code: string;
  administrations: string[];
  actsAs: string;
  issuer: string;
  receiveBy: PartnerOverview['receiveBy'];
  cadenceSeconds: number;
  heardAt: Instant | null;
  staleFrom: Instant | null;
  fresh: boolean;
  quarantined: number;
  inbound: Omit<Inbound, 'lagEvents'>;
  outbound: (Omit<Outbound, 'status'> & Record<'wantedTransmitter' | 'wantedReceiver', StreamStatus>) | null;
}

/**
 * The state of the exchange with partners, by code: how fresh their copies are, how far both directions have got, and what failed. Needs
 * a transaction of the exchange.
 * @param filter one partner, or those after a code
 */
export async function readPartnerOverviews(
  tx: Transaction<DB>,
  { code, after, limit }: { readonly code?: string; readonly after?: string; readonly limit: number },
): Promise<readonly PartnerOverview[]> {
  const { rows } = await sql<Row>`
    with now as (select now_in_milliseconds() as at)
    select p.code, p.administrations, p.acts_as as "actsAs", p.issuer, p.receive_by as "receiveBy", p.cadence_seconds as "cadenceSeconds",
           i.heard_at as "heardAt", f.stale_from as "staleFrom", coalesce(f.stale_from > now.at, false) as fresh,
           (select count(*) from quarantine q where q.partner = p.code and q.state = 'open') as quarantined,
           jsonb_build_object(
             'streamId', i.stream_id, 'lastSequence', i.last_applied, 'newestSequence', greatest(i.newest_seq, i.last_applied),
             'lagSeconds', ${secondsSince('w.oldest')}, 'waiting', w.waiting, 'needsSnapshot', i.needs_snapshot,
             'snapshotReason', i.snapshot_reason, 'comparedAt', instant(i.compared_at), 'failures', i.failures,
             'nextAttemptAt', instant(i.next_attempt_at), 'lastError', i.last_error, 'lastErrorAt', instant(i.last_error_at)) as inbound,
           case when s.id is not null then jsonb_build_object(
             'streamId', s.id, 'wantedTransmitter', s.wanted_transmitter, 'wantedReceiver', s.wanted_receiver,
             'lastSequence', s.last_seq, 'undelivered', o.undelivered, 'lagSeconds', ${secondsSince('o.oldest')}, 'attempts', s.attempts,
             'nextAttemptAt', instant(s.next_attempt_at), 'lastDeliveryAt', instant(s.last_delivery_at),
             'lastError', s.last_error, 'lastErrorAt', instant(s.last_error_at)) end as outbound
      from now
      join partner p on p.is_registered
      join inbound_stream i on i.partner = p.code
      left join stream s on s.partner = p.code
      cross join lateral (
        select count(*) as waiting, min(e.received_at) as oldest from inbound_event e where e.partner = p.code and e.waiting is not null) w
      cross join lateral (
        select count(*) as undelivered, min(b.committed_at) as oldest from outbox b where b.stream_id = s.id and b.settled_at is null) o
      cross join lateral (
        -- As answers see it; null when one of its administrations was never heard.
        select case when count(y.stale_from) = cardinality(p.administrations) then min(y.stale_from) end as stale_from
          from unnest(p.administrations) a (administration)
          left join lateral (
            select x.synchronised_at + make_interval(secs => x.max_age_seconds) as stale_from
              from synchronisation x where x.administration = a.administration and x.programme is null
             order by x.recorded_at desc limit 1) y on true) f
     where (${code ?? null}::text is null or p.code = ${code ?? null}) and (${after ?? null}::text is null or p.code > ${after ?? null})
     order by p.code
     limit ${limit}`.execute(tx);
  return rows.map(toOverview);
}

/** The last reports about a partner, newest first. Needs a transaction of the exchange. */
export async function readReports(
  tx: Transaction<DB>,
  partner: string,
  { limit }: { readonly limit: number },
): Promise<readonly ExchangeReport[]> {
  const { rows } = await sql<ExchangeReport>`
    select r.reported_at as "reportedAt", r.kind, r.detail
      from exchange_report r where r.partner = ${partner} order by r.id desc limit ${limit}`.execute(tx);
  return rows;
}

const secondsSince = (moment: string) =>
  sql`greatest(0, coalesce(floor(extract(epoch from now.at - ${sql.ref(moment)})), 0))`;

function toOverview({ inbound, outbound, ...row }: Row): PartnerOverview {
  const { newestSequence, lastSequence } = inbound;
  const errors = [inbound, outbound].flatMap((side) =>
    side?.lastErrorAt == null ? [] : [{ lastError: side.lastError, lastErrorAt: side.lastErrorAt }],
  );
  const last = errors.toSorted((a, b) => (a.lastErrorAt < b.lastErrorAt ? 1 : -1))[0];
  return {
    ...row,
    lastError: printable(last?.lastError ?? null),
    lastErrorAt: last?.lastErrorAt ?? null,
    inbound: {
      ...inbound,
      lagEvents: newestSequence - lastSequence,
      snapshotReason: printable(inbound.snapshotReason),
      lastError: printable(inbound.lastError),
    },
    outbound: outbound === null ? null : toOutbound(outbound),
  };
}

function toOutbound({ wantedTransmitter, wantedReceiver, ...stream }: NonNullable<Row['outbound']>): Outbound {
  const status = statusOf({ wanted: { transmitter: wantedTransmitter, receiver: wantedReceiver } });
  return { ...stream, status, lastError: printable(stream.lastError) };
}

/** Words of partners may be in it. */
const printable = (text: string | null): string | null =>
  text === null ? null : text.replace(/\p{Cc}/gu, ' ').slice(0, 2000);
