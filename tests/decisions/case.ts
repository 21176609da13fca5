import {
  type Decision,
  type EventType,
  type Instant,
  identifierFacts,
  lifeCycle,
  type MembershipEvent,
  type MembershipFacts,
  type Network,
  parseDayOrInstant,
  presentationsOf,
  programmeAt,
  type Question,
  type Role,
  secondsBetween,
} from '@mra/recognition';
import type { MembershipRecord } from '@mra/registry';
import type { AgreementChange } from '../support/agreement-changes.ts';
import own from './own-cases.json' with { type: 'json' };
import reference from './reference-cases.json' with { type: 'json' };

/** One row of the case table: what exists, what is asked, what must be answered, and why. */
export interface DecisionCase {
  readonly id: string;
  readonly title: string;
  readonly memberships: readonly CaseMembership[];
  readonly localSuspensions?: readonly {
    readonly programme: string;
    readonly number: string;
    readonly recogniser: string;
    readonly from: string;
    readonly to?: string;
  }[];
  /** What is heard of partners; `secondsAgo` counts back from the question's knowledge. */
  readonly synchronisations?: readonly {
    readonly administration: string;
    readonly secondsAgo: number;
    readonly maxAgeSeconds: number;
  }[];
  readonly question: { readonly recogniser: string; readonly identifier: string; readonly at: string } & Partial<
    Pick<Question, 'scheme' | 'issuer' | 'role' | 'flow' | 'name'>
  >;
  /** Agreements whose terms are not those of the reference data. */
  readonly agreements?: readonly (Omit<AgreementChange, 'from'> & { readonly from?: string })[];
  /** Ask as known before the last event was recorded. */
  readonly knownBeforeLastEvent?: boolean;
  /** The administration that the caller acts for. */
  readonly audience?: string;
  readonly expect: {
    readonly outcome: string;
    readonly reason?: string;
    readonly agreements?: readonly string[];
    readonly declareIdentifier?: string | null;
    readonly validUntil?: string | null;
    /** The same, of an answer that turns stale: seconds after the last synchronisation. */
    readonly validUntilAfterSynchronisation?: number;
    readonly benefits?: readonly string[];
    /** Every rule that could apply, with its conditions that are not met (false) or cannot be known (null). */
    readonly rules?: Readonly<Record<string, Readonly<Record<string, boolean | null>>>>;
    /** Of the membership that decided. */
    readonly programme?: string;
    readonly nameMatch?: string;
  };
  readonly because: string;
}

export interface CaseMembership {
  readonly programme: string;
  readonly number: string;
  readonly type: string;
  readonly roles: readonly string[];
  readonly names: readonly string[];
  readonly identifiers: readonly {
    readonly scheme: string;
    readonly value: string;
    readonly validFrom?: string;
    readonly validTo?: string;
  }[];
  readonly consent: { readonly scope: string; readonly partners: readonly string[] | null } | null;
  readonly validFrom: string;
  readonly validTo?: string;
  /** Of a copy: whose list it came from. */
  readonly source?: string;
  readonly events: readonly {
    readonly type: string;
    readonly component?: string | null;
    readonly newType?: string;
    readonly partners?: readonly string[];
    readonly effectiveFrom: string;
  }[];
}

export const decisionCases = [...reference, ...own] as unknown as readonly DecisionCase[];

export const instantOf = (text: string): Instant => {
  const instant = parseDayOrInstant(text);
  if (instant === null) throw new Error(`not a day or an instant: ${text}`);
  return instant;
};

/** The record of a case's membership, as it would be written. */
export function recordOf(membership: CaseMembership): MembershipRecord {
  const { consent } = membership;
  return {
    type: membership.type,
    validFrom: instantOf(membership.validFrom),
    validTo: membership.validTo === undefined ? null : instantOf(membership.validTo),
    validatedOn: null,
    issuingCountry: null,
    issuingOffice: null,
    names: (membership.names.length > 0 ? membership.names : ['Invented Trader']).map((name) => ({
      name,
      kind: 'legal' as const,
    })),
    addresses: [],
    identifiers: membership.identifiers.map(({ scheme, value, validFrom, validTo }) => ({
      scheme,
      value,
      validFrom: validFrom === undefined ? null : instantOf(validFrom),
      validTo: validTo === undefined ? null : instantOf(validTo),
    })),
    roles: membership.roles as Role[],
    consent: consent && {
      given: consent.scope !== 'none',
      partners: consent.scope === 'partners' ? (consent.partners ?? []) : null,
      from: instantOf(membership.validFrom),
    },
  };
}

