import type { ExchangeReport } from '@mra/contracts';
import type { DB } from '@mra/registry';
import { sql, type Transaction } from 'kysely';

type Kind = ExchangeReport['kind'];

/** Tells operations of something. Needs a transaction of the exchange. @param detail no names or addresses */
export async function report(tx: Transaction<DB>, partner: string, kind: Kind, detail: object): Promise<void> {
  await tx
    .insertInto('exchange_report')
    .values({ partner, kind, detail: JSON.stringify(detail) })
    .execute();
}

/**
 * The same, unless it was told within the last minute (or however long): what a partner can cause at will must not fill the table.
 * @returns whether it was told
 */
export async function reportSeldom(
  tx: Transaction<DB>,
  partner: string,
  kind: Kind,
  detail: { readonly err: string; readonly [name: string]: unknown },
  { minutes = 1 }: { readonly minutes?: number } = {},
): Promise<boolean> {
  const { rows } = await sql`
    insert into exchange_report (partner, kind, detail)
    select ${partner}, ${kind}, ${JSON.stringify(detail)}::jsonb
     where not exists (select from exchange_report r
                        where r.partner = ${partner} and r.kind = ${kind} and r.detail ->> 'err' = ${detail.err}
                          and r.reported_at > clock_timestamp() - make_interval(mins => ${minutes}))
    returning 1`.execute(tx);
  return rows.length > 0;
}
