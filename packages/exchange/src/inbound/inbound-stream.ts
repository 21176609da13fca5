import type { SetError } from '@mra/exchange-protocol';
import type { Database } from '@mra/registry';
import { type RawBuilder, sql } from 'kysely';
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

/** What is known of a stream at a partner. */
export interface InboundState {
  /** null: there is none yet. */
  readonly streamId: string | null;
  /** From where events are missing; null: none is known to be. */
  readonly firstMissing: number | null;
  /** Of those asked about, the answers of the events that came before, by jti. */
  readonly answers: ReadonlyMap<string, EarlierAnswer>;
}

/** Reads in a transaction of its own: events that come again need no recording, for which readers would wait. */
export async function readInboundState(
  db: Database,
  partner: string,
  jtis: readonly string[] = [],
): Promise<InboundState> {
  const { rows } = await inExchange(db, (tx) =>
    sql<{ stream_id: string | null; first_missing: number | null; answers: AnswerRow[] | null }>`
      select s.stream_id,
             case when coalesce(s.applying_until <= clock_timestamp(), true)
                   and exists (select from inbound_event e where e.partner = s.partner and e.waiting is not null)
               then s.last_applied + 1 end as first_missing,
             ${answersTo(sql`s.partner`, jtis)} as answers
        from inbound_stream s where s.partner = ${partner}`.execute(tx),
  );
  const [row] = rows;
  return {
    streamId: row?.stream_id ?? null,
    firstMissing: row?.first_missing ?? null,
    answers: toAnswers(row?.answers ?? null),
  };
}

/** A row of {@link answersTo}. */
export type AnswerRow = [jti: string, isWaiting: boolean, error: SetError | null];

/**
 * In SQL: the answers of events that came before, as a list. One alone, as it is pushed, is found by its key whatever the statistics: for
 * a list of unknown length a kept plan reads all events of the partner until they say how many there are.
 */
export const answersTo = (partner: RawBuilder<unknown>, jtis: readonly string[]): RawBuilder<unknown> => {
  const [only = null] = jtis;
  const asked = jtis.length > 1 ? sql`any (${[...jtis]}::text[])` : sql`${only}::text`;
  return sql`(
    select json_agg(json_build_array(e.jti, e.waiting is not null, e.error))
      from inbound_event e where e.partner = ${partner} and e.jti = ${asked})`;
};

export function toAnswers(rows: readonly AnswerRow[] | null): ReadonlyMap<string, EarlierAnswer> {
  return new Map(
    (rows ?? []).map(([jti, isWaiting, error]): [string, EarlierAnswer] => [
      jti,
      error === null ? { outcome: isWaiting ? 'waiting' : 'duplicate' } : { outcome: 'error', error },
    ]),
  );
}
