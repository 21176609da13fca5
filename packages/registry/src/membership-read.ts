import {
  type Instant,
  normaliseIdentifier,
  overallStatus,
  type StatusPeriod,
  statusesAt,
  typeHeld,
} from '@mra/recognition';
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

export interface MembershipViewRow {
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

/** In SQL: the rows of {@link toView}, of members `m`. `told`: null where they are the reader's own. */
export const selectView = ({ knownAt, told }: { knownAt: RawBuilder<unknown>; told: RawBuilder<unknown> }) => sql`
  select m.id, m.administration, m.programme, m.number, m.source, r.version, lower(r.known) as recorded_at, ${told} as told,
         to_jsonb(r) || jsonb_build_object('valid', r.valid::text) as record,
         (select jsonb_agg(jsonb_build_object('type', s.type, 'component', s.component, 'status', s.status,
                             'valid', jsonb_build_object('from', instant(lower(s.valid)), 'to', instant(upper(s.valid)))))
            from membership_status s where s.membership_id = m.id and s.known @> ${knownAt}) as statuses
    from membership m
    join membership_record r on r.membership_id = m.id and r.known @> ${knownAt}`;

const TOLD = sql`case when m.administration is distinct from caller_administration() then told_elements(m.id) end`;

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
  const { rows } = await sql<MembershipViewRow>`${selectView({ knownAt: sql`${knownAt}::timestamptz`, told: TOLD })}
    where m.id = find_member(${programme}, ${normaliseIdentifier(number)})`.execute(tx);
  return rows[0] && toView(rows[0], at);
}

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

export function toView(row: MembershipViewRow, at: Instant): MembershipView {
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
    type: typeHeld(components) ?? record.type,
    status: overallStatus(components),
    components,
    version: row.version,
    recordedAt: row.recorded_at,
    told: row.told,
  };
}
