import { foldConsent } from './consent.ts';
import {
  type Annulments,
  apply,
  beginning,
  close,
  isWithoutComponent,
  type PlacedEvent,
  type State,
} from './life-cycle-state.ts';
import type { ConsentPeriod, StatusPeriod } from './membership-types.ts';
import type { AuthorisationType } from './network-types.ts';
import type { Instant } from './time.ts';

export const EVENT_TYPES = [
  'granted',
  'suspended',
  'reinstated',
  'revoked',
  'annulled',
  'withdrawn',
  'expired',
  'type_changed',
  'consent_given',
  'consent_withdrawn',
] as const;
export type EventType = (typeof EVENT_TYPES)[number];

/** What a membership is before any event: the record as written. */
export interface MembershipBase {
  readonly type: string;
  readonly validFrom: Instant;
  readonly validTo: Instant | null;
  /** null: no consent recorded. */
  readonly consent: {
    readonly given: boolean;
    readonly partners: readonly string[] | null;
    readonly from: Instant;
  } | null;
}

export interface MembershipEvent {
  readonly type: EventType;
  /** null: all components. */
  readonly component: string | null;
  readonly newType: string | null;
  /** Of consent events; null: all partners. */
  readonly partners: readonly string[] | null;
  readonly effectiveFrom: Instant;
}

export type LifeCycleResult =
  | {
      readonly ok: true;
      readonly statuses: readonly StatusPeriod[];
      readonly consents: readonly ConsentPeriod[];
      /** Places of events that suspend or end a component which the type held then, of a membership not ended yet, does not have. */
      readonly withoutComponent: readonly number[];
    }
  | { readonly ok: false; readonly detail: string };

/**
 * The periods of status and consent that a record and its events give.
 * Events take effect in the order of `effectiveFrom`, those of one instant as recorded. The newest event must be allowed where it
 * takes effect; an earlier recorded one that a later record has overtaken is passed over and never makes anyone more active. An
 * annulment is never overtaken: what it voided when it was recorded stays void, whatever is recorded afterwards for an earlier time.
 * @param events in the order in which they were recorded
 * @param types of the programme; a type it does not describe is its own only component
 * @param strict whether the last event is being recorded now, so that it must be allowed
 * @returns periods, half-open, in UTC; or why the last event is not allowed
 */
export function lifeCycle(
  base: MembershipBase,
  events: readonly MembershipEvent[],
  types: readonly AuthorisationType[],
  { strict }: { readonly strict: boolean },
): LifeCycleResult {
  const newest = strict ? events.at(-1) : undefined;
  if (newest && newest.effectiveFrom < base.validFrom && newest.type !== 'annulled' && !isConsent(newest)) {
    return { ok: false, detail: `the membership begins only at ${base.validFrom}` };
  }
  const isVoid = strict && events.slice(0, -1).some(({ type, component }) => type === 'annulled' && component === null);
  if (newest && isVoid && !isConsent(newest)) return { ok: false, detail: 'the membership was annulled' };
  const annulments = annulmentsOf(base, strict ? events.slice(0, -1) : events, types);
  const { state, refusal, withoutComponent } = fold(base, events, types, annulments, { newest });
  if (refusal !== null) return { ok: false, detail: refusal };
  const statuses = state.periods
    .filter(({ component }) => !state.annulled.has(component))
    .concat(
      [...state.annulled].flatMap(([component, { type }]) =>
        type === null ? [] : [annulment(component, type, base.validFrom)],
      ),
    );
  return { ok: true, statuses, consents: foldConsent(base, events), withoutComponent };
}

/**
 * What the annulments among recorded events have voided: each what there was when it was recorded, also where a later record would
 * have the membership end, or change its type, before the annulment's own moment, and where corrected terms no longer know a component
 * whose end would then be that of the whole.
 */
function annulmentsOf(
  base: MembershipBase,
  events: readonly MembershipEvent[],
  types: readonly AuthorisationType[],
): Annulments {
  let annulments: Annulments = new Map();
  for (const [place, { type }] of events.entries()) {
    if (type !== 'annulled') continue;
    annulments = fold({ ...base, validTo: null }, events.slice(0, place + 1), types, annulments, { asRecorded: true })
      .state.annulled;
  }
  return annulments;
}

interface Folded {
  readonly state: State;
  /** Why the newest event is not allowed. */
  readonly refusal: string | null;
  readonly withoutComponent: readonly number[];
}

function fold(
  base: MembershipBase,
  events: readonly MembershipEvent[],
  types: readonly AuthorisationType[],
  annulments: Annulments,
  { newest, asRecorded = false }: { readonly newest?: MembershipEvent | undefined; readonly asRecorded?: boolean },
): Folded {
  const state = beginning(base, types, annulments);
  const withoutComponent: number[] = [];
  for (const event of inEffectiveOrder(base, events)) {
    if (isWithoutComponent(state, event)) withoutComponent.push(event.place);
    const isNewest = newest !== undefined && event.place === events.length - 1;
    const isWidened = !isNewest && (!asRecorded || event.type === 'annulled');
    const refusal = apply(state, event, types, { isNewest, isWidened });
    if (refusal !== null && isNewest) return { state, refusal, withoutComponent };
  }
  for (const [component, open] of state.components) close(state, component, open, null);
  return { state, refusal: null, withoutComponent };
}

const isConsent = (event: MembershipEvent): boolean =>
  event.type === 'consent_given' || event.type === 'consent_withdrawn';

/**
 * Status events in the order in which they take effect, those dated before the beginning at the beginning and still in their order; the
 * end of validity is an expiry that nobody has to record.
 */
function inEffectiveOrder(base: MembershipBase, events: readonly MembershipEvent[]): readonly PlacedEvent[] {
  const recorded = events.map((event, place) => ({ ...event, place })).filter((event) => !isConsent(event));
  const end: PlacedEvent[] = base.validTo === null ? [] : [{ ...EXPIRY, effectiveFrom: base.validTo }];
  return [...end, ...recorded]
    .toSorted((a, b) => (a.effectiveFrom < b.effectiveFrom ? -1 : a.effectiveFrom > b.effectiveFrom ? 1 : 0))
    .map((event) => ({ ...event, effectiveFrom: later(event.effectiveFrom, base.validFrom) }));
}

const EXPIRY = { type: 'expired', component: null, newType: null, partners: null, place: -1 } as const;

/** Annulled means from the beginning: void, as if it had never been active (domain.md C.5). */
function annulment(component: string, type: string, from: Instant): StatusPeriod {
  return { type, component, status: 'annulled', valid: { from, to: null } };
}

const later = (a: Instant, b: Instant): Instant => (a > b ? a : b);
