import type { Membership, Warning } from '@mra/contracts';
import { cutFields } from '@mra/exchange-protocol';
import { dayOrInstant, shortInstant } from '@mra/recognition';
import type { MembershipView } from '@mra/registry';
import { fromRecord } from '../../record-mapping.ts';

/**
 * The fields of a record as its reader may be told them: all of its own member; of another's what the agreement names, as the exchange
 * sends it (exchange.md section 2), and no consent: to which partners else a trader consented is no partner's business.
 */
export function toldFields(record: MembershipView['record'], told: MembershipView['told']) {
  const fields = fromRecord(record);
  return told === null ? fields : { type: fields.type, ...cutFields(fields, told), consent: null };
}

/** A membership as callers read it: the record with the type and status of the moment asked about. */
export function toMembership(view: MembershipView, warnings: readonly Warning[] = []): Membership {
  const { status, since } = view.status;
  return {
    programme: view.programme,
    number: view.number,
    ...toldFields(view.record, view.told),
    type: view.type,
    status,
    statusSince: since && dayOrInstant(since),
    components: view.components.map(({ component, status: state, valid }) => ({
      code: component,
      status: state,
      since: valid.from && dayOrInstant(valid.from),
    })),
    version: view.version,
    recordedAt: shortInstant(view.recordedAt),
    source: view.source ?? 'local',
    ...(warnings.length > 0 && { warnings: [...warnings] }),
  };
}
