import type { Instant, ProgrammeTerms } from '@mra/recognition';
import type { MembershipRecord } from './membership-record.ts';
import type { RecordedEvent } from './membership-write.ts';

/**
 * The events that make the consent of a member what its record says, from an instant on, where earlier events stand over the record: they
 * end all that was given, and give what the record gives.
 * @param isWithdrawn whether all that was given has ended already
 */
export function consentAsRecorded(
  { consent }: MembershipRecord,
  programme: ProgrammeTerms,
  at: Instant,
  { note, isWithdrawn }: { readonly note: string; readonly isWithdrawn: boolean },
): readonly RecordedEvent[] {
  const withdrawn = isWithdrawn ? [] : [consentEvent('consent_withdrawn', null, at, note)];
  if (consent === null) {
    // Nothing is recorded: as visible as its programme makes such a member, and never more.
    const isOpen = programme.consent === 'none' || programme.consent === 'unknown';
    return isOpen ? [...withdrawn, consentEvent('consent_given', null, at, note)] : withdrawn;
  }
  if (!consent.given) return withdrawn;
  const from = consent.from > at ? consent.from : at;
  return [...withdrawn, consentEvent('consent_given', consent.partners, from, note)];
}

export function consentEvent(
  type: 'consent_given' | 'consent_withdrawn',
  partners: readonly string[] | null,
  effectiveFrom: Instant,
  note: string,
): RecordedEvent {
  return { type, component: null, newType: null, partners, effectiveFrom, note };
}
