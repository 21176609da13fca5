import { type CanonicalRecord, type Communicated, DIGEST_BUCKETS, type SnapshotManifest } from '@mra/exchange-protocol';
import { type DB, inChunks, planByIndex } from '@mra/registry';
import { type RawBuilder, sql, type Transaction } from 'kysely';
import type { Partner } from '../partners.ts';

/** Which snapshot, put aside where, is compared with what is held of whom. */
export interface Comparison {
  readonly partner: Partner;
  readonly manifest: Pick<SnapshotManifest, 'seq' | 'asOf' | 'buckets'>;
  readonly loadId: string;
}

/** What is not as the snapshot says. */
export type Difference =
  /** Nothing was held of the member. */
  | 'missing'
  /** Held is another record. */
  | 'record'
  /** Communicated for another time, or under another agreement. */
  | 'communication'
  /** The rows of the member are not those that the record became. */
  | 'rows'
  /** Something newer about the member could not be read. */
  | 'doubt'
  /** The partner does not communicate the member. */
  | 'extra';

/** A line that says something else than what is held. */
export interface ChangedLine {
  readonly ordinal: number;
  readonly agreement: string;
  readonly record: CanonicalRecord;
  readonly communicated: Communicated;
  readonly hash: string;
  readonly difference: Difference;
  readonly id: number | null;
  /** What is held where its hash alone is the same; null elsewhere. */
  readonly heldRecord: CanonicalRecord | null;
}

/** In SQL: whether a member is held as one of the partner's: communicated, or listed and never told of. */
const isHeld = sql<boolean>`(c.membership_id is null or c.record is not null)`;

const inBuckets = (buckets: readonly number[] | null): RawBuilder<boolean> =>
  buckets === null
    ? sql<boolean>`true`
    : sql<boolean>`digest_bucket(m.programme, m.number, ${DIGEST_BUCKETS}) = any (${[...buckets]})`;

const heldMembers = ({ administrations }: Partner): RawBuilder<unknown> =>
  sql`membership m left join copy c on c.membership_id = m.id where m.source = any (${[...administrations]})`;

/** How many members of a partner are held, and how many of them are in none of these buckets. */
export async function countHeld(
  tx: Transaction<DB>,
  partner: Partner,
  buckets: readonly number[] | null,
): Promise<{ readonly held: number; readonly elsewhere: number }> {
  const { rows } = await sql<{ held: number; elsewhere: number }>`
    select count(*) as held, count(*) filter (where not ${inBuckets(buckets)}) as elsewhere
      from ${heldMembers(partner)} and ${isHeld}`.execute(tx);
  return rows[0] ?? { held: 0, elsewhere: 0 };
}

/** How many members will be written or ended, roughly, without looking at rows: what applying the snapshot will cost. */
export async function countChanges(tx: Transaction<DB>, { partner, manifest, loadId }: Comparison): Promise<number> {
  await planByIndex(tx);
  const { rows } = await sql<{ changed: number; named: number }>`
    select count(*) filter (where c.hash is distinct from l.hash) as changed, count(*) filter (where c.record is not null) as named
      from snapshot_load_line l
      left join membership m on m.programme = l.programme and m.number_normalised = l.normalised
      left join copy c on c.membership_id = m.id
     where l.load_id = ${loadId}`.execute(tx);
  const { held, elsewhere } = await countHeld(tx, partner, manifest.buckets);
  const { changed, named } = rows[0] ?? { changed: 0, named: 0 };
  return changed + Math.max(0, held - elsewhere - named);
}

type ComparedLine = Omit<ChangedLine, 'difference'> & {
  /** null: none but, perhaps, in rows. */
  readonly difference: Difference | null;
  readonly fingerprint: string | null;
};

/** The lines, except about members who have had a later word, each with its content where it differs or is one of those asked for. */
function comparedLines({ partner, manifest, loadId }: Comparison, ordinals: readonly number[] | null) {
  const told = sql`tstzrange((l.communicated ->> 'from')::timestamptz, (l.communicated ->> 'to')::timestamptz)`;
  const isWanted = ordinals === null ? sql`d.difference is not null` : sql`true`;
  const chosen = ordinals === null ? sql`true` : sql`l.ordinal = any (${[...ordinals]})`;
  return sql<ComparedLine>`
    select l.ordinal, m.id, c.fingerprint, d.difference, l.hash, l.agreement, l.communicated, case when ${isWanted} then l.record end as record,
           case when c.hash = l.hash and c.record - 'version' <> l.record - 'version' then c.record end as "heldRecord"
      from snapshot_load_line l
      left join membership m on m.programme = l.programme and m.number_normalised = l.normalised
      left join copy c on c.membership_id = m.id
      cross join lateral (
        select case when c.record is null then 'missing'
                    when c.hash <> l.hash or c.record - 'version' <> l.record - 'version' or m.number <> l.number then 'record'
                    when c.communicated is distinct from ${told} or c.agreement <> l.agreement or c.partner <> ${partner.code}
                      then 'communication'
                    when exists (select from membership_doubt x where x.membership_id = m.id and upper_inf(x.known)) then 'doubt'
                    end as difference) d
     where l.load_id = ${loadId} and l.code is null and ${chosen}
       and (c.seq is null or c.seq <= ${manifest.seq} or c.partner <> ${partner.code})
     order by l.ordinal`;
}

