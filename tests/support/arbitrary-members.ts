import {
  addSeconds,
  type EventType,
  type Instant,
  identifierFacts,
  lifeCycle,
  type MembershipFacts,
  type Network,
  presentationsOf,
  programmeAt,
  ROLES,
  type Role,
  type Synchronisation,
} from '@mra/recognition';
import type { MembershipRecord, RecordedEvent } from '@mra/registry';
import fc from 'fast-check';
import { referenceNetwork } from './reference-network.ts';

/** A membership with all that is recorded about it, in the order of recording. */
export interface Member {
  readonly programme: string;
  readonly number: string;
  readonly record: MembershipRecord;
  readonly events: readonly RecordedEvent[];
  readonly localSuspensions: readonly Suspension[];
  readonly source: string | null;
  readonly synchronisation: Synchronisation | null;
}

export interface Suspension {
  readonly recogniser: string;
  readonly from: Instant;
  readonly to: Instant | null;
}

/** Days on which something happens to these programmes and agreements, and some around them. */
export const BOUNDS: readonly Instant[] = [
  '2010-01-01 2011-05-24 2012-07-01 2013-01-31 2014-12-01 2016-10-01 2018-07-01 2019-08-26 2020-06-15 2021-01-01',
  '2021-01-21 2022-01-01 2024-08-01 2025-02-28 2026-01-01 2026-03-01 2026-06-15 2026-11-22 2027-01-01 2028-01-01',
]
  .flatMap((days) => days.split(' '))
  .map((day) => `${day}T00:00:00.000Z`);

/** Numbers of a few real programmes: two Malaysian ones share their code in Japan, one British one is in two programmes. */
export const NUMBERS: Readonly<Record<string, readonly string[]>> = {
  'eu-aeo': ['DEAEOF00012345', 'FRAEOS0000777', 'GBAEOF00001/10'],
  'gb-aeo': ['GBAEOF00001/10', 'GBAEOS00002'],
  'us-ctpat': ['CTPAT-IMP-10452', 'CTPAT-IMP-20001'],
  'sg-stp': ['AEOSG123456789012', 'AEOSG223456789012'],
  'tw-aeo': ['TW100000001', 'TW100000002'],
  'my-aeo': ['MY12345H100001', 'MY12345H100002'],
  'ph-aeo': ['PHAEO00031'],
  'kr-aeo': ['KRAEO0100001'],
};

/** Identifiers that several members may have. */
export const SHARED = [
  { scheme: 'lei', value: '213800KUD8LAJWSQ9D15' },
  { scheme: 'eori', value: 'DE 123456789012345' },
  { scheme: 'eu-tcui', value: 'US10452' },
] as const;

export const RECOGNISERS = ['JP', 'US', 'EU', 'NL', 'GB', 'CN', 'CA', 'KR', 'SG', 'MY', 'IN', 'TR'] as const;

/** Mostly one, sometimes the other. */
export const often = <T>(usual: fc.Arbitrary<T>, other: fc.Arbitrary<T>, weight = 4) =>
  fc.oneof({ weight, arbitrary: usual }, { weight: 1, arbitrary: other });
/** For all partners, from the first day on. */
export const CONSENT: MembershipRecord['consent'] = { given: true, partners: null, from: BOUNDS[0] ?? '' };

export const bound = fc.constantFrom(...BOUNDS);
const early = fc.constantFrom(...BOUNDS.slice(0, 6));
const partners = fc.oneof(
  fc.constant(null),
  fc.uniqueArray(fc.constantFrom(...RECOGNISERS), { minLength: 1, maxLength: 3 }),
);
/** Milliseconds around a bound, most often a late one: just before, at and after it, and half a day later. */
export const nearBound = fc
  .tuple(often(fc.constantFrom(...BOUNDS.slice(8)), bound), fc.constantFrom(-1, 0, 0, 1, 43_200_000))
  .map(([instant, offset]) => addSeconds(instant, offset / 1000));

export const typesOf = (programme: string) => referenceNetwork.programmes.get(programme)?.[0]?.types ?? [];

export function aRecord(programme: string): fc.Arbitrary<MembershipRecord> {
  const identifier = fc
    .tuple(
      often(fc.constantFrom(...SHARED), fc.constant(SHARED[0]), 2),
      often(fc.constant(null), early, 8),
      often(fc.constant(null), bound, 8),
    )
    .map(([shared, validFrom, validTo]) => ({ ...shared, validFrom, validTo }))
    .filter(({ validFrom, validTo }) => validFrom === null || validTo === null || validFrom < validTo);
  return fc
    .record({
      type: fc.constantFrom(...typesOf(programme).map(({ code }) => code)),
      validFrom: often(early, bound, 8),
      validTo: often(fc.constant(null), bound),
      identifiers: fc.uniqueArray(identifier, { maxLength: 2, selector: ({ scheme }) => scheme }),
      roles: often(
        fc.constant<readonly Role[]>([]),
        fc.uniqueArray(fc.constantFrom(...ROLES.slice(0, 4)), { maxLength: 2 }),
        1,
      ),
      consent: often(
        fc.constant(CONSENT),
        fc.option(fc.record({ given: fc.boolean(), partners, from: bound }), { nil: null }),
        3,
      ),
    })
    .filter(({ validFrom, validTo }) => validTo === null || validFrom < validTo)
    .map((record) => ({
      ...record,
      validatedOn: null,
      issuingCountry: null,
      issuingOffice: null,
      addresses: [],
      names: [{ name: 'Invented Trader', kind: 'legal' as const }],
    }));
}

