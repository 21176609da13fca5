import { type Instant, normaliseIdentifier, overallStatus, type StatusPeriod, statusesAt } from '@mra/recognition';
import { type RawBuilder, sql, type Transaction } from 'kysely';
import type { DB } from './database.ts';
import type { MembershipRecord } from './membership-record.ts';
import { type RecordColumns, toRecord } from './membership-rows.ts';
import type { RecordedEvent } from './membership-write.ts';

/** A membership as of an instant of validity, as known at an instant of knowledge. */
export interface MembershipView {
  readonly id: number;
  readonly administration: string;
  readonly programme: string;
  readonly number: string;
  /** null: local; else the administration whose copy it is. */
  readonly source: string | null;
  readonly record: MembershipRecord;
  /** The type held then: events may have changed that of the record. */
  readonly type: string;
  readonly status: ReturnType<typeof overallStatus>;
  readonly components: readonly StatusPeriod[];
  readonly version: number;
  readonly recordedAt: Instant;
  /** Data elements that the reader may be told; null: all, of its own member. */
  readonly told: readonly string[] | null;
}

interface Row {
  id: number;
  administration: string;
  programme: string;
  number: string;
  source: string | null;
  version: number;
  recorded_at: Instant;
  record: RecordColumns;
  statuses: readonly StatusPeriod[] | null;
  told: readonly string[] | null;
}

const IS_OWN = sql`coalesce(m.administration = caller_administration(), false)`;

/** Whoever may not be told an element may not find anybody by it either. */
const isTold = (element: string) => sql`(${IS_OWN} or ${element} = any (told_elements(m.id)))`;

const select = (knownAt: RawBuilder<unknown>) => sql`
  select m.id, m.administration, m.programme, m.number, m.source, r.version, lower(r.known) as recorded_at,
         case when ${IS_OWN} then null else told_elements(m.id) end as told, to_jsonb(r) || jsonb_build_object('valid', r.valid::text) as record,
         (select jsonb_agg(jsonb_build_object('type', s.type, 'component', s.component, 'status', s.status,
                             'valid', jsonb_build_object('from', instant(lower(s.valid)), 'to', instant(upper(s.valid)))))
            from membership_status s where s.membership_id = m.id and s.known @> ${knownAt}) as statuses
    from membership m
    join membership_record r on r.membership_id = m.id and r.known @> ${knownAt}`;

/** One membership; undefined where there is none, or none that the actor of the transaction may know of. */
export async function readMembership(
  tx: Transaction<DB>,
  {
    programme,
    number,
    at,
    knownAt,
  }: { readonly programme: string; readonly number: string; readonly at: Instant; readonly knownAt: Instant },
): Promise<MembershipView | undefined> {
  const { rows } = await sql<Row>`${select(sql`${knownAt}::timestamptz`)}
    where m.id = find_member(${programme}, ${normaliseIdentifier(number)})`.execute(tx);
  return rows[0] && toView(rows[0], at);
}

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

/** Memberships that the actor of the transaction may know of, now, by programme and number. */
export async function searchMemberships(
  tx: Transaction<DB>,
  filter: MembershipFilter,
  now: Instant,
): Promise<readonly MembershipView[]> {
  const conditions: RawBuilder<unknown>[] = [sql`true`];
  if (filter.programme !== undefined) conditions.push(sql`m.programme = ${filter.programme}`);
  if (filter.after !== undefined) {
    conditions.push(sql`(m.programme, m.number_normalised) > (${filter.after.programme}, ${filter.after.number})`);
  }
  if (filter.name !== undefined) {
    const pattern = `%${filter.name.replace(/[\\%_]/g, '\\$&')}%`;
    conditions.push(
      sql`exists (select from jsonb_array_elements(r.names) n where casefold((n ->> 'name') collate pg_unicode_fast) like casefold(${pattern} collate pg_unicode_fast)) and ${isTold('NAME')}`,
    );
  }
  if (filter.identifier !== undefined) {
    const wanted = normaliseIdentifier(filter.identifier);
    conditions.push(sql`m.id in (select i.membership_id from membership_identifier i
      where i.normalised = ${wanted} and i.known @> ${now}::timestamptz and i.origin <> 'presented')
      and (m.number_normalised = ${wanted} or ${isTold('TIN')})`);
  }
  if (filter.status !== undefined) conditions.push(sql`${statusNow(now)} = ${filter.status}`);
  const { rows } = await sql<Row>`${select(sql`${now}::timestamptz`)}
    where ${sql.join(conditions, sql` and `)}
    order by m.programme, m.number_normalised limit ${filter.limit}`.execute(tx);
  return rows.map((row) => toView(row, now));
}

/** The overall status as the core tells it (membership.ts), for filtering in SQL. */
const statusNow = (now: Instant) => sql`coalesce((
  select case when bool_or(s.status = 'active') then 'active' when bool_or(s.status = 'suspended') then 'suspended'
              else (array_agg(s.status order by lower(s.valid) desc, s.component desc))[1] end
    from membership_status s
   where s.membership_id = m.id and s.known @> ${now}::timestamptz and s.valid @> ${now}::timestamptz), 'not_started')`;

export interface MembershipHistory {
  readonly versions: readonly {
    readonly version: number;
    readonly record: MembershipRecord;
    readonly recordedAt: Instant;
    readonly recordedUntil: Instant | null;
    readonly recordedBy: string;
  }[];
  readonly events: readonly (RecordedEvent & {
    readonly seq: number;
    readonly recordedAt: Instant;
    readonly recordedBy: string;
  })[];
}

/** Every version of the record and every event of a membership that the actor may know of, as known at an instant, oldest first. */
export async function readMembershipHistory(
  tx: Transaction<DB>,
  id: number,
  knownAt: Instant,
): Promise<MembershipHistory> {
  const versions = await sql<{
    version: number;
    record: RecordColumns;
    recorded_at: Instant;
    recorded_until: Instant | null;
    recorded_by: string;
  }>`
    select r.version, to_jsonb(r) || jsonb_build_object('valid', r.valid::text) as record,
           lower(r.known) as recorded_at, case when upper(r.known) <= ${knownAt} then upper(r.known) end as recorded_until, r.recorded_by
      from membership_record r where r.membership_id = ${id} and lower(r.known) <= ${knownAt} order by r.version`.execute(
    tx,
  );
  const events = await tx
    .selectFrom('membership_event')
    .selectAll()
    .where('membership_id', '=', id)
    .where('recorded_at', '<=', knownAt)
    .orderBy('seq')
    .execute();
  return {
    versions: versions.rows.map((row) => ({
      version: row.version,
      record: toRecord(row.record),
      recordedAt: row.recorded_at,
      recordedUntil: row.recorded_until,
      recordedBy: row.recorded_by,
    })),
    events: events.map((event) => ({
      seq: event.seq,
      type: event.type as RecordedEvent['type'],
      component: event.component,
      newType: event.new_type,
      partners: event.partners,
      effectiveFrom: event.effective_from,
      note: event.note,
      recordedAt: event.recorded_at,
      recordedBy: event.recorded_by,
    })),
  };
}

function toView(row: Row, at: Instant): MembershipView {
  const record = toRecord(row.record);
  const statuses = row.statuses ?? [];
  const components = statusesAt({ statuses }, at);
  return {
    id: row.id,
    administration: row.administration,
    programme: row.programme,
    number: row.number,
    source: row.source,
    record,
    type: components[0]?.type ?? record.type,
    status: overallStatus(components),
    components,
    version: row.version,
    recordedAt: row.recorded_at,
    told: row.told,
  };
}
