import type { Status } from './closed-sets.ts';
import type { AnsweredMembership } from './decision.ts';
import type { MembershipFacts, StatusPeriod } from './membership-types.ts';
import { issuedWithinUnion, issuingCountry, programmeAt } from './network.ts';
import type { AuthorisationType, Network } from './network-types.ts';
import { contains, dayOrInstant, type Instant } from './time.ts';

const LIVE: readonly Status[] = ['active', 'suspended'];

/** The administration that runs the programme of a membership; its id's first letters when the programme is not known. */
export function issuerOf(network: Network, membership: Pick<MembershipFacts, 'programme'>, at: Instant): string {
  const versions = network.programmes.get(membership.programme);
  return (
    programmeAt(network, membership.programme, at)?.administration ??
    versions?.[0]?.administration ??
    membership.programme.slice(0, 2).toUpperCase()
  );
}

/** The status periods that hold at an instant, one a component; empty before the authorisation begins. */
export function statusesAt(membership: Pick<MembershipFacts, 'statuses'>, at: Instant): readonly StatusPeriod[] {
  const statuses: StatusPeriod[] = [];
  let isInOrder = true;
  for (const period of membership.statuses) {
    if (!contains(period.valid, at)) continue;
    const last = statuses.at(-1);
    if (last !== undefined && period.component < last.component) isInOrder = false;
    statuses.push(period);
  }
  return isInOrder ? statuses : statuses.sort((a, b) => (a.component < b.component ? -1 : 1));
}

/** The authorisation type held at an instant; before the beginning, the type with which it will begin. */
export function typeAt(membership: MembershipFacts, at: Instant): string | null {
  const held = typeHeld(statusesAt(membership, at));
  if (held !== null) return held;
  const first = membership.statuses.toSorted((a, b) => ((a.valid.from ?? '') < (b.valid.from ?? '') ? -1 : 1))[0];
  return first?.type ?? null;
}

/**
 * The type of the periods that hold at an instant; null: none does. An annulled component tells the type under which it was annulled, from
 * the beginning and for ever, whatever type the others have had since.
 */
export function typeHeld(statuses: readonly StatusPeriod[]): string | null {
  return (statuses.find(({ status }) => status !== 'annulled') ?? statuses[0])?.type ?? null;
}

/** How the programme describes a type; a type that it does not describe stands for itself and carries nothing else. */
export function describeType(network: Network, membership: MembershipFacts, at: Instant): AuthorisationType | null {
  const code = typeAt(membership, at);
  if (code === null) return null;
  return (
    programmeAt(network, membership.programme, at)?.types.find((type) => type.code === code) ?? {
      code,
      name: code,
      components: [code],
      securityComponent: null,
      validatedOnSite: null,
      recognisable: 'unknown',
      basis: 'not described by the programme',
    }
  );
}

/** Live: some component is active or suspended, and a union's issuing country is still its member. */
export function isLive(network: Network, membership: MembershipFacts, at: Instant): boolean {
  for (const { status, valid } of membership.statuses) {
    if (LIVE.includes(status) && contains(valid, at))
      return issuedWithinUnion(network, issuerOf(network, membership, at), membership, at);
  }
  return false;
}

/**
 * One status for the whole authorisation: active while a component is, else suspended while one is, else how it ended last;
 * `not_started` before its beginning. The components are told beside it.
 */
export function overallStatus(statuses: readonly StatusPeriod[]): {
  status: Status | 'not_started';
  since: Instant | null;
} {
  for (const status of LIVE) {
    const since = earliestOf(status, statuses);
    if (since !== undefined) return { status, since };
  }
  const last = statuses.toSorted((a, b) => ((a.valid.from ?? '') < (b.valid.from ?? '') ? 1 : -1))[0];
  return last ? { status: last.status, since: last.valid.from } : { status: 'not_started', since: null };
}

/** Since when the first of the components is in this status, as far as it is known; undefined: none is. */
function earliestOf(status: Status, statuses: readonly StatusPeriod[]): Instant | null | undefined {
  let earliest: Instant | null | undefined;
  for (const { status: own, valid } of statuses) {
    if (own === status && (!earliest || (valid.from !== null && valid.from < earliest))) earliest = valid.from;
  }
  return earliest;
}

/**
 * A membership as an answer shows it.
 * @param counting components through which it counts under the rule that decides, whose status is then that of the membership
 */
export function answeredMembership(
  network: Network,
  membership: MembershipFacts,
  at: Instant,
  counting: readonly string[] | null,
): AnsweredMembership {
  const statuses = statusesAt(membership, at);
  const deciding = counting === null ? statuses : statuses.filter(({ component }) => counting.includes(component));
  const { status, since } = overallStatus(deciding.length > 0 ? deciding : statuses);
  const name = membership.names.find((candidate) => candidate.kind === 'legal') ?? membership.names[0];
  return {
    programme: membership.programme,
    issuer: issuerOf(network, membership, at),
    issuingCountry: issuingCountryShown(network, membership, at),
    authorisationNumber: membership.number,
    type: statuses[0]?.type ?? typeAt(membership, at),
    status,
    statusSince: since === null ? null : dayOrInstant(since),
    components: statuses.map((period) => ({
      code: period.component,
      status: period.status,
      since: period.valid.from === null ? null : dayOrInstant(period.valid.from),
    })),
    name: name?.name ?? null,
  };
}

/** The country that granted the status: as recorded, of a union's programme as its number says, else the issuer. */
export function issuingCountryShown(network: Network, membership: MembershipFacts, at: Instant): string | null {
  if (membership.issuingCountry !== null) return membership.issuingCountry;
  const issuer = issuerOf(network, membership, at);
  return network.unions.has(issuer) ? issuingCountry(membership) : issuer;
}