const EVENTS: readonly EventType[] = [
  ...['suspended', 'suspended', 'suspended', 'reinstated', 'reinstated', 'type_changed', 'type_changed'],
  ...['revoked', 'annulled', 'withdrawn', 'expired', 'consent_given', 'consent_withdrawn'],
] as EventType[];

/** Any event of one of these types about a member of the programme, allowed or not. */
export function anEventOf(programme: string, among: readonly EventType[] = EVENTS): fc.Arbitrary<RecordedEvent> {
  const types = typesOf(programme);
  return fc
    .record({
      type: fc.constantFrom(...among),
      component: fc.option(fc.constantFrom(...new Set(types.flatMap((type) => type.components))), { nil: null }),
      newType: fc.constantFrom(...types.map(({ code }) => code)),
      partners,
      effectiveFrom: bound,
    })
    .map(({ type, component, newType, partners, effectiveFrom }) => {
      const isConsent = type === 'consent_given' || type === 'consent_withdrawn';
      const isChange = type === 'type_changed';
      return {
        type,
        component: isConsent || isChange ? null : component,
        newType: isChange ? newType : null,
        partners: isConsent ? partners : null,
        effectiveFrom,
        note: null,
      };
    });
}

export const aSuspension: fc.Arbitrary<Suspension> = fc
  .record({ recogniser: fc.constantFrom(...RECOGNISERS), from: bound, to: fc.option(bound, { nil: null }) })
  .filter(({ from, to }) => to === null || from < to);

const aSynchronisation: fc.Arbitrary<Synchronisation | null> = fc.option(
  fc.record({
    lastSynchronisedAt: fc.constantFrom(
      '2026-06-01T00:00:00.000Z',
      '2026-11-20T12:00:00.000Z',
      '2026-11-22T08:00:00.000Z',
      null,
    ),
    maxAgeSeconds: fc.constant(129_600),
  }),
  { nil: null, freq: 8 },
);

/** A member with one of the numbers; its events are those that the life cycle allows, one after the other. */
const aMember = (programme: string, number: string): fc.Arbitrary<Member> =>
  fc
    .record({
      record: aRecord(programme),
      events: fc.array(anEventOf(programme), { maxLength: 4 }),
      localSuspensions: often(
        fc.constant<readonly Suspension[]>([]),
        fc.array(aSuspension, { minLength: 1, maxLength: 3 }),
        1,
      ),
      source: often(fc.constant(null), fc.constant(programme.slice(0, 2).toUpperCase())),
      synchronisation: aSynchronisation,
    })
    .map(({ record, events, ...member }) => ({
      ...member,
      programme,
      number,
      record,
      events: events.reduce<readonly RecordedEvent[]>(
        (before, event) => recorded({ programme, record }, before, event),
        [],
      ),
    }));

/** The events of a member after one more was recorded: the same where the life cycle refuses it. */
export function recorded(
  { programme, record }: Pick<Member, 'programme' | 'record'>,
  before: readonly RecordedEvent[],
  event: RecordedEvent,
): readonly RecordedEvent[] {
  const events = [...before, event];
  return lifeCycle(record, events, typesOf(programme), { strict: true }).ok ? events : before;
}

/** Members of one or two programmes. */
export const members: fc.Arbitrary<readonly Member[]> = fc
  .uniqueArray(fc.constantFrom(...Object.keys(NUMBERS)), { minLength: 1, maxLength: 2 })
  .chain((programmes) => {
    const named = programmes.flatMap((programme) =>
      (NUMBERS[programme] ?? []).map((number) => ({ programme, number })),
    );
    return fc.subarray(named, { minLength: 1, maxLength: Math.min(4, named.length) });
  })
  .chain((chosen) => fc.tuple(...chosen.map(({ programme, number }) => aMember(programme, number))));

/** What a member is as far as decisions are concerned. */
export function factsOf(network: Network, member: Member): MembershipFacts {
  const { record, source } = member;
  const programme = programmeAt(network, member.programme, record.validFrom);
  if (programme === null) throw new Error(`no programme ${member.programme}`);
  const folded = lifeCycle(record, member.events, programme.types, { strict: false });
  if (!folded.ok) throw new Error(folded.detail);
  return {
    programme: member.programme,
    number: member.number,
    issuingCountry: record.issuingCountry,
    names: record.names,
    addresses: record.addresses,
    roles: record.roles,
    statuses: folded.statuses,
    consents: folded.consents,
    identifiers: identifierFacts(programme, member.number, record.identifiers, presentationsOf(network, programme.id)),
    localSuspensions: member.localSuspensions.map(({ recogniser, from, to }) => ({ recogniser, valid: { from, to } })),
    source,
    synchronisation: source === null ? null : member.synchronisation,
  };
}
