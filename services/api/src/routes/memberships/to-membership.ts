import type { Membership, Warning } from '@mra/contracts';
import { dayOrInstant, shortInstant } from '@mra/recognition';
import type { MembershipView } from '@mra/registry';
import { fromRecord } from '../../record-mapping.ts';

/** To which partners else a trader consented is no partner's business (exchange.md section 2: what is sent). */
export const UNTOLD = { consent: null } as const;

interface Reading {
  /** Of a write. */
  readonly warnings?: readonly Warning[];
  /** Administration that reads; its own administration where left out. */
  readonly reader?: string | null;
}

/** A membership as callers read it: the record with the type and status of the moment asked about. */
export function toMembership(
  view: MembershipView,
  { warnings, reader = view.administration }: Reading = {},
): Membership {
  const { status, since } = view.status;
  return {
    programme: view.programme,
    number: view.number,
    ...fromRecord(view.record),
    ...(reader !== view.administration && UNTOLD),
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
    ...(warnings && warnings.length > 0 && { warnings: [...warnings] }),
  };
}
