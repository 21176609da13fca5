import type { Instant, ProgrammeTerms } from '@mra/recognition';
import { type RawBuilder, sql, type Transaction } from 'kysely';
import { consentAsRecorded, consentEvent } from './consent-events.ts';
import type { DB } from './database.ts';
import type { MembershipRecord } from './membership-record.ts';
import type { RecordedEvent } from './membership-write.ts';

/**
 * Note of the event that ends the communication of a copy. Why a partner left a member out of its list is not known: it is not
 * revoked, only unknown from then on (domain.md B.9). Its last event about consent carries the note as long as that lasts.
 */
const NO_LONGER_COMMUNICATED = 'no longer communicated by the partner';
const COMMUNICATED_AGAIN = 'communicated again by the partner';
const CONSENT_AS_LISTED = 'consent as last communicated by the partner';

/** What earlier lists have left on a copy that is listed now. */
export interface Communication {
  /** Missing from the last full list, and not listed since. */
  readonly ended: boolean;
  /** Events stand over the consent of its record. */
  readonly overlaid: boolean;
  /** The line says something else about consent than the record known so far. */
  readonly changed: boolean;
}

/** In SQL: whether the communication of a member has ended. */
export const communicationEnded = (member: RawBuilder<unknown>): RawBuilder<boolean> => sql<boolean>`coalesce((
  select e.type = 'consent_withdrawn' and e.note is not distinct from ${NO_LONGER_COMMUNICATED}
    from membership_event e
   where e.membership_id = ${member} and e.type in ('consent_given', 'consent_withdrawn')
   order by e.seq desc limit 1), false)`;

/** The event that ends the communication of a copy. */
export const communicationEnds = (at: Instant): RecordedEvent =>
  consentEvent('consent_withdrawn', null, at, NO_LONGER_COMMUNICATED);

/** The state of those listed copies that events about consent exist of, by normalised number. */
export async function readCommunication(
  tx: Transaction<DB>,
  programme: string,
  listed: readonly { readonly normalised: string; readonly record: MembershipRecord }[],
): Promise<ReadonlyMap<string, Communication>> {
  const { rows } = await sql<{ normalised: string; ended: boolean; changed: boolean }>`
    select m.number_normalised as normalised, ${communicationEnded(sql`m.id`)} as ended,
           coalesce(r.consent, 'null') is distinct from w.consent::jsonb as changed
      from unnest(${listed.map(({ normalised }) => normalised)}::text[],
                  ${listed.map(({ record }) => JSON.stringify(record.consent))}::text[]) as w (normalised, consent)
      join membership m on m.programme = ${programme} and m.number_normalised = w.normalised
      join membership_record r on r.membership_id = m.id and upper_inf(r.known)
     where exists (select from membership_event e
                    where e.membership_id = m.id and e.type in ('consent_given', 'consent_withdrawn'))`.execute(tx);
  return new Map(rows.map(({ normalised, ended, changed }) => [normalised, { ended, changed, overlaid: true }]));
}

/**
 * The events that make the consent of a copy what its line says, where earlier events stand over its record: those of a member that is
 * communicated again, and of one whose listed consent has changed since. None for all others, whose record says it all.
 */
export function eventsOfListing(
  { ended, overlaid, changed }: Communication,
  record: MembershipRecord,
  programme: ProgrammeTerms,
  at: Instant,
): readonly RecordedEvent[] {
  if (!ended && !(overlaid && changed)) return [];
  return consentAsRecorded(record, programme, at, {
    note: ended ? COMMUNICATED_AGAIN : CONSENT_AS_LISTED,
    isWithdrawn: ended,
  });
}
