import type { CanonicalRecord } from '@mra/exchange-protocol';
import type { Instant } from '@mra/recognition';
import type { Refusal } from './judge-record.ts';

export interface Status {
  readonly type: string;
  readonly component: string;
  readonly status: CanonicalRecord['statuses'][number]['status'];
  readonly from: Instant;
  readonly to: Instant | null;
}

export type JudgedStatuses =
  | { readonly ok: true; readonly periods: readonly Status[] }
  | ({ readonly ok: false } & Refusal);

/** What may follow what within one component (check_life_cycle of db/migrations/0003); the same may always follow. */
const FOLLOWS: Readonly<Record<Status['status'], readonly Status['status'][]>> = {
  active: ['suspended', 'revoked', 'withdrawn', 'expired'],
  suspended: ['active', 'revoked', 'withdrawn', 'expired'],
  revoked: [],
  annulled: [],
  withdrawn: [],
  expired: [],
};

/**
 * The periods of status that a record tells, each component's in order, within the validity of the record: nobody is active or
 * suspended before `validFrom`, and from `validTo` on who was is expired, also where the periods do not say so.
 * @param record every status of which has a start
 * @returns the periods, or PERIODS_OVERLAP or LIFE_CYCLE with the places that are wrong
 */
export function judgeStatuses(record: CanonicalRecord): JudgedStatuses {
  const told = record.statuses
    .map((period, place) => ({ ...period, from: period.from ?? '', place }))
    .toSorted((a, b) => compare(a.component, b.component) || compare(a.from, b.from));
  const periods: Status[] = [];
  let last: (Status & { place: number }) | null = null;
  for (const period of told) {
    if (last !== null && last.component === period.component) {
      if (isSame(last, period)) continue; // lists of a record are sets
      if (last.to === null || period.from < last.to) return refused('PERIODS_OVERLAP', period.place);
    }
    last = period;
    periods.push(...within(period, record));
  }
  const broken = periods.findIndex((period, index) => {
    const before = periods[index - 1];
    if (before?.component !== period.component) return false;
    return before.status !== period.status && !FOLLOWS[before.status].includes(period.status);
  });
  if (broken === -1) return { ok: true, periods };
  const { component, from } = periods[broken] as Status;
  const place = record.statuses.findIndex((period) => period.component === component && period.from === from);
  return refused('LIFE_CYCLE', Math.max(place, 0));
}

function within({ type, component, status, from, to }: Status, { validFrom, validTo }: CanonicalRecord): Status[] {
  const whole = { type, component, status, from, to };
  if (status !== 'active' && status !== 'suspended') return [whole];
  const start = validFrom !== null && from < validFrom ? validFrom : from;
  if (to !== null && to <= start) return [];
  if (validTo === null || (to !== null && to <= validTo)) return [{ ...whole, from: start }];
  const ended: Status = { ...whole, status: 'expired', from: start > validTo ? start : validTo };
  return start < validTo ? [{ ...whole, from: start, to: validTo }, ended] : [ended];
}

function refused(code: 'PERIODS_OVERLAP' | 'LIFE_CYCLE', place: number): { readonly ok: false } & Refusal {
  const detail =
    code === 'LIFE_CYCLE' ? 'cannot follow the status before it' : 'begins before the period before it has ended';
  return { ok: false, code, errors: [{ pointer: `/record/statuses/${place}`, detail }] };
}

const isSame = (a: Status, b: Status): boolean =>
  a.type === b.type && a.status === b.status && a.from === b.from && a.to === b.to;

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
