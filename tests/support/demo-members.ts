import { readdirSync, readFileSync } from 'node:fs';
import type { MembershipEvent, MembershipRecord } from '@mra/contracts';
import {
  type AuthorisationType,
  type IdentifierScheme,
  identifierFacts,
  lifeCycle,
  type MembershipFacts,
  type NumberPattern,
  normaliseIdentifier,
  parseDayOrInstant,
  presentationsOf,
  programmeAt,
  type Role,
} from '@mra/recognition';
import { referenceNetwork } from './reference-network.ts';

const seeds = new URL('../../db/seeds/', import.meta.url);
export const text = (path: string): string => readFileSync(new URL(path, seeds), 'utf8');
export const read = <T>(path: string): T => JSON.parse(text(path)) as T;
export const instant = (day: string | null | undefined): string => parseDayOrInstant(day ?? '') ?? '';
export const normalise = normaliseIdentifier;

export interface DemoMember {
  readonly programme: string;
  readonly number: string;
  readonly record: MembershipRecord;
  readonly events: readonly MembershipEvent[];
}
export interface DemoSuspension {
  readonly recogniser: string;
  readonly programme: string;
  readonly number: string;
  readonly from: string;
  readonly to: string | null;
  readonly note: string;
}
export interface ProgrammeRow {
  readonly id: string;
  readonly administration: string;
  readonly launchYear: number | null;
  readonly types: readonly AuthorisationType[];
  readonly roles: readonly Role[];
  readonly review: { readonly expires: boolean | null };
  readonly numberPatterns: readonly NumberPattern[];
  readonly consent: 'none' | 'all_partners' | 'per_partner' | 'unknown';
}
interface Administration {
  readonly code: string;
  readonly members: readonly { readonly code: string; readonly from: string; readonly to: string | null }[];
}

export const programmes = new Map(read<ProgrammeRow[]>('reference/programmes.json').map((row) => [row.id, row]));
export const schemes = read<IdentifierScheme[]>('reference/identifier-schemes.json');
export const administrations = new Map(
  read<Administration[]>('reference/administrations.json').map((row) => [row.code, row]),
);
export const suspensions = read<DemoSuspension[]>('demo/local-suspensions.json');

/** Programmes with demonstration members, one file each. */
export const demoProgrammes = readdirSync(new URL('demo/', seeds))
  .filter((file) => file.endsWith('.json') && file !== 'local-suspensions.json')
  .map((file) => file.replace('.json', ''))
  .toSorted();
export const members = demoProgrammes.flatMap((id) => read<DemoMember[]>(`demo/${id}.json`));

export function programmeOf({ programme }: { readonly programme: string }): ProgrammeRow {
  const row = programmes.get(programme);
  if (row === undefined) throw new Error(`no programme ${programme}`);
  return row;
}

export const key = ({ programme, number }: { readonly programme: string; readonly number: string }): string =>
  `${programme} ${normalise(number)}`;

/** The record and its first `count` events in the product's own life cycle, the last of them as if it were recorded now. */
export function lived({ record, events, ...member }: DemoMember, count = events.length) {
  const { consent } = record;
  const base = {
    type: record.type,
    validFrom: instant(record.validFrom),
    validTo: record.validTo == null ? null : instant(record.validTo),
    consent: consent ? { ...consent, partners: consent.partners ?? null, from: instant(consent.from) } : null,
  };
  const posted = events
    .slice(0, count)
    .map(({ type, component = null, newType = null, partners = null, effectiveFrom }) => ({
      type,
      component,
      newType,
      partners,
      effectiveFrom: instant(effectiveFrom),
    }));
  return lifeCycle(base, posted, programmeOf(member).types, { strict: true });
}

/** Codes a partner declares for a member. */
export const presented = (member: DemoMember) => identifiersOf(member).filter(({ origin }) => origin === 'presented');

function identifiersOf({ programme, number, record }: DemoMember) {
  const terms = programmeAt(referenceNetwork, programme, instant(record.validFrom));
  if (terms === null) throw new Error(`no programme ${programme}`);
  const given = (record.identifiers ?? []).map(({ scheme, value }) => ({
    scheme,
    value,
    validFrom: null,
    validTo: null,
  }));
  return identifierFacts(terms, number, given, presentationsOf(referenceNetwork, programme));
}

export function factsOf(member: DemoMember): MembershipFacts {
  const { record, programme, number } = member;
  const result = lived(member);
  if (!result.ok) throw new Error(result.detail);
  return {
    programme,
    number,
    source: null,
    synchronisation: null,
    issuingCountry: record.issuingCountry ?? null,
    names: record.names.map(({ language = null, ...name }) => ({ ...name, language })),
    addresses: (record.addresses ?? []).map(
      ({ street = null, city = null, postalCode = null, region = null, ...rest }) => ({
        kind: rest.kind,
        country: rest.country,
        street,
        city,
        postalCode,
        region,
      }),
    ),
    roles: record.roles ?? [],
    statuses: result.statuses,
    consents: result.consents,
    identifiers: identifiersOf(member),
    localSuspensions: suspensions
      .filter((row) => key(row) === key(member))
      .map(({ recogniser, from, to }) => ({
        recogniser,
        valid: { from: instant(from), to: to === null ? null : instant(to) },
      })),
  };
}
