import { readdirSync, readFileSync } from 'node:fs';
import type { MembershipEvent, MembershipRecord } from '@mra/contracts';
import {
  type AgreementTerms,
  ALWAYS,
  type AuthorisationType,
  type IdentifierFact,
  type IdentifierScheme,
  lifeCycle,
  type MembershipFacts,
  type NumberPattern,
  parseDayOrInstant,
  type Role,
  type Template,
} from '@mra/recognition';

const seeds = new URL('../../db/seeds/', import.meta.url);
export const text = (path: string): string => readFileSync(new URL(path, seeds), 'utf8');
export const read = <T>(path: string): T => JSON.parse(text(path)) as T;
export const instant = (day: string | null | undefined): string => parseDayOrInstant(day ?? '') ?? '';
export const normalise = (value: string): string => value.toUpperCase().replace(/[\s-]/g, '');

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
interface PresentationRow {
  readonly id: string;
  readonly programme: string;
  readonly recogniser: string;
  readonly strategy: 'PARTNER_CODE';
  readonly from: string | null;
  readonly transform: { readonly words: string | null; readonly template: Template | null };
  readonly where: string;
  readonly lossy: boolean;
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
export const agreements =
  read<(AgreementTerms & { status: AgreementTerms['lifeCycle'] })[]>('reference/agreements.json');
export const presentations = read<PresentationRow[]>('reference/presentations.json');
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

/** Codes a partner declares for a member (reference README, presentations.json). */
export function presented({ programme, record }: DemoMember) {
  return presentations.flatMap(({ programme: of, recogniser, from, transform: { template } }) => {
    if (of !== programme || template === null || template.builder) return [];
    const held = (record.identifiers ?? []).filter(({ scheme }) => scheme === (template.source ?? from));
    return held.flatMap(({ scheme, value }) => {
      const whole = normalise(value).slice((template.strip ?? '').length);
      const taken = template.take?.map((piece) => whole.slice(piece.from, piece.from + piece.length)).join('') ?? whole;
      return [{ recogniser, scheme, code: `${template.prefix ?? ''}${taken}${template.suffix ?? ''}` }];
    });
  });
}

export function factsOf(member: DemoMember): MembershipFacts {
  const { record, programme, number } = member;
  const result = lived(member);
  if (!result.ok) throw new Error(result.detail);
  const fact = (
    origin: IdentifierFact['origin'],
    scheme: string | null,
    value: string,
    recogniser: string | null = null,
  ) => ({ origin, scheme, value, normalised: normalise(value), recogniser, valid: ALWAYS }) satisfies IdentifierFact;
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
    identifiers: [
      fact('number', null, number),
      ...(record.identifiers ?? []).map(({ scheme, value }) => fact('given', scheme, value)),
      ...presented(member).map(({ recogniser, code }) => fact('presented', null, code, recogniser)),
    ],
    localSuspensions: suspensions
      .filter((row) => key(row) === key(member))
      .map(({ recogniser, from, to }) => ({
        recogniser,
        valid: { from: instant(from), to: to === null ? null : instant(to) },
      })),
  };
}
