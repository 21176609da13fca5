import { z } from 'zod';
import { AdministrationCode, CountryCode, Identifier, Roles, SchemeCode, TypeCode } from './common.ts';
import { Day, DayOrInstant, isPeriod } from './days.ts';
import { besideOtherErrors, code, line } from './text.ts';

export const PartyName = z
  .strictObject({
    name: line(300),
    kind: z
      .enum(['legal', 'trading', 'former', 'local_script'])
      .describe('`local_script`: the legal name in the script of the country.'),
    language: code(/^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*$/, 35, 'a BCP 47 language tag')
      .nullish()
      .describe('BCP 47 tag, `de`.'),
  })
  .meta({ id: 'PartyName', description: 'A name of the operator.' });
export type PartyName = z.infer<typeof PartyName>;

export const Address = z
  .strictObject({
    kind: z.enum(['registered', 'site', 'postal']),
    street: line(300).nullish(),
    city: line(100).nullish(),
    postalCode: line(32).nullish(),
    region: line(100).nullish().describe('State or province.'),
    country: CountryCode,
  })
  .meta({ id: 'Address', description: 'An address of the operator.' });
export type Address = z.infer<typeof Address>;

const endsAfterStart = (it: { validFrom?: unknown; validTo?: unknown }) => isPeriod(it.validFrom, it.validTo);

const END_BEFORE_START = {
  ...besideOtherErrors,
  path: ['validTo'],
  error: 'must be later than validFrom: it is the first moment no longer valid',
};

export const MemberIdentifier = z
  .strictObject({
    scheme: SchemeCode,
    value: Identifier.describe('As written; matched without regard to case, spaces and hyphens.'),
    validFrom: DayOrInstant.nullish().describe("Absent or null: from the membership's start."),
    validTo: DayOrInstant.nullish().describe('First moment no longer valid. Absent or null: open.'),
  })
  .refine(endsAfterStart, END_BEFORE_START)
  .meta({ id: 'MemberIdentifier', description: 'An identifier under which the operator is known.' });
export type MemberIdentifier = z.infer<typeof MemberIdentifier>;

export const Consent = z
  .strictObject({
    given: z.boolean().describe('Whether the operator consented to be made known to partners.'),
    partners: z
      .array(AdministrationCode)
      .min(1)
      .max(300)
      .nullish()
      .describe('Partners the consent is for. Absent or null: all. Only of a consent that is given.'),
    from: DayOrInstant.nullish().describe("Since when. Absent or null: from the membership's start."),
  })
  .refine(({ given, partners }) => given || partners == null, {
    ...besideOtherErrors,
    path: ['partners'],
    error: 'must be absent or null where consent is not given',
  })
  .meta({ id: 'Consent', description: 'The consent to exchange and recognition.' });
export type Consent = z.infer<typeof Consent>;

const fields = {
  type: TypeCode,
  validFrom: DayOrInstant.describe('Start of the authorisation: the `granted` event.'),
  validTo: DayOrInstant.nullish().describe('First moment no longer valid (`expired`). Absent or null: open.'),
  validatedOn: Day.nullish().describe('Day of the last validation by customs.'),
  issuingCountry: CountryCode.nullish().describe('Country whose customs granted it; of a union, the member.'),
  issuingOffice: line(64).nullish().describe('Customs office that granted it, `DE004600`.'),
  names: z.array(PartyName).max(50).describe('Names of the operator. Empty: not known.'),
  addresses: z.array(Address).max(50).optional(),
  identifiers: z.array(MemberIdentifier).max(200).optional().describe('Identifiers besides the authorisation number.'),
  roles: Roles.optional().describe('Roles in the supply chain. Absent or empty: not known, which is not none.'),
  consent: Consent.nullish().describe('Absent or null: nothing is recorded about consent.'),
};

export const AuthorisationNumber = Identifier.describe('Authorisation number in its own form, `GBAEOF00001/10`.');

/** A membership as written by PUT. */
export const MembershipRecord = z.strictObject(fields).refine(endsAfterStart, END_BEFORE_START).meta({
  id: 'MembershipRecord',
  description: 'The whole record: what is left out is removed. A day means 00:00 UTC.',
});
export type MembershipRecord = z.infer<typeof MembershipRecord>;

/** A line of an NDJSON import; a CSV line becomes one by `fromCsvRecord`. */
export const ImportLine = z
  .strictObject({ number: AuthorisationNumber, ...fields })
  .refine(endsAfterStart, END_BEFORE_START)
  .meta({ id: 'ImportLine', description: 'A membership record and its authorisation number.' });
export type ImportLine = z.infer<typeof ImportLine>;

/** Nested fields that may be absent, read as null. */
type Complete<T> = { [K in keyof T]-?: undefined extends T[K] ? Exclude<T[K], undefined> : T[K] };

export interface CompleteMembershipRecord
  extends Omit<Complete<MembershipRecord>, 'names' | 'addresses' | 'identifiers' | 'consent'> {
  names: Complete<PartyName>[];
  addresses: Complete<Address>[];
  identifiers: Complete<MemberIdentifier>[];
  consent: Complete<Consent> | null;
}

/**
 * The record with every field there: null or an empty list for what was left out, and the start of the membership as start of a
 * consent that names none. Moments stay as written.
 */
export function completeMembershipRecord(record: MembershipRecord): CompleteMembershipRecord {
  const { consent } = record;
  return {
    type: record.type,
    validFrom: record.validFrom,
    validTo: record.validTo ?? null,
    validatedOn: record.validatedOn ?? null,
    issuingCountry: record.issuingCountry ?? null,
    issuingOffice: record.issuingOffice ?? null,
    names: record.names.map((name) => ({ ...name, language: name.language ?? null })),
    addresses: (record.addresses ?? []).map((address) => ({
      kind: address.kind,
      street: address.street ?? null,
      city: address.city ?? null,
      postalCode: address.postalCode ?? null,
      region: address.region ?? null,
      country: address.country,
    })),
    identifiers: (record.identifiers ?? []).map((identifier) => ({
      ...identifier,
      validFrom: identifier.validFrom ?? null,
      validTo: identifier.validTo ?? null,
    })),
    roles: record.roles ?? [],
    consent: consent
      ? { given: consent.given, partners: consent.partners ?? null, from: consent.from ?? record.validFrom }
      : null,
  };
}
