import type { FieldError, QuarantineCode } from '@mra/contracts';
import type { CanonicalRecord } from '@mra/exchange-protocol';
import { checkDigit } from '@mra/identifiers';
import {
  type IdentifierFact,
  type IdentifierOrigin,
  type Instant,
  identifierFacts,
  isPlausibleIdentifier,
  type Network,
  normaliseIdentifier,
  type ProgrammeTerms,
  programmeAt,
} from '@mra/recognition';
import { joinPeriods, type MembershipRecord, type Planned, rangeText } from '@mra/registry';
import type { Partner } from '../partners.ts';
import type { Claim } from './identifier-holders.ts';
import { judgeStatuses, type Status } from './judge-statuses.ts';
import { isDirection, type KnownProgramme, knownProgramme } from './known-network.ts';

/** Something odd in a record that was accepted; no values of the record. */
export interface RecordWarning extends FieldError {
  readonly code: 'CHECK_DIGIT';
}

/** What a good record becomes in the registry; all but its number, version and consent. */
export interface JudgedRecord {
  readonly programme: ProgrammeTerms;
  readonly normalised: string;
  readonly record: MembershipRecord;
  readonly statuses: Planned['statuses'];
  readonly identifiers: Planned['identifiers'];
  /** The identifiers that no other live member may have, and those with the number; none of either for a member that has ended. */
  readonly claims: readonly Claim[];
  readonly holds: readonly Claim[];
  readonly warnings: readonly RecordWarning[];
}

export interface Refusal {
  readonly code: QuarantineCode;
  /** Pointers are into the payload. */
  readonly errors: readonly FieldError[];
}

export type Judgement =
  | ({ readonly ok: true } & { readonly judged: JudgedRecord })
  | ({ readonly ok: false } & Refusal);

/**
 * Whether a partner may speak of a programme, and whether it is known here.
 * @returns null when it may
 */
export function refuseProgramme(
  network: Network,
  partner: Partner,
  programme: string,
  pointer = '/record/programme',
): Refusal | null {
  const known = knownProgramme(network, programme);
  if (known === null) return refusal('UNKNOWN_PROGRAMME', pointer, 'is not a programme known here');
  if (partner.administrations.includes(known.administration)) return null;
  return refusal('ACCESS_DENIED', pointer, 'is not a programme of the partner');
}

/**
 * Judges a record that fits its schema by what is known here, and makes of it what the registry holds. Identifiers and numbers that
 * other members have are for `changeCopies` to find.
 * @param now instant from which a member still counts as live
 */
export function judgeRecord(
  network: Network,
  partner: Partner,
  { agreement, record }: { readonly agreement: string; readonly record: CanonicalRecord },
  now: Instant,
): Judgement {
  const refused = refuseProgramme(network, partner, record.programme);
  if (refused !== null) return { ok: false, ...refused };
  const known = knownProgramme(network, record.programme) as KnownProgramme;
  const normalised = normaliseIdentifier(record.number);
  const wrong = wrongFields(record, normalised);
  if (wrong.length > 0) return { ok: false, code: 'SCHEMA_INVALID', errors: wrong };
  if (!isDirection(network, agreement, record.programme, partner.actsAs)) {
    const detail = `is not known here as an agreement by which ${partner.actsAs} recognises the programme`;
    return { ok: false, ...refusal('UNKNOWN_AGREEMENT', '/agreement', detail) };
  }
  const strange = unknownTypes(known, record);
  if (strange.length > 0) return { ok: false, code: 'UNKNOWN_TYPE', errors: strange };
  const statuses = judgeStatuses(record);
  if (!statuses.ok) return statuses;
  const validFrom = record.validFrom ?? earliest(statuses.periods);
  if (record.validTo !== null && record.validTo <= validFrom) {
    return { ok: false, ...refusal('SCHEMA_INVALID', '/record/validTo', 'must be later than the start') };
  }
  return { ok: true, judged: toJudged(network, known, record, normalised, statuses.periods, validFrom, now) };
}

const refusal = (code: QuarantineCode, pointer: string, detail: string): Refusal => ({
  code,
  errors: [{ pointer, detail }],
});