/** The lines that say something else than what is held, in chunks. Fingerprints are taken of those that otherwise say the same. */
export async function* readChangedLines(
  tx: Transaction<DB>,
  order: Comparison,
  size: number,
): AsyncGenerator<readonly ChangedLine[]> {
  for await (const chunk of inChunks(tx, comparedLines(order, null), size)) {
    const altered = await alteredOf(
      tx,
      chunk.filter(({ difference }) => difference === null),
    );
    const rows = await readLines(
      tx,
      order,
      altered.map(({ ordinal }) => ordinal),
    );
    yield [...chunk.filter(isChanged), ...rows];
  }
}

/** These lines again, compared with what is held by now; those that otherwise say the same count as differing in rows. */
export async function readLines(
  tx: Transaction<DB>,
  order: Comparison,
  ordinals: readonly number[],
): Promise<readonly ChangedLine[]> {
  if (ordinals.length === 0) return [];
  const { rows } = await comparedLines(order, ordinals).execute(tx);
  return rows.map((line) => ({ ...line, difference: line.difference ?? 'rows' }));
}

const isChanged = (line: ComparedLine): line is ComparedLine & ChangedLine => line.difference !== null;

/** Those of the members whose rows are not what was written. */
export async function alteredOf<Member extends { readonly id: number | null; readonly fingerprint: string | null }>(
  tx: Transaction<DB>,
  members: readonly Member[],
): Promise<readonly Member[]> {
  const ids = members.flatMap(({ id }) => id ?? []);
  if (ids.length === 0) return [];
  const { rows } = await sql<{ id: number; fingerprint: string }>`
    select membership_id as id, fingerprint from fingerprints_of(${ids})`.execute(tx);
  const now = new Map(rows.map(({ id, fingerprint }) => [id, fingerprint]));
  return members.filter(({ id, fingerprint }) => id !== null && (now.get(id) ?? null) !== fingerprint);
}

/** A line that does not fit its schema. `isOver`: its member has had a later word. */
export interface BadLine {
  readonly agreement: string;
  readonly programme: string;
  readonly number: string;
  readonly communicated: unknown;
  readonly record: unknown;
  readonly errors: readonly { readonly pointer: string; readonly detail: string }[];
  readonly isOver: boolean;
}

export const badLines = ({ partner, manifest, loadId }: Comparison) => sql<BadLine>`
  select l.agreement, l.programme, l.number, l.communicated, l.record, l.errors,
         coalesce(c.seq > ${manifest.seq} and c.partner = ${partner.code}, false) as "isOver"
    from snapshot_load_line l
    left join membership m on m.programme = l.programme and m.number_normalised = l.normalised
    left join copy c on c.membership_id = m.id
   where l.load_id = ${loadId} and l.code is not null
   order by l.ordinal`;

/** A member whom the snapshot does not name, though it would if the member were communicated. */
export interface AbsentMember {
  readonly id: number;
  readonly programme: string;
  readonly number: string;
  readonly isHeld: boolean;
  readonly fingerprint: string | null;
  /** Whether there is a record of the member at all. */
  readonly isKnown: boolean;
}

/**
 * Members that are held, in the buckets of the snapshot, and not named by it, in chunks; and those that had ended, but whose rows were
 * changed since. Members whom a bad line names are named.
 */
export async function* readAbsentMembers(
  tx: Transaction<DB>,
  { partner, manifest, loadId }: Comparison,
  size: number,
): AsyncGenerator<readonly AbsentMember[]> {
  const absent = sql<AbsentMember>`
    select m.id, m.programme, m.number, ${isHeld} as "isHeld", c.fingerprint,
           exists (select from membership_record r where r.membership_id = m.id and upper_inf(r.known)) as "isKnown"
      from ${heldMembers(partner)} and ${inBuckets(manifest.buckets)}
       and (c.seq is null or c.seq <= ${manifest.seq} or c.partner <> ${partner.code})
       and not exists (select from snapshot_load_line l
                        where l.load_id = ${loadId} and l.programme = m.programme and l.normalised = m.number_normalised)
     order by m.id`;
  for await (const chunk of inChunks(tx, absent, size)) {
    const ended = await alteredOf(
      tx,
      chunk.filter((member) => !member.isHeld),
    );
    yield [...chunk.filter((member) => member.isHeld), ...ended];
  }
}

/**
 * Makes copies look as if they said something else, before they are written within the same transaction: what is told of them is not
 * what their rows say, so it must be written whatever was noted.
 */
export async function distrust(tx: Transaction<DB>, ids: readonly number[]): Promise<void> {
  if (ids.length === 0) return;
  await sql`
    update copy set record = '{}', hash = '', communicated = null, fingerprint = null where membership_id = any (${[...ids]})`.execute(
    tx,
  );
}

/** Members of whom nothing new was said have had this word too: an older one that is tried again later does nothing. */
export async function noteUnchanged(
  tx: Transaction<DB>,
  { partner, manifest, loadId }: Comparison,
  { from, to }: { readonly from: number; readonly to: number },
): Promise<void> {
  await sql`
    update copy c set seq = ${manifest.seq}
      from snapshot_load_line l join membership m on m.programme = l.programme and m.number_normalised = l.normalised
     where l.load_id = ${loadId} and l.ordinal > ${from} and l.ordinal <= ${to} and l.code is null
       and c.membership_id = m.id and c.partner = ${partner.code} and c.hash = l.hash and c.seq < ${manifest.seq}
       and not exists (select from membership_doubt d where d.membership_id = m.id and upper_inf(d.known))`.execute(tx);
}
