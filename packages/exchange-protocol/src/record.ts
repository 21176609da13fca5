import {
  Address,
  AuthorisationNumber,
  DayOrInstant,
  MembershipRecord,
  PartyName,
  ProgrammeId,
  Role,
} from '@mra/contracts';
import { type Instant, parseDayOrInstant, STATUSES } from '@mra/recognition';
import { z } from 'zod';
import { count } from './text.ts';

/** Most status periods of one membership. Others: 50 names, 50 addresses, 200 identifiers; strings as in the API contract. */
export const STATUS_PERIODS_MAX = 500;

const TypeCode = MembershipRecord.shape.type;

/** Absent and null are the same; what is read says null. */
const orNull = <Schema extends z.ZodType>(schema: Schema) => schema.nullish().transform((value) => value ?? null);

/** Absent, null and empty are the same; what is read is a list. */
const listOf = <Item extends z.ZodType>(item: Item, max: number) =>
  z
    .array(item)
    .max(max)
    .nullish()
    .transform((items) => items ?? []);

/** A day or an instant with any offset; read as an instant in the one form in which instants compare as text. */
const Moment = DayOrInstant.transform((text): Instant => parseDayOrInstant(text) as Instant);

const isForward = ({ from, to }: { readonly from: string | null; readonly to: string | null }) =>
  from === null || to === null || from < to;

const BACKWARD = { path: ['to'], error: 'must be later than from: it is the first moment no longer valid' };

/** The status of one component of the authorisation over one period; starts and ends that lie ahead are told beforehand. */
const RecordStatus = z
  .object({
    component: TypeCode,
    type: TypeCode,
    status: z.enum(STATUSES),
    from: orNull(Moment),
    to: orNull(Moment),
  })
  .refine(isForward, BACKWARD);

const RecordIdentifier = z
  .object({
    scheme: MembershipRecord.shape.identifiers.unwrap().element.shape.scheme,
    value: AuthorisationNumber,
    from: orNull(Moment),
    to: orNull(Moment),
  })
  .refine(isForward, BACKWARD);

const RecordName = z.object({
  name: PartyName.shape.name,
  kind: PartyName.shape.kind,
  language: orNull(PartyName.shape.language),
});

const RecordAddress = z.object({
  kind: Address.shape.kind,
  street: orNull(Address.shape.street),
  city: orNull(Address.shape.city),
  postalCode: orNull(Address.shape.postalCode),
  region: orNull(Address.shape.region),
  country: Address.shape.country,
});

/**
 * What is sent of one membership: the list of EU–Switzerland art. 12 (exchange contract, section 2), and role and validation date for
 * agreements that name them. Reasons of suspensions and consents are not in it. Unknown fields are dropped, known ones are
 * strict; every string and list is bounded. Read it with `CanonicalRecord.safeParse`.
 */
export const CanonicalRecord = z
  .object({
    programme: ProgrammeId,
    number: AuthorisationNumber.describe('Authorisation number as its issuer writes it.'),
    version: count(1).describe('Version of the membership at its issuer; grows.'),
    type: TypeCode,
    statuses: z.array(RecordStatus).min(1).max(STATUS_PERIODS_MAX),
    identifiers: listOf(RecordIdentifier, 200),
    names: listOf(RecordName, 50),
    addresses: listOf(RecordAddress, 50),
    roles: listOf(Role, Role.options.length),
    validFrom: orNull(Moment).describe('From when the decision takes effect.'),
    validTo: orNull(Moment).describe('First moment no longer valid; null: open.'),
    validatedOn: orNull(MembershipRecord.shape.validatedOn.unwrap()),
    issuingCountry: orNull(MembershipRecord.shape.issuingCountry),
    issuingOffice: orNull(MembershipRecord.shape.issuingOffice),
  })
  .meta({ id: 'CanonicalRecord', description: 'A membership as exchanged between administrations.' });
export type CanonicalRecord = z.infer<typeof CanonicalRecord>;
export type RecordStatus = CanonicalRecord['statuses'][number];

/**
 * While the member is communicated: from when consent covers the receiver, and until when, where that is known beforehand. It takes effect
 * at its instant on both sides. Not part of the record, nor of its hash; where it is absent the member is communicated at all times.
 */
export const Communicated = z
  .object({ from: orNull(Moment), to: orNull(Moment) })
  .refine(isForward, BACKWARD)
  .nullish()
  .transform((period) => period ?? { from: null, to: null });
export type Communicated = z.infer<typeof Communicated>;
