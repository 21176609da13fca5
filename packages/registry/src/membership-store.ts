import { sql } from 'kysely';
import {
  CONSENTS,
  type ConsentRow,
  columnNames,
  type FactTable,
  IDENTIFIERS,
  type IdentifierRow,
  RECORDS,
  rowsAsQuery,
  STATUSES,
  type StatusRow,
} from './membership-columns.ts';
import type { MembershipRecord } from './membership-record.ts';
import type { MembershipWrite } from './membership-write.ts';
import { first, type Recording } from './recording.ts';

/** A write that has been judged: what is to be known of the member from now on. */
export interface Planned {
  readonly write: MembershipWrite;
  readonly id: number;
  readonly version: number;
  readonly record: MembershipRecord;
  readonly statuses: readonly Omit<StatusRow, 'id'>[];
  readonly consents: readonly Omit<ConsentRow, 'id'>[];
  readonly identifiers: readonly Omit<IdentifierRow, 'id'>[];
  /** Nothing is known of the member yet, so that there is nothing to close or to compare. */
  readonly isNew?: boolean;
}

/**
 * Stores what has been judged: the log and the events, then each table in at most three statements, whatever the number of members.
 */
export async function store(recording: Recording, planned: readonly Planned[]): Promise<void> {
  const { tx, recordedAt, actor } = recording;
  await appendEntries(recording, planned);
  const ids = planned.map(({ id }) => id);
  const earlier = planned.filter(({ isNew }) => isNew !== true);
  if (earlier.length > 0) {
    await sql`update membership_record set known = tstzrange(lower(known), ${recordedAt})
               where membership_id = any (${earlier.map(({ id }) => id)}) and upper_inf(known)`.execute(tx);
  }
  await sql`insert into membership_record (${columnNames(RECORDS)}, known, recorded_by)
            select r.*, tstzrange(${recordedAt}, null), ${actor.client} from (${rowsAsQuery(RECORDS, planned)}) r`.execute(
    tx,
  );
  await storeFacts(recording, STATUSES, planned, ({ statuses }) => statuses);
  await storeFacts(recording, CONSENTS, planned, ({ consents }) => consents);
  await storeFacts(recording, IDENTIFIERS, planned, ({ identifiers }) => identifiers);
  // What partners are told of these members, in the same transaction (db/migrations/0009).
  await sql`select refresh_shares(${ids}, ${recordedAt}, ${`change:${recordedAt}`})`.execute(tx);
}

/**
 * Makes the facts of members what is planned: of those that are known already, closes the known rows that are not among the planned
 * ones and inserts those planned ones that are not known; of new members, inserts all.
 */
async function storeFacts<Row extends object>(
  { tx, recordedAt }: Recording,
  table: FactTable<Row & { readonly id: number }>,
  planned: readonly Planned[],
  factsOf: (plan: Planned) => readonly Row[],
): Promise<void> {
  const target = sql.table(table.name);
  const added = planned.filter(({ isNew }) => isNew === true);
  const kept = planned.filter(({ isNew }) => isNew !== true);
  const rows = (plans: readonly Planned[]) =>
    rowsAsQuery(
      table,
      plans.flatMap((plan) => factsOf(plan).map((fact) => ({ ...fact, id: plan.id }))),
    );
  const insert = sql`insert into ${target} (${columnNames(table)}, known) select d.*, tstzrange(${recordedAt}, null)`;
  if (kept.length > 0) {
    const same = sql.join(
      table.columns.map(({ name }) => sql`${sql.ref(`t.${name}`)} = ${sql.ref(`d.${name}`)}`),
      sql` and `,
    );
    const ids = kept.map(({ id }) => id);
    const desired = rows(kept);
    // By `except`, which hashes: compared row by row, the planner would take each row with each of 500 members.
    const known = sql`select ${columnNames(table)} from ${target} where membership_id = any (${ids}) and upper_inf(known)`;
    await sql`update ${target} t set known = tstzrange(lower(t.known), ${recordedAt})
                from (${known} except ${desired}) d
               where t.membership_id = any (${ids}) and upper_inf(t.known) and ${same}`.execute(tx);
    await sql`${insert} from (${desired} except ${known}) d`.execute(tx);
  }
  if (added.length > 0) await sql`${insert} from (${rows(added)}) d`.execute(tx);
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
