import type { Database, DB } from '@mra/registry';
import type { JSONWebKeySet } from 'jose';
import { type Selectable, sql, type Transaction } from 'kysely';
import { inExchange } from './in-exchange.ts';

/** Another administration's endpoint, as its operators registered it here. */
export interface Partner {
  /** Its administration, by which it is known here: `administration` of its access tokens. */
  readonly code: string;
  /** Administrations of whose programmes it may speak: its own, or those of a hub. */
  readonly administrations: readonly string[];
  /** The local administration whose partner it is: `administration` of the access tokens we show it. */
  readonly actsAs: string;
  /** `iss` of its events, and where its metadata are found. */
  readonly issuer: string;
  /** Exactly one of the two: where its keys are fetched, or the keys themselves. */
  readonly jwksUrl: string | null;
  readonly jwks: JSONWebKeySet | null;
  /** Where an access token is had with a signed assertion (RFC 7523); null: a token signed with our own key, for development. */
  readonly tokenEndpoint: string | null;
  readonly clientId: string | null;
  /** Origins at which it takes pushed events; the one of its issuer when none is named. */
  readonly pushOrigins: readonly string[];
  /** How we receive its events; `nothing`: it sends lists, or receives only. */
  readonly receiveBy: 'poll' | 'push' | 'nothing';
  /** At least how often each side lets the other hear from it. */
  readonly cadenceSeconds: number;
}

/** Makes the registered partners known to every process of this deployment; those that exist take the new terms. */
export async function registerPartners(db: Database, partners: readonly Partner[]): Promise<void> {
  if (partners.length === 0) return;
  const rows = partners.map((partner) => ({
    code: partner.code,
    administrations: partner.administrations,
    acts_as: partner.actsAs,
    issuer: partner.issuer,
    jwks_url: partner.jwksUrl,
    jwks: partner.jwks,
    token_endpoint: partner.tokenEndpoint,
    client_id: partner.clientId,
    push_origins: partner.pushOrigins,
    receive_by: partner.receiveBy,
    cadence_seconds: partner.cadenceSeconds,
    registered_at: new Date().toISOString(),
    is_registered: true,
  }));
  await inExchange(db, async (tx) => {
    await sql`
      insert into partner select * from jsonb_populate_recordset(null::partner, ${JSON.stringify(rows)}::jsonb)
      on conflict (code) do update
        set administrations = excluded.administrations, acts_as = excluded.acts_as, issuer = excluded.issuer,
            jwks_url = excluded.jwks_url, jwks = excluded.jwks, token_endpoint = excluded.token_endpoint,
            is_registered = true, client_id = excluded.client_id, push_origins = excluded.push_origins, receive_by = excluded.receive_by,
            cadence_seconds = excluded.cadence_seconds`.execute(tx);
    await sql`
      insert into inbound_stream (partner)
      select code from unnest(${partners.map(({ code }) => code)}::text[]) as p (code) on conflict do nothing`.execute(
      tx,
    );
  });
}

/**
 * Partners that operators have taken out of their list are none any more: what they were to be told is dropped, and so is how far they
 * were heard. What they told stays, and ages. Registered again, each begins anew.
 * @returns their codes
 */
export async function unregisterOthers(db: Database, codes: readonly string[]): Promise<readonly string[]> {
  return inExchange(db, async (tx) => {
    const { rows } = await sql<{ code: string }>`
      update partner set is_registered = false, issuer = 'unregistered:' || code
       where is_registered and code <> all (${[...codes]}) returning code`.execute(tx);
    const gone = rows.map(({ code }) => code);
    await sql`delete from stream where partner = any (${gone})`.execute(tx);
    await sql`
      update inbound_stream set stream_id = null, configuration = null, needs_snapshot = true
       where partner = any (${gone})`.execute(tx);
    return gone;
  });
}

/** All registered partners by code. Needs a transaction of the exchange. */
export async function readPartners(tx: Transaction<DB>): Promise<readonly Partner[]> {
  const rows = await tx.selectFrom('partner').selectAll().where('is_registered', '=', true).orderBy('code').execute();
  return rows.map(toPartner);
}

/** Needs a transaction of the exchange, or of the partner itself. */
export async function readPartner(tx: Transaction<DB>, code: string): Promise<Partner | null> {
  const row = await tx
    .selectFrom('partner')
    .selectAll()
    .where('code', '=', code)
    .where('is_registered', '=', true)
    .executeTakeFirst();
  return row === undefined ? null : toPartner(row);
}

function toPartner(row: Selectable<DB['partner']>): Partner {
  return {
    code: row.code,
    administrations: row.administrations,
    actsAs: row.acts_as,
    issuer: row.issuer,
    jwksUrl: row.jwks_url,
    jwks: row.jwks as JSONWebKeySet | null,
    tokenEndpoint: row.token_endpoint,
    clientId: row.client_id,
    pushOrigins: row.push_origins,
    receiveBy: row.receive_by as Partner['receiveBy'],
    cadenceSeconds: row.cadence_seconds,
  };
}
