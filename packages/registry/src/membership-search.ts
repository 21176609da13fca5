import { normaliseIdentifier } from '@mra/recognition';
import { sql } from 'kysely';
import { type MembershipView, type MembershipViewRow, selectView, toView } from './membership-read.ts';
import type { Database } from './pool.ts';
import { type Actor, readAs } from './recording.ts';
import { createTurns, NoTurn } from './turns.ts';

export interface MembershipFilter {
  readonly programme?: string | undefined;
  readonly status?: string | undefined;
  /** Part of a name, without regard to case. */
  readonly name?: string | undefined;
  readonly identifier?: string | undefined;
  /** Programme and normalised number of the last one seen. */
  readonly after?: { readonly programme: string; readonly number: string };
  readonly limit: number;
}

/** Long enough for some 300,000 members by part of a name. */
const TIMEOUT_MS = 5000;
/** A search may go through all members; questions must find connections all the same, and other searches their turn soon or an answer. */
const inTurn = createTurns(2, TIMEOUT_MS);
const QUERY_CANCELED = '57014';

/** Thrown where a search takes longer than it may, or others do for as long. */
export class SearchTooLong extends Error {}

/**
 * Memberships that the actor may know of, now, by programme and number; of others' members only what the actor may be told is searched.
 * @throws SearchTooLong
 */
export async function searchMemberships(
  db: Database,
  actor: Actor,
  { programme, status, name, identifier, after, limit }: MembershipFilter,
): Promise<readonly MembershipView[]> {
  const pattern = name === undefined ? null : `%${name.replace(/[\\%_]/g, '\\$&')}%`;
  const wanted = identifier === undefined ? null : normaliseIdentifier(identifier);
  const search = () =>
    readAs(db, actor, async (tx, now) => {
      await sql`select set_config('statement_timeout', ${String(TIMEOUT_MS)}, true)`.execute(tx);
      const { rows } = await sql<MembershipViewRow>`
        ${selectView({ knownAt: sql`${now}::timestamptz`, told: sql`f.told` })}
          join search_members(${programme ?? null}, ${after?.programme ?? null}, ${after?.number ?? null},
                              casefold(${pattern}::text collate pg_unicode_fast), ${wanted}, ${status ?? null}, ${now}, ${limit})
            as f on f.membership_id = m.id
         order by m.programme, m.number_normalised`.execute(tx);
      return rows.map((row) => toView(row, now));
    });
  return inTurn(db, search).catch((cause) => {
    throw cause instanceof NoTurn || (cause as { code?: unknown }).code === QUERY_CANCELED
      ? new SearchTooLong('too many members', { cause })
      : cause;
  });
}
