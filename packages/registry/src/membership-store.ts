import { sql } from 'kysely';
import type { MembershipRecord } from './membership-record.ts';
import type { MembershipWrite } from './membership-write.ts';
import { rangeText } from './period.ts';
import { first, type Recording } from './recording.ts';

/** A write that has been judged: what is to be known of the member from now on. */
export interface Planned {
  readonly write: MembershipWrite;
  readonly id: number;
  readonly version: number;
  readonly record: MembershipRecord;
  readonly statuses: readonly { type: string; component: string; status: string; valid: string }[];
  readonly consents: readonly {
    scope: string;
    partners: readonly string[];
    except_for: readonly string[];
    valid: string;
  }[];
  readonly identifiers: readonly Record<string, unknown>[];
}

/**
 * Stores what has been judged: the log and the events, then each table in two statements, whatever the number of members.
 */
export async function store(recording: Recording, planned: readonly Planned[]): Promise<void> {
  const { tx, recordedAt, actor } = recording;
  await appendEntries(recording, planned);
  const ids = planned.map(({ id }) => id);
  const known = rangeText({ from: recordedAt, to: null });
  const records = planned.map(({ id, version, record }) => ({
    membership_id: id,
    version,
    known,
    recorded_by: actor.client,
    type: record.type,
    issuing_country: record.issuingCountry,
    issuing_office: record.issuingOffice,
    validated_on: record.validatedOn,
    names: record.names,
    addresses: record.addresses,
    identifiers: record.identifiers,
    roles: record.roles,
    consent: record.consent,
    valid: rangeText({ from: record.validFrom, to: record.validTo }),
  }));
  await sql`update membership_record set known = tstzrange(lower(known), ${recordedAt})
             where membership_id = any (${ids}) and upper_inf(known)`.execute(tx);
  await sql`insert into membership_record
            select * from jsonb_populate_recordset(null::membership_record, ${JSON.stringify(records)}::jsonb)`.execute(
    tx,
  );
  const part = <T extends object>(rows: (plan: Planned) => readonly T[]): string =>
    JSON.stringify(planned.flatMap((plan) => rows(plan).map((row) => ({ ...row, membership_id: plan.id, known }))));
  await replaceKnown(
    recording,
    'membership_status',
    ['component', 'type', 'status'],
    ids,
    part((plan) => plan.statuses),
  );
  await replaceKnown(
    recording,
    'membership_consent',
    ['scope', 'partners', 'except_for'],
    ids,
    part((plan) => plan.consents),
  );
  await replaceKnown(
    recording,
    'membership_identifier',
    ['origin', 'scheme', 'value', 'normalised', 'recogniser'],
    ids,
    part((plan) => plan.identifiers),
  );
  // What partners are told of these members, in the same transaction (db/migrations/0009).
  await sql`select refresh_shares(${ids}, ${recordedAt}, ${`change:${recordedAt}`})`.execute(tx);
}

/** Closes the known rows of the members that are not among the new ones, and inserts those new ones that were not known. */
async function replaceKnown(
  { tx, recordedAt }: Recording,
  table: 'membership_status' | 'membership_consent' | 'membership_identifier',
  columns: readonly string[],
  ids: readonly number[],
  content: string,
): Promise<void> {
  const target = sql.table(table);
  const desired = sql`jsonb_populate_recordset(null::${target}, ${content}::jsonb)`;
  const same = sql.join(
    ['membership_id', 'valid', ...columns].map((column) => sql`t.${sql.ref(column)} = d.${sql.ref(column)}`),
    sql` and `,
  );
  await sql`with d as materialized (select * from ${desired})
            update ${target} t set known = tstzrange(lower(t.known), ${recordedAt})
             where t.membership_id = any (${[...ids]}) and upper_inf(t.known) and not exists (select from d where ${same})`.execute(
    tx,
  );
  await sql`insert into ${target}
            select d.* from ${desired} d
             where not exists (select from ${target} t where ${same} and upper_inf(t.known))`.execute(tx);
}

/** One entry for a record and one for each event, in order; events also keep the number of their entry. */
async function appendEntries({ tx, recordedAt, actor }: Recording, planned: readonly Planned[]): Promise<void> {
  const entries = planned.flatMap(({ write, id }) => {
    const common = {
      administration: write.programme.administration,
      id: `${write.programme.id}/${write.number}`,
      member: id,
    };
    const record =
      write.record === null
        ? []
        : [
            {
              ...common,
              subject: 'membership',
              payload: {
                programme: write.programme.id,
                number: write.number,
                source: write.source,
                record: write.record,
              } as object,
            },
          ];
    const events = write.events.map((event) => ({
      ...common,
      subject: 'membership_event',
      payload: { programme: write.programme.id, number: write.number, event } as object,
    }));
    return [...record, ...events];
  });
  const content = JSON.stringify(entries);
  const appended = await sql<{ seq: number }>`
    select append_changes(${recordedAt}, ${actor.client}, ${content}::jsonb) as seq`.execute(tx);
  if (entries.every(({ subject }) => subject === 'membership')) return;
  await sql`
    insert into membership_event (seq, membership_id, type, component, new_type, partners, effective_from, note, recorded_at, recorded_by)
    select ${first(appended.rows).seq} + ordinal - 1, (entry ->> 'member')::bigint, event ->> 'type', event ->> 'component', event ->> 'newType',
           case when jsonb_typeof(event -> 'partners') = 'array' then array(select jsonb_array_elements_text(event -> 'partners')) end,
           (event ->> 'effectiveFrom')::timestamptz, event ->> 'note', ${recordedAt}, ${actor.client}
      from jsonb_array_elements(${content}::jsonb) with ordinality as e (entry, ordinal), lateral (select entry -> 'payload' -> 'event') as p (event)
     where entry ->> 'subject' = 'membership_event'`.execute(tx);
}
