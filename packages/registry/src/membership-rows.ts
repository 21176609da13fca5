import { type EventType, type Instant, normaliseIdentifier, type ProgrammeTerms } from '@mra/recognition';
import { sql, type Transaction } from 'kysely';
import type { DB } from './database.ts';
import type { MembershipRecord } from './membership-record.ts';
import type { RecordedEvent } from './membership-write.ts';
import { parsePeriod } from './period.ts';

/** A member as known last, with what a further write builds on. */
export interface MemberRow {
  readonly id: number;
  readonly source: string | null;
  readonly version: number;
  readonly record: MembershipRecord;
  readonly events: readonly RecordedEvent[];
}

interface Row {
  id: number;
  programme: string;
  number_normalised: string;
  source: string | null;
  version: number;
  record: RecordColumns;
  events: readonly EventColumns[] | null;
}

export interface RecordColumns {
  type: string;
  valid: string;
  issuing_country: string | null;
  issuing_office: string | null;
  validated_on: string | null;
  names: MembershipRecord['names'];
  addresses: MembershipRecord['addresses'];
  identifiers: MembershipRecord['identifiers'];
  roles: MembershipRecord['roles'];
  consent: MembershipRecord['consent'];
}

interface EventColumns {
  type: EventType;
  component: string | null;
  new_type: string | null;
  partners: string[] | null;
  effective_from: Instant;
  note: string | null;
}

/** The members that are about to be written, by `programme/normalised number`, in one query. */
export async function readMembersForWriting(
  tx: Transaction<DB>,
  members: readonly { readonly programme: ProgrammeTerms; readonly number: string }[],
): Promise<Map<string, MemberRow>> {
  const { rows } = await sql<Row>`
    select m.id, m.programme, m.number_normalised, m.source, r.version,
           to_jsonb(r) || jsonb_build_object('valid', r.valid::text) as record,
           (select jsonb_agg(jsonb_build_object('type', e.type, 'component', e.component, 'new_type', e.new_type, 'partners', e.partners,
                               'effective_from', instant(e.effective_from), 'note', e.note) order by e.seq)
              from membership_event e where e.membership_id = m.id) as events
      from unnest(${members.map(({ programme }) => programme.id)}::text[],
                  ${members.map(({ number }) => normaliseIdentifier(number))}::text[]) as w (programme, number_normalised)
      join membership m on m.programme = w.programme and m.number_normalised = w.number_normalised
      join membership_record r on r.membership_id = m.id and upper_inf(r.known)`.execute(tx);
  return new Map(
    rows.map((row) => [
      `${row.programme}/${row.number_normalised}`,
      {
        id: row.id,
        source: row.source,
        version: row.version,
        record: toRecord(row.record),
        events: (row.events ?? []).map(({ new_type, effective_from, ...event }) => ({
          ...event,
          newType: new_type,
          effectiveFrom: effective_from,
        })),
      },
    ]),
  );
}

export function toRecord(row: RecordColumns): MembershipRecord {
  const { from, to } = parsePeriod(row.valid);
  if (from === null) throw new Error('a membership without a beginning');
  return {
    type: row.type,
    validFrom: from,
    validTo: to,
    validatedOn: row.validated_on,
    issuingCountry: row.issuing_country,
    issuingOffice: row.issuing_office,
    names: row.names,
    addresses: row.addresses,
    identifiers: row.identifiers,
    roles: row.roles,
    consent: row.consent,
  };
}