export function eventsOf(membership: CaseMembership): readonly (MembershipEvent & { readonly note: null })[] {
  return membership.events.map((event) => ({
    type: event.type as EventType,
    component: event.component ?? null,
    newType: event.newType ?? null,
    partners: event.partners ?? null,
    effectiveFrom: instantOf(event.effectiveFrom),
    note: null,
  }));
}

export function changesOf({ agreements = [] }: DecisionCase): readonly AgreementChange[] {
  return agreements.map(({ from, ...change }) => ({ ...change, from: from === undefined ? null : instantOf(from) }));
}

/** The facts of a case without a database: what the registry would hold after its records and events. */
export function factsOf(network: Network, subject: DecisionCase, knownAt: Instant): readonly MembershipFacts[] {
  return subject.memberships.map((membership): MembershipFacts => {
    const record = recordOf(membership);
    const programme = programmeAt(network, membership.programme, record.validFrom);
    if (programme === null) throw new Error(`no programme ${membership.programme}`);
    const events = subject.knownBeforeLastEvent ? eventsOf(membership).slice(0, -1) : eventsOf(membership);
    const folded = lifeCycle(record, events, programme.types, { strict: false });
    if (!folded.ok) throw new Error(folded.detail);
    const heard = subject.synchronisations?.find(({ administration }) => administration === membership.source);
    return {
      programme: membership.programme,
      number: membership.number,
      issuingCountry: null,
      names: record.names,
      addresses: [],
      roles: record.roles,
      statuses: folded.statuses,
      consents: folded.consents,
      identifiers: identifierFacts(
        programme,
        membership.number,
        record.identifiers,
        presentationsOf(network, programme.id),
      ),
      localSuspensions: (subject.localSuspensions ?? [])
        .filter(({ programme, number }) => programme === membership.programme && number === membership.number)
        .map(({ recogniser, from, to }) => ({
          recogniser,
          valid: { from: instantOf(from), to: to === undefined ? null : instantOf(to) },
        })),
      source: membership.source ?? null,
      synchronisation: heard
        ? {
            lastSynchronisedAt: new Date(Date.parse(knownAt) - heard.secondsAgo * 1000).toISOString(),
            maxAgeSeconds: heard.maxAgeSeconds,
          }
        : null,
    };
  });
}

/** What of a decision the case table speaks about, in the shape of `expect`. */
export function observed(expected: DecisionCase['expect'], decision: Decision): DecisionCase['expect'] {
  return {
    outcome: decision.outcome,
    ...(expected.reason !== undefined && { reason: decision.reason }),
    ...(expected.agreements !== undefined && {
      agreements: decision.rules
        .filter((rule) => rule.met)
        .map((rule) => rule.agreement)
        .toSorted(),
    }),
    ...(expected.declareIdentifier !== undefined && { declareIdentifier: decision.declare?.identifier ?? null }),
    ...(expected.validUntil !== undefined && { validUntil: decision.validUntil }),
    ...(expected.validUntilAfterSynchronisation !== undefined && {
      validUntilAfterSynchronisation: secondsBetween(
        decision.dataAge?.lastSynchronisedAt ?? '',
        decision.validUntil ?? '',
      ),
    }),
    ...(expected.benefits !== undefined && { benefits: decision.benefits }),
    ...(expected.rules !== undefined && {
      rules: Object.fromEntries(
        decision.rules.map(({ rule, conditions }) => [
          rule,
          Object.fromEntries(conditions.filter(({ met }) => met !== true).map(({ code, met }) => [code, met])),
        ]),
      ),
    }),
    ...(expected.programme !== undefined && { programme: decision.membership?.programme ?? 'none' }),
    ...(expected.nameMatch !== undefined && { nameMatch: decision.nameMatch?.result ?? 'none' }),
  };
}

/** `expect` with its lists in one order and its instants in one form. */
export function expected({ agreements, validUntil, ...rest }: DecisionCase['expect']): DecisionCase['expect'] {
  return {
    ...rest,
    ...(agreements !== undefined && { agreements: agreements.toSorted() }),
    ...(validUntil !== undefined && { validUntil: validUntil === null ? null : instantOf(validUntil) }),
  };
}
