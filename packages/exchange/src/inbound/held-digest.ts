import {
  type CanonicalRecord,
  createDigest,
  cutToElements,
  type Digest,
  type DigestDocument,
  memberKey,
  recordHash,
} from '@mra/exchange-protocol';
import { actAs, type DB, inChunks, planByIndex } from '@mra/registry';
import { sql, type Transaction } from 'kysely';
import { EXCHANGE_ACTOR, type Exchange } from '../context.ts';
import type { Partner } from '../partners.ts';
import { hashAsTold } from './check-snapshot-line.ts';
import { alteredOf } from './snapshot-changes.ts';

/** Members compared at a time: some 20 ms in which the process does nothing else. */
const CHUNK = 250;

/** In place of the hash of a member that is not what its partner's word became: no record has it, so the bucket differs. */
const ALTERED = 'altered';

export interface HeldDigest {
  /** Last event applied when it was made. */
  readonly lastApplied: number;
  readonly digest: Digest;
}

interface Row {
  readonly programme: string;
  readonly number: string;
  /** null: listed, and no partner has told of it; or its communication has ended. */
  readonly agreement: string | null;
  readonly record: CanonicalRecord | null;
  readonly hash: string | null;
  readonly id: number;
  readonly fingerprint: string | null;
  /** Whether the copy is one of this partner's, with a place in its stream that it may have. */
  readonly isTold: boolean;
  readonly seq: number | null;
}

/** What a partner has told of a member and could not be applied. */
interface Aside {
  readonly seq: number;
  readonly state: string;
  /** null: that the member is no longer communicated. */
  readonly record: Record<string, unknown> | null;
}

/**
 * The digest of what is held of a partner, as one moment sees it. The leaf of a member is that of what the partner told last: its
 * record, hashed anew, if the rows are still those that it became (so a row changed by hand shows, wherever it is); or the record that
 * waits in quarantine, which is known to operations and need not be fetched again.
 */
export async function heldDigest(
  { db }: Exchange,
  partner: Partner,
  { asOf, agreements, digest }: DigestDocument,
  signal?: AbortSignal,
): Promise<HeldDigest> {
  const elements = new Map(agreements.map((one) => [one.agreement, one.dataElements]));
  const cut = (agreement: string, record: CanonicalRecord): CanonicalRecord => {
    const named = elements.get(agreement);
    return named === undefined ? record : cutToElements(record, named, { at: asOf });
  };
  return db
    .transaction()
    .setIsolationLevel('repeatable read')
    .execute(async (tx) => {
      await actAs(tx, EXCHANGE_ACTOR);
      await planByIndex(tx);
      const { last_applied: lastApplied } = await tx
        .selectFrom('inbound_stream')
        .select('last_applied')
        .where('partner', '=', partner.code)
        .executeTakeFirstOrThrow();
      const gathering = createDigest({ buckets: digest.buckets.length });
      for await (const chunk of inChunks(tx, heldRows(partner), CHUNK)) {
        signal?.throwIfAborted();
        const altered = new Set(await alteredOf(tx, chunk));
        const asides = await readAsides(tx, partner, chunk);
        for (const row of chunk) {
          const aside = asides.get(memberKey(row));
          const later = aside !== undefined && aside.seq > (row.seq ?? 0) ? aside : null;
          const hash = leafHash(row, row.isTold && !altered.has(row), later, cut);
          if (hash !== null) gathering.add({ key: memberKey(row), hash });
        }
      }
      for await (const chunk of inChunks(tx, asideRows(partner), CHUNK)) {
        for (const { record, ...member } of chunk)
          gathering.add({ key: memberKey(member), hash: hashAsTold(record) ?? ALTERED });
      }
      return { lastApplied, digest: gathering.result() };
    });
}

/** null: nothing was told of the member, and nothing is held. */
function leafHash(
  { agreement, record, hash }: Row,
  isIntact: boolean,
  aside: Aside | null,
  cut: (agreement: string, record: CanonicalRecord) => CanonicalRecord,
): string | null {
  // Newer than the copy. Where it is still open the copy counts for nothing, whatever its rows are.
  if (aside !== null && (aside.state === 'open' || isIntact))
    return aside.record === null ? null : (hashAsTold(aside.record) ?? ALTERED);
  if (!isIntact) return ALTERED;
  if (record === null || agreement === null) return null;
  try {
    if (recordHash(record) !== hash) return ALTERED;
    return recordHash(cut(agreement, record));
  } catch {
    return ALTERED; // somebody has made it what is no record
  }
}

function heldRows({ code, administrations }: Partner) {
  return sql<Row>`
    select m.programme, m.number, m.id, c.agreement, c.record, c.hash, c.fingerprint, c.seq,
           c.membership_id is not null and c.partner = ${code} and c.seq <= greatest(s.last_applied, s.newest_seq) as "isTold"
      from membership m
      left join copy c on c.membership_id = m.id
      join inbound_stream s on s.partner = ${code}
     where m.source = any (${[...administrations]})`;
}

/** In SQL: the latest of what was put aside and neither applied nor overtaken since, by member. */
const latestAside = sql`select distinct on (q.programme, q.number) q.programme, q.number, q.seq, q.state,
                               q.content -> 'payload' -> 'record' as record`;

async function readAsides(
  tx: Transaction<DB>,
  { code }: Partner,
  members: readonly Pick<Row, 'programme' | 'number'>[],
): Promise<ReadonlyMap<string, Aside>> {
  const { rows } = await sql<Aside & Pick<Row, 'programme' | 'number'>>`
    ${latestAside}
      from unnest(${members.map(({ programme }) => programme)}::text[], ${members.map(({ number }) => number)}::text[]) as w (programme, number)
      join quarantine q on q.partner = ${code} and q.programme = w.programme and q.number = w.number and q.state in ('open', 'discarded')
     order by q.programme, q.number, q.seq desc, q.id desc`.execute(tx);
  return new Map(rows.map((row) => [memberKey(row), row]));
}

/** Records put aside about members of whom nothing is held at all. */
const asideRows = ({ code, administrations }: Partner) => sql<{
  programme: string;
  number: string;
  record: Record<string, unknown>;
}>`
  select a.programme, a.number, a.record
    from (${latestAside}, q.number_normalised as normalised
            from quarantine q where q.partner = ${code} and q.state in ('open', 'discarded') and q.programme is not null
           order by q.programme, q.number, q.seq desc, q.id desc) a
   where jsonb_typeof(a.record) = 'object'
     and not exists (select from membership m
                      where m.programme = a.programme and m.number_normalised = a.normalised and m.number = a.number
                        and m.source = any (${[...administrations]}))`;
