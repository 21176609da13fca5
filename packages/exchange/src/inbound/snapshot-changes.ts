import { type CanonicalRecord, type Communicated, DIGEST_BUCKETS, type SnapshotManifest } from '@mra/exchange-protocol';
import { type DB, planByIndex } from '@mra/registry';
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

type ComparedLine = Omit<ChangedLine, 'difference'> & {
  /** null: none but, perhaps, in rows. */
  readonly difference: Difference | null;
  readonly fingerprint: string | null;
};

/** Lines of a snapshot by their ordinals: after one, up to and including another; or those named. */
export type SomeLines = { readonly after: number; readonly to: number } | readonly number[];

const isNamed = (some: SomeLines): some is readonly number[] => Array.isArray(some);

/** The lines, except about members who have had a later word, each with its content where it differs or is one of those named. */
function comparedLines({ partner, manifest, loadId }: Comparison, some: SomeLines) {
  const told = sql`tstzrange((l.communicated ->> 'from')::timestamptz, (l.communicated ->> 'to')::timestamptz)`;
  const isWanted = isNamed(some) ? sql`true` : sql`d.difference is not null`;
  const chosen = isNamed(some)
    ? sql`l.ordinal = any (${[...some]})`
    : sql`l.ordinal > ${some.after} and l.ordinal <= ${some.to}`;
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
                    when exists (select from membership_doubt x where x.membership_id = m.id and x.told_by = 'exchange' and upper_inf(x.known)) then 'doubt'
                    end as difference) d
     where l.load_id = ${loadId} and l.code is null and ${chosen}
       and (c.seq is null or c.seq <= ${manifest.seq} or c.partner <> ${partner.code})
     order by l.ordinal`;
}

/**
 * Those of the lines that say something else than what is held. Fingerprints are taken of members of whom they otherwise say the same;
 * lines that are named count as differing in rows, then.
 */
export async function readChangedLines(
  tx: Transaction<DB>,
  order: Comparison,
  some: SomeLines,
): Promise<readonly ChangedLine[]> {
  await planByIndex(tx);
  const { rows } = await comparedLines(order, some).execute(tx);
  if (isNamed(some)) return rows.map((line) => ({ ...line, difference: line.difference ?? 'rows' }));
  const altered = await alteredOf(
    tx,
    rows.filter(({ difference }) => difference === null),
  );
  const ordinals = altered.map(({ ordinal }) => ordinal);
  const again = ordinals.length === 0 ? [] : await readChangedLines(tx, order, ordinals);
  return [...rows.filter(isChanged), ...again];
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
  readonly ordinal: number;
  readonly agreement: string;
  readonly programme: string;
  readonly number: string;
  readonly communicated: unknown;
  readonly record: unknown;
  readonly errors: readonly { readonly pointer: string; readonly detail: string }[];
  readonly isOver: boolean;
}

export async function readBadLines(
  tx: Transaction<DB>,
  { partner, manifest, loadId }: Comparison,
  { after, size }: { readonly after: number; readonly size: number },
): Promise<readonly BadLine[]> {
  const { rows } = await sql<BadLine>`
    select l.ordinal, l.agreement, l.programme, l.number, l.communicated, l.record, l.errors,
           coalesce(c.seq > ${manifest.seq} and c.partner = ${partner.code}, false) as "isOver"
      from snapshot_load_line l
      left join membership m on m.programme = l.programme and m.number_normalised = l.normalised
      left join copy c on c.membership_id = m.id
     where l.load_id = ${loadId} and l.code is not null and l.ordinal > ${after}
     order by l.ordinal
     limit ${size}`.execute(tx);
  return rows;
}

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
 * Members that are held, in the buckets of the snapshot, and not named by it; and those that had ended, but whose rows were changed
 * since. Members whom a bad line names are named.
 * @param after id of a member: only later ones; `size` of them are looked at
 * @returns `after`: of the last one that was looked at; null: there are no more
 */
export async function readAbsentMembers(
  tx: Transaction<DB>,
  { partner, manifest, loadId }: Comparison,
  { after, size }: { readonly after: number; readonly size: number },
): Promise<{ readonly absent: readonly AbsentMember[]; readonly after: number | null }> {
  await planByIndex(tx);
  const { rows } = await sql<AbsentMember>`
    select m.id, m.programme, m.number, ${isHeld} as "isHeld", c.fingerprint,
           exists (select from membership_record r where r.membership_id = m.id and upper_inf(r.known)) as "isKnown"
      from ${heldMembers(partner)} and ${inBuckets(manifest.buckets)} and m.id > ${after}
       and (c.seq is null or c.seq <= ${manifest.seq} or c.partner <> ${partner.code})
       and not exists (select from snapshot_load_line l
                        where l.load_id = ${loadId} and l.programme = m.programme and l.normalised = m.number_normalised)
     order by m.id
     limit ${size}`.execute(tx);
  const ended = await alteredOf(
    tx,
    rows.filter((member) => !member.isHeld),
  );
  const absent = [...rows.filter((member) => member.isHeld), ...ended];
  return { absent, after: rows.length < size ? null : (rows.at(-1)?.id ?? null) };
}

/**
 * Makes copies look as if they said something else, before they are written within the same transaction: what is told of them is not
 * what their rows say, so it must be written whatever was noted. Not of members who have had a later word meanwhile.
 */
export async function distrust(
  tx: Transaction<DB>,
  { partner, manifest }: Comparison,
  ids: readonly number[],
): Promise<void> {
  if (ids.length === 0) return;
  await sql`
    update copy set record = '{}', hash = '', communicated = null, fingerprint = null
     where membership_id = any (${[...ids]}) and (seq <= ${manifest.seq} or partner <> ${partner.code})`.execute(tx);
}

/** Members of whom nothing new was said have had this word too: an older one that is tried again later does nothing. */
export async function noteUnchanged(
  tx: Transaction<DB>,
  { partner, manifest, loadId }: Comparison,
  { after, to }: { readonly after: number; readonly to: number },
): Promise<void> {
  await sql`
    update copy c set seq = ${manifest.seq}
      from snapshot_load_line l join membership m on m.programme = l.programme and m.number_normalised = l.normalised
     where l.load_id = ${loadId} and l.ordinal > ${after} and l.ordinal <= ${to} and l.code is null
       and c.membership_id = m.id and c.partner = ${partner.code} and c.hash = l.hash and c.seq < ${manifest.seq}
       and not exists (select from membership_doubt d where d.membership_id = m.id and d.told_by = 'exchange' and upper_inf(d.known))`.execute(
    tx,
  );
}
