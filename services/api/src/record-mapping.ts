import {
  type CompleteMembershipRecord,
  completeMembershipRecord,
  type MembershipEvent,
  type MembershipRecord as WireRecord,
} from '@mra/contracts';
import { dayOrInstant, type Instant, parseDayOrInstant } from '@mra/recognition';
import type { MembershipRecord, RecordedEvent } from '@mra/registry';

/** A record as sent (valid by its schema) as the registry keeps it: every field there, days as instants. */
export function toRecord(wire: WireRecord): MembershipRecord {
  const record = completeMembershipRecord(wire);
  return {
    ...record,
    validFrom: instantOf(record.validFrom),
    validTo: record.validTo && instantOf(record.validTo),
    identifiers: record.identifiers.map((identifier) => ({
      ...identifier,
      validFrom: identifier.validFrom && instantOf(identifier.validFrom),
      validTo: identifier.validTo && instantOf(identifier.validTo),
    })),
    consent: record.consent && { ...record.consent, from: instantOf(record.consent.from ?? record.validFrom) },
  };
}

/** A record as kept, as callers read it: instants at 00:00 UTC as days. */
export function fromRecord(record: MembershipRecord): CompleteMembershipRecord {
  return {
    type: record.type,
    validFrom: dayOrInstant(record.validFrom),
    validTo: record.validTo && dayOrInstant(record.validTo),
    validatedOn: record.validatedOn,
    issuingCountry: record.issuingCountry,
    issuingOffice: record.issuingOffice,
    names: record.names.map((name) => ({ ...name, language: name.language ?? null })),
    addresses: record.addresses.map((address) => ({ ...address, region: address.region ?? null })),
    identifiers: record.identifiers.map(({ scheme, value, validFrom, validTo }) => ({
      scheme,
      value,
      validFrom: validFrom && dayOrInstant(validFrom),
      validTo: validTo && dayOrInstant(validTo),
    })),
    roles: [...record.roles],
    consent: record.consent && {
      given: record.consent.given,
      partners: record.consent.partners && [...record.consent.partners],
      from: dayOrInstant(record.consent.from),
    },
  };
}

/** An event as sent as the registry keeps it; without `effectiveFrom`, or with null, it takes effect `now`. */
export function toEvent(wire: MembershipEvent, now: Instant): RecordedEvent {
  return {
    type: wire.type,
    component: wire.component ?? null,
    newType: wire.newType ?? null,
    partners: wire.partners ?? null,
    effectiveFrom: wire.effectiveFrom == null ? now : instantOf(wire.effectiveFrom),
    note: wire.note ?? null,
  };
}

/** A day or an instant that a schema has let through. */
export function instantOf(text: string): Instant {
  const instant = parseDayOrInstant(text);
  if (instant === null) throw new Error(`a schema let through what is neither a day nor an instant: ${text}`);
  return instant;
}
