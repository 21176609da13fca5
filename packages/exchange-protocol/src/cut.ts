import type { Instant } from '@mra/recognition';
import { inCanonicalOrder } from './canonical.ts';
import type { CanonicalRecord, RecordStatus } from './record.ts';

/** What agreements say may be exchanged, in the words of the reference data. */
export const DATA_ELEMENTS = [
  'TIN',
  'NAME',
  'ADDRESS',
  'AUTHORISATION_NUMBER',
  'ROLE',
  'STATUS',
  'STATUS_PERIODS',
  'EFFECTIVE_DATES',
  'VALIDATION_DATE',
  'ISSUING_AUTHORITY',
] as const;
export type DataElement = (typeof DATA_ELEMENTS)[number];

/**
 * What is sent where an agreement's list is not known: EU–Switzerland art. 12 (a) to (g), which has neither role nor validation date.
 */
export const DEFAULT_ELEMENTS: readonly DataElement[] = [
  'TIN',
  'NAME',
  'ADDRESS',
  'AUTHORISATION_NUMBER',
  'STATUS',
  'STATUS_PERIODS',
  'EFFECTIVE_DATES',
  'ISSUING_AUTHORITY',
];

export interface CutOptions {
  /** Without STATUS_PERIODS, periods that ended by this instant are left out. */
  readonly at: Instant;
}

/**
 * The record with nothing but what the agreement names, in canonical order. Programme, number, version, type and the status now and
 * to come with its dates are always there: without them nobody can say whether a member is recognised, and an expiry recorded
 * beforehand could not take effect on both sides.
 * - TIN gives all identifiers: the record has "identifier(s)" where art. 12 (a) has the TIN (exchange contract, section 2). The WCO's TIN is
 *   the country and a number that it has given; which of its numbers a trader will show abroad, its own administration does not know.
 * - STATUS_PERIODS adds periods that are over, EFFECTIVE_DATES `validFrom` and `validTo`.
 * - Cutting again, also later, gives what cutting the whole record then gives: both sides of a digest cut at its `asOf`.
 * @param elements of the agreement; null (not known) means {@link DEFAULT_ELEMENTS}; words that are not known give nothing
 */
export function cutToElements(
  record: CanonicalRecord,
  elements: readonly string[] | null,
  { at }: CutOptions,
): CanonicalRecord {
  const named = elements ?? DEFAULT_ELEMENTS;
  return inCanonicalOrder({
    programme: record.programme,
    number: record.number,
    version: record.version,
    type: record.type,
    statuses: named.includes('STATUS_PERIODS') ? record.statuses : notOver(record.statuses, at),
    ...cutFields(record, named),
  });
}

/** The fields of a record that an agreement may leave out, the lists of whatever form. */
export interface CutFields<Identifier, Name, Address, Role> {
  identifiers: Identifier[];
  names: Name[];
  addresses: Address[];
  roles: Role[];
  validFrom: string | null;
  validTo: string | null;
  validatedOn: string | null;
  issuingCountry: string | null;
  issuingOffice: string | null;
}

/** These fields with nothing but what the elements name: empty lists and nulls in place of the others. */
export function cutFields<Identifier, Name, Address, Role>(
  record: CutFields<Identifier, Name, Address, Role>,
  elements: readonly string[],
): CutFields<Identifier, Name, Address, Role> {
  const has = (element: DataElement) => elements.includes(element);
  return {
    identifiers: has('TIN') ? record.identifiers : [],
    names: has('NAME') ? record.names : [],
    addresses: has('ADDRESS') ? record.addresses : [],
    roles: has('ROLE') ? record.roles : [],
    validFrom: has('EFFECTIVE_DATES') ? record.validFrom : null,
    validTo: has('EFFECTIVE_DATES') ? record.validTo : null,
    validatedOn: has('VALIDATION_DATE') ? record.validatedOn : null,
    issuingCountry: has('ISSUING_AUTHORITY') ? record.issuingCountry : null,
    issuingOffice: has('ISSUING_AUTHORITY') ? record.issuingOffice : null,
  };
}

/** Where all periods are over, those that ended last: a record without any status says nothing. */
function notOver(statuses: readonly RecordStatus[], at: Instant): RecordStatus[] {
  const left = statuses.filter(({ to }) => to === null || to > at);
  if (left.length > 0) return left;
  const last = statuses.reduce((latest, { to }) => (to !== null && to > latest ? to : latest), '');
  return statuses.filter(({ to }) => to === last);
}
