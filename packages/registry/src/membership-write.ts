import {
  identifierFacts,
  lifeCycle,
  type MembershipEvent,
  type Network,
  normaliseIdentifier,
  type ProgrammeTerms,
  presentationsOf,
} from '@mra/recognition';
import { sql } from 'kysely';
import { joinPeriods } from './identifier-periods.ts';
import type { MembershipRecord } from './membership-record.ts';
import { type MemberRow, readMembersForWriting } from './membership-rows.ts';
import { rangeText } from './period.ts';
import { first, type Recording } from './recording.ts';

export interface RecordedEvent extends MembershipEvent {
  readonly note: string | null;
}

/** One membership to write: a record, events to append to it, or both. */
export interface MembershipWrite {
  readonly programme: ProgrammeTerms;
  readonly number: string;
  /** null: leaves the record as it is. */
  readonly record: MembershipRecord | null;
  readonly events: readonly RecordedEvent[];
  /** null: this deployment is authoritative; else the administration whose copy it is. */
  readonly source: string | null;
}

export type WriteResult =
  | { readonly outcome: 'created' | 'updated' | 'unchanged' }
  | { readonly outcome: 'refused'; readonly detail: string }
  | { readonly outcome: 'unknown' }
  | { readonly outcome: 'not_authoritative' };

interface Planned {
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
 * Writes memberships in sets: appends to the change log, closes what is no longer known and inserts what is. All are judged by the
 * life cycle first; a refused one changes nothing, the others are written.
 * @returns one result for each write, in order. Each member may be named once.
 */
export async function writeMemberships(
  recording: Recording,
  network: Network,
  writes: readonly MembershipWrite[],
): Promise<readonly WriteResult[]> {
  const existing = await readMembersForWriting(recording.tx, writes);
  const planned: { write: MembershipWrite; row: MemberRow | undefined; plan: Omit<Planned, 'id'> }[] = [];
  const results = writes.map((write): WriteResult => {
    const row = existing.get(memberKey(write));
    const judged = judge(network, write, row);
    if ('plan' in judged) planned.push({ write, row, plan: judged.plan });
    return judged.result;
  });
  if (planned.length > 0) {
    const ids = await memberIds(recording, planned);
    await store(
      recording,
      planned.map(({ write, plan }) => ({ ...plan, id: ids.get(memberKey(write)) ?? 0 })),
    );
  }
  return results;
}

export const memberKey = ({
  programme,
  number,
}: {
  readonly programme: ProgrammeTerms;
  readonly number: string;
}): string => `${programme.id}/${normaliseIdentifier(number)}`;

function judge(
  network: Network,
  write: MembershipWrite,
  row: MemberRow | undefined,
): { readonly result: WriteResult; readonly plan: Omit<Planned, 'id'> } | { readonly result: WriteResult } {
  const record = write.record ?? row?.record;
  if (record === undefined) return { result: { outcome: 'unknown' } };
  if (row !== undefined && row.source !== write.source) return { result: { outcome: 'not_authoritative' } };
  const sameRecord = row !== undefined && isSame(record, row.record);
  if (sameRecord && write.events.length === 0) return { result: { outcome: 'unchanged' } };

  const events = [...(row?.events ?? []), ...write.events];
  // Several new events are judged one after the other, as if they had been recorded one by one.
  const steps =
    write.events.length > 0 ? write.events.map((_, index) => (row?.events.length ?? 0) + index + 1) : [events.length];
  let folded: ReturnType<typeof lifeCycle> | null = null;
  for (const count of steps) {
    folded = lifeCycle(record, events.slice(0, count), write.programme.types, { strict: write.events.length > 0 });
    if (!folded.ok) return { result: { outcome: 'refused', detail: folded.detail } };
  }
  if (folded === null || !folded.ok) throw new Error('a life cycle without steps');
  const facts = identifierFacts(
    write.programme,
    write.number,
    record.identifiers,
    presentationsOf(network, write.programme.id),
  );
  const plan = {
    write,
    record,
    version: (row?.version ?? 0) + 1,
    statuses: folded.statuses.map(({ valid, ...status }) => ({ ...status, valid: rangeText(valid) })),
    consents: folded.consents.map(({ valid, scope, partners, except }) => ({
      scope,
      partners,
      except_for: except,
      valid: rangeText(valid),
    })),
    identifiers: joinPeriods(facts).map(({ valid, scheme, recogniser, ...fact }) => ({
      ...fact,
      scheme: scheme ?? '',
      recogniser: recogniser ?? '',
      valid: rangeText(valid),
    })),
  };
  return { result: { outcome: row === undefined ? 'created' : 'updated' }, plan };
}

const isSame = (a: MembershipRecord, b: MembershipRecord): boolean => canonical(a) === canonical(b);

/** Keys sorted at every depth, so that the order in which a record was written does not matter. */
function canonical(value: unknown): string {
  return JSON.stringify(value, (_, part: unknown) =>
    part !== null && typeof part === 'object' && !Array.isArray(part)
      ? Object.fromEntries(Object.entries(part).toSorted(([a], [b]) => (a < b ? -1 : 1)))
      : part,
  );
}

async function memberIds(
  { tx }: Recording,
  planned: readonly { write: MembershipWrite; row: MemberRow | undefined }[],
): Promise<Map<string, number>> {
  const ids = new Map(planned.flatMap(({ write, row }) => (row ? [[memberKey(write), row.id] as const] : [])));
  const created = planned.filter(({ row }) => row === undefined).map(({ write }) => write);
  if (created.length === 0) return ids;
  const content = created.map(({ programme, number, source }) => ({
    administration: programme.administration,
    programme: programme.id,
    number,
    number_normalised: normaliseIdentifier(number),
    source,
  }));
  const { rows } = await sql<{ id: number; programme: string; number_normalised: string }>`
    insert into membership (administration, programme, number, number_normalised, source)
    select * from jsonb_to_recordset(${JSON.stringify(content)}::jsonb)
      as m (administration text, programme text, number text, number_normalised text, source text)
    returning id, programme, number_normalised`.execute(tx);
  for (const row of rows) ids.set(`${row.programme}/${row.number_normalised}`, row.id);
  return ids;
}

async function store(recording: Recording, planned: readonly Planned[]): Promise<void> {
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
