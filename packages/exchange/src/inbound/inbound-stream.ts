import type { SetError } from '@mra/exchange-protocol';
import type { Database, DB } from '@mra/registry';
import { sql, type Transaction } from 'kysely';
import { inExchange } from '../in-exchange.ts';

/** The partner keeps no stream for us yet, or keeps another one than a moment ago: whatever came must come again. */
export class NoInboundStream extends Error {
  override readonly name = 'NoInboundStream';
}

/** What an event was answered with when it came before. */
export interface EarlierAnswer {
  readonly outcome: 'duplicate' | 'waiting' | 'error';
  readonly error?: SetError;
}

/** Whether there is a stream at the partner, and from where events of it are missing (null: none is known to be). */
export async function readInboundStream(
  db: Database,
  partner: string,
): Promise<{ readonly streamId: string | null; readonly firstMissing: number | null }> {
  const { rows } = await inExchange(db, (tx) =>
    sql<{ stream_id: string | null; first_missing: number | null }>`
      select s.stream_id,
             case when exists (select from inbound_event e where e.partner = s.partner and e.waiting is not null)
               then s.last_applied + 1 end as first_missing
        from inbound_stream s where s.partner = ${partner}`.execute(tx),
  );
  return { streamId: rows[0]?.stream_id ?? null, firstMissing: rows[0]?.first_missing ?? null };
}

/** The answers of those events that came before, by jti. Saves those that come again a recording, for which readers would wait. */
export async function seenBefore(
  db: Database,
  partner: string,
  jtis: readonly string[],
): Promise<ReadonlyMap<string, EarlierAnswer>> {
  if (jtis.length === 0) return new Map();
  return inExchange(db, (tx) => readAnswers(tx, partner, jtis));
}

export async function readAnswers(
  tx: Transaction<DB>,
  partner: string,
  jtis: readonly string[],
): Promise<ReadonlyMap<string, EarlierAnswer>> {
  const { rows } = await sql<{ jti: string; is_waiting: boolean; error: SetError | null }>`
    select e.jti, e.waiting is not null as is_waiting, e.error
      from inbound_event e where e.partner = ${partner} and e.jti = any (${[...jtis]})`.execute(tx);
  return new Map(
    rows.map(({ jti, is_waiting, error }): [string, EarlierAnswer] => [
      jti,
      error === null ? { outcome: is_waiting ? 'waiting' : 'duplicate' } : { outcome: 'error', error },
    ]),
  );
}
