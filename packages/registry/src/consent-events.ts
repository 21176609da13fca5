import type { Instant, ProgrammeTerms } from '@mra/recognition';
import type { MembershipRecord } from './membership-record.ts';
import type { RecordedEvent } from './membership-write.ts';

/**
 * The events that make the consent of a member what its record says, from an instant on, where earlier events stand over the record: they
 * end all that was given, and give what the record gives. What was announced for later is for {@link overAnnounced}.
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

/**
 * Events that say from an instant on what holds, whatever was said earlier, say so also where earlier ones have announced a consent that
 * begins only later: there they end what begins, and give again what they give, as far as no withdrawal was announced in between.
 * @param events the withdrawal of all that was given, and what is given instead; without that withdrawal they are returned as they are
 * @param earlier of the same member, in the order in which they were recorded
 */
export function overAnnounced(
  events: readonly RecordedEvent[],
  earlier: readonly RecordedEvent[],
): readonly RecordedEvent[] {
  const [ending, ...giving] = events;
  if (ending?.type !== 'consent_withdrawn' || ending.partners !== null) return events;
  const announced = earlier.filter(({ effectiveFrom }) => effectiveFrom > ending.effectiveFrom);
  const begins = announced.filter(({ type }) => type === 'consent_given').map(({ effectiveFrom }) => effectiveFrom);
  const moments = [...new Set(begins)].toSorted();
  const again = moments.flatMap((at) => {
    const given = giving.filter(({ effectiveFrom }) => effectiveFrom <= at);
    const taken = announced.filter(({ type, effectiveFrom }) => type === 'consent_withdrawn' && effectiveFrom <= at);
    return given.length === 0
      ? []
      : [...given, ...taken].map((event) => ({ ...event, effectiveFrom: at, note: ending.note }));
  });
  // Ends first: what is given at the same instant comes after them.
  return [ending, ...moments.map((at) => ({ ...ending, effectiveFrom: at })), ...giving, ...again];
}

export function consentEvent(
  type: 'consent_given' | 'consent_withdrawn',
  partners: readonly string[] | null,
  effectiveFrom: Instant,
  note: string,
): RecordedEvent {
  return { type, component: null, newType: null, partners, effectiveFrom, note };
}