function wrongFields(record: CanonicalRecord, normalised: string): FieldError[] {
  const errors: FieldError[] = [];
  if (!isPlausibleIdentifier(normalised)) errors.push({ pointer: '/record/number', detail: 'is not an identifier' });
  record.identifiers.forEach(({ value }, index) => {
    if (isPlausibleIdentifier(normaliseIdentifier(value))) return;
    errors.push({ pointer: `/record/identifiers/${index}/value`, detail: 'is not an identifier' });
  });
  record.statuses.forEach(({ from }, index) => {
    if (from === null) errors.push({ pointer: `/record/statuses/${index}/from`, detail: 'is required' });
  });
  return errors.slice(0, 100);
}

function unknownTypes({ components }: KnownProgramme, record: CanonicalRecord): FieldError[] {
  const errors: FieldError[] = [];
  const detail = 'is not known of this programme';
  if (!components.has(record.type)) errors.push({ pointer: '/record/type', detail });
  record.statuses.forEach(({ type, component }, index) => {
    const parts = components.get(type);
    if (parts === undefined) errors.push({ pointer: `/record/statuses/${index}/type`, detail });
    else if (!parts.has(component)) errors.push({ pointer: `/record/statuses/${index}/component`, detail });
  });
  if (errors.length === 0 && isOfAnotherType(record)) {
    errors.push({ pointer: '/record/type', detail: 'is the type of none of its statuses' });
  }
  return errors.slice(0, 100);
}

/** Of a record that somebody may be recognised by: which of its two words on the type is true nobody can know. */
const isOfAnotherType = ({ type, statuses }: CanonicalRecord): boolean =>
  statuses.some(({ status }) => LIVE.has(status)) && !statuses.some((period) => period.type === type);

const earliest = (periods: readonly Status[]): Instant =>
  periods.reduce((first, { from }) => (from < first ? from : first), periods[0]?.from ?? '');

function toJudged(
  network: Network,
  known: KnownProgramme,
  record: CanonicalRecord,
  normalised: string,
  periods: readonly Status[],
  validFrom: Instant,
  now: Instant,
): JudgedRecord {
  const programme = programmeAt(network, record.programme, now) ?? known.terms;
  const identifiers = record.identifiers.map(({ scheme, value, from, to }) => ({
    scheme,
    value,
    validFrom: from,
    validTo: to,
  }));
  const facts = joinPeriods(identifierFacts(programme, record.number, identifiers, known.presentations));
  const isLive = periods.some(({ status, to }) => LIVE.has(status) && (to === null || to > now));
  return {
    programme,
    normalised,
    record: {
      type: record.type,
      validFrom,
      validTo: record.validTo,
      validatedOn: record.validatedOn,
      issuingCountry: record.issuingCountry,
      issuingOffice: record.issuingOffice,
      names: record.names,
      addresses: record.addresses,
      identifiers,
      roles: record.roles,
      // Partners do not tell consents: what covers us is the period in which the member is communicated.
      consent: null,
    },
    statuses: periods.map(({ type, component, status, from, to }) => ({
      type,
      component,
      status,
      valid: rangeText({ from, to }),
    })),
    identifiers: facts.map(({ origin, scheme, value, normalised: text, recogniser, valid }) => ({
      origin,
      scheme: scheme ?? '',
      value,
      normalised: text,
      recogniser: recogniser ?? '',
      valid: rangeText(valid),
    })),
    claims: isLive ? claimsOf(facts, ['given']) : [],
    holds: isLive ? claimsOf(facts, ['given', 'number']) : [],
    warnings: checkDigits(record, now.slice(0, 10)),
  };
}

const claimsOf = (facts: readonly IdentifierFact[], origins: readonly IdentifierOrigin[]): Claim[] =>
  facts.flatMap(({ origin, scheme, normalised, valid }) =>
    origins.includes(origin) && scheme !== null ? [{ scheme, normalised, valid }] : [],
  );

const LIVE: ReadonlySet<string> = new Set(['active', 'suspended']);

/** Data of a partner are never refused for a check digit (domain.md D.7). */
function checkDigits({ identifiers }: CanonicalRecord, on: string): RecordWarning[] {
  return identifiers.flatMap(({ scheme, value }, index): RecordWarning[] =>
    checkDigit(scheme, normaliseIdentifier(value), on) === 'invalid'
      ? [{ code: 'CHECK_DIGIT', pointer: `/record/identifiers/${index}/value`, detail: 'has a wrong check digit' }]
      : [],
  );
}
