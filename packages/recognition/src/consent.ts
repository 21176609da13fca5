import type { MembershipBase, MembershipEvent } from './life-cycle.ts';
import type { ConsentPeriod } from './membership-types.ts';
import type { Instant } from './time.ts';

type Consent = Omit<ConsentPeriod, 'valid'>;

/**
 * The periods of consent that a record and its consent events give; a gap means that nothing is recorded for that time.
 * Consent is all or nothing in some programmes and partner by partner in others (domain.md finding 5), so each event names the
 * partners it is about, or all. Withdrawing one partner from a consent for all leaves a consent for all others.
 */
export function foldConsent(base: MembershipBase, events: readonly MembershipEvent[]): readonly ConsentPeriod[] {
  const changes: { readonly from: Instant | null; readonly change: (consent: Consent) => Consent }[] = [];
  if (base.consent !== null) {
    const { given, partners, from } = base.consent;
    changes.push({ from: null, change: () => NONE });
    if (given) changes.push({ from, change: (consent) => give(consent, partners) });
  }
  const given = base.consent?.given ? base.consent.from : null;
  for (const [place, { type, partners, effectiveFrom }] of events.entries()) {
    if (type === 'consent_given') changes.push({ from: effectiveFrom, change: (consent) => give(consent, partners) });
    if (type === 'consent_withdrawn') {
      const change = (consent: Consent) => withdraw(consent, partners);
      changes.push({ from: effectiveFrom, change });
      if (given !== null && given > effectiveFrom && !isLifted(events.slice(place + 1), effectiveFrom, given))
        changes.push({ from: given, change });
    }
  }
  const ordered = changes.toSorted((a, b) => compare(a.from ?? '', b.from ?? ''));
  const periods: ConsentPeriod[] = [];
  let current = UNRECORDED;
  ordered.forEach(({ from, change }, index) => {
    current = change(current);
    const to = ordered[index + 1]?.from ?? null;
    const isLast = index === ordered.length - 1;
    if (isLast || (from ?? '') < (to ?? '')) periods.push({ ...current, valid: { from, to: isLast ? null : to } });
  });
  return periods;
}

/**
 * A withdrawal dated before the consent of the record begins must not be undone by that beginning, but by a consent for all that was
 * recorded since and takes effect in between.
 */
const isLifted = (since: readonly MembershipEvent[], withdrawn: Instant, given: Instant): boolean =>
  since.some(
    ({ type, partners, effectiveFrom }) =>
      type === 'consent_given' && partners === null && withdrawn <= effectiveFrom && effectiveFrom <= given,
  );

const NONE: Consent = { scope: 'none', partners: [], except: [] };
const UNRECORDED: Consent = { scope: 'unrecorded', partners: [], except: [] };

function give(consent: Consent, partners: readonly string[] | null): Consent {
  if (partners === null) return { scope: 'all', partners: [], except: [] };
  const except = consent.except.filter((code) => !partners.includes(code));
  if (consent.scope === 'all') return { ...consent, except };
  return { ...consent, partners: [...new Set([...consent.partners, ...partners])].toSorted(), except };
}

function withdraw(consent: Consent, partners: readonly string[] | null): Consent {
  // Whom it was withdrawn from by name stays without it until it is given to them, or to all, again.
  if (partners === null) return { ...NONE, except: consent.except };
  const left = consent.partners.filter((code) => !partners.includes(code));
  // Also of a consent for named partners: a union of theirs may be among those that are left.
  return { ...consent, partners: left, except: [...new Set([...consent.except, ...partners])].toSorted() };
}

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
