import { inExchange, registerPartners } from '@mra/exchange';
import { type CanonicalRecord, type EVENT_TYPES, SUPPORTED_EVENTS } from '@mra/exchange-protocol';
import { sql } from 'kysely';
import type { TestDatabase } from '../support/database.ts';

/** Streams as the owner of the tables makes them, for tests of what goes into them. */

export interface Told {
  readonly seq: number;
  readonly event: keyof typeof EVENT_TYPES;
  readonly toe: string;
  readonly payload: { readonly record?: CanonicalRecord; readonly [field: string]: unknown };
}

/** A stream to a partner whose base is complete, unless it `isNew`. */
export async function aStreamTo(
  { db, asOwner }: TestDatabase,
  partner: string,
  { isNew = false }: { readonly isNew?: boolean } = {},
): Promise<void> {
  await registerPartners(db, [
    {
      code: partner,
      administrations: [partner],
      actsAs: 'EU',
      issuer: `https://${partner.toLowerCase()}.test`,
      jwksUrl: `https://${partner.toLowerCase()}.test/.well-known/jwks.json`,
      jwks: null,
      tokenEndpoint: null,
      clientId: null,
      pushOrigins: [],
      receiveBy: 'nothing',
      cadenceSeconds: 60,
    },
  ]);
  const configuration = JSON.stringify({ events_delivered: SUPPORTED_EVENTS });
  await asOwner(
    `insert into stream (id, partner, configuration, swept_to, coverage, sweep_is_silent)
     values ($1, $2, $3, $4, coverage_of($2, now()), $5)`,
    [`to-${partner}`, partner, configuration, isNew ? 0 : null, isNew],
  );
}

/** Everything of the exchange, and every member unless told otherwise. */
export async function clearExchange(
  { asOwner, clear }: TestDatabase,
  { members = true }: { readonly members?: boolean } = {},
): Promise<void> {
  await asOwner('delete from stream');
  await asOwner('delete from share_due');
  if (members) await clear();
}

/** Events in the outbox to a partner, in order. */
export async function eventsTo({ asOwner }: TestDatabase, partner: string): Promise<readonly Told[]> {
  const { rows } = await asOwner(
    'select o.seq, o.event, o.toe, o.payload from outbox o join stream s on s.id = o.stream_id where s.partner = $1 order by o.seq',
    [partner],
  );
  return rows;
}

/** What a partner was told last, by number. */
export async function toldOf(
  { asOwner }: TestDatabase,
  partner: string,
): Promise<
  readonly { number: string; seq: number; record: CanonicalRecord; from: string | null; to: string | null }[]
> {
  const { rows } = await asOwner(
    `select h.record ->> 'number' as number, h.seq, h.record, lower(h.communicated) as from, upper(h.communicated) as to from share h join stream s on s.id = h.stream_id
      where s.partner = $1 order by 1`,
    [partner],
  );
  return rows;
}

/** What the worker does every second, to the end: members whose time has come, and sweeps where the rules have changed. */
export async function runTimers({ db }: TestDatabase): Promise<void> {
  await inExchange(db, (tx) => sql`select refresh_due_shares(1000)`.execute(tx));
  await inExchange(db, (tx) => sql`select begin_due_sweeps()`.execute(tx));
  const { rows } = await inExchange(db, (tx) =>
    sql<{ id: string }>`select id from stream where swept_to is not null`.execute(tx),
  );
  for (const { id } of rows) {
    for (let done = false; !done; ) {
      const swept = await inExchange(db, (tx) =>
        sql<{ done: boolean }>`select sweep_stream(${id}, 2) as done`.execute(tx),
      );
      done = swept.rows[0]?.done ?? true;
    }
  }
}
