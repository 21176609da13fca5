import type { Status } from './closed-sets.ts';
import { foldConsent } from './consent.ts';
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
      /** Places of events about a component that the type held then does not have. */
      readonly withoutComponent: readonly number[];
    }
  | { readonly ok: false; readonly detail: string };

/** Status changes and the states they start from (domain.md C.5). Ended authorisations need a new record. */
const TRANSITIONS: Partial<Record<EventType, { readonly from: readonly Status[]; readonly to: Status }>> = {
  suspended: { from: ['active'], to: 'suspended' },
  reinstated: { from: ['suspended'], to: 'active' },
  revoked: { from: ['active', 'suspended'], to: 'revoked' },
  withdrawn: { from: ['active', 'suspended'], to: 'withdrawn' },
  expired: { from: ['active', 'suspended'], to: 'expired' },
  annulled: { from: ['active', 'suspended'], to: 'annulled' },
};

interface Component {
  readonly type: string;
  readonly status: Status;
  readonly from: Instant;
  /** Place in the record of events of the one that gave the status; -1: the beginning. */
  readonly by: number;
}

interface State {
  type: string;
  readonly components: Map<string, Component>;
  /** How components ended that a later type does not have. */
  readonly ended: Map<string, Status>;
  /** By which event components were suspended that a later type does not have. */
  readonly setAside: Map<string, number>;
  readonly periods: StatusPeriod[];
}

/**
 * The periods of status and consent that a record and its events give.
 * Events take effect in the order of `effectiveFrom`, those of one instant as recorded. The newest event must be allowed where it
 * takes effect; an earlier recorded one that a later record has overtaken is passed over and never makes anyone more active.
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
  const state: State = { type: base.type, components: new Map(), ended: new Map(), setAside: new Map(), periods: [] };
  for (const component of componentsOf(base.type, types)) {
    state.components.set(component, { type: base.type, status: 'active', from: base.validFrom, by: -1 });
  }
  const annulled = new Map<string, string>();
  const withoutComponent: number[] = [];
  for (const event of inEffectiveOrder(base, events)) {
    if (event.component !== null && !state.components.has(event.component)) withoutComponent.push(event.place);
    const refusal = apply(state, event, types, annulled);
    if (refusal !== null && event.source === newest) return { ok: false, detail: refusal };
  }
  for (const [component, open] of state.components) close(state, component, open, null);
  const statuses = state.periods
    .filter((period) => !annulled.has(period.component))
    .concat([...annulled].map(([component, type]) => annulment(component, type, base.validFrom)));
  return { ok: true, statuses, consents: foldConsent(base, events), withoutComponent };
}

const isConsent = (event: MembershipEvent): boolean =>
  event.type === 'consent_given' || event.type === 'consent_withdrawn';

type Ordered = MembershipEvent & { readonly source: MembershipEvent | null; readonly place: number };

/** Status events in the order in which they take effect; the end of validity is an expiry that nobody has to record. */
function inEffectiveOrder(base: MembershipBase, events: readonly MembershipEvent[]): readonly Ordered[] {
  const status = events
    .map((event, place) => ({
      ...event,
      effectiveFrom: later(event.effectiveFrom, base.validFrom),
      source: event,
      place,
    }))
    .filter((event) => !isConsent(event));
  const end: Ordered[] =
    base.validTo === null
      ? []
      : [
          {
            type: 'expired',
            component: null,
            newType: null,
            partners: null,
            effectiveFrom: base.validTo,
            source: null,
            place: -1,
          },
        ];
  return [...end, ...status].toSorted((a, b) =>
    a.effectiveFrom < b.effectiveFrom ? -1 : a.effectiveFrom > b.effectiveFrom ? 1 : 0,
  );
}

/** Applies one event to the state; returns why it is not allowed, leaving the state as it was. */
function apply(
  state: State,
  event: Ordered,
  types: readonly AuthorisationType[],
  annulled: Map<string, string>,
): string | null {
  if (event.type === 'type_changed') return changeType(state, event, types);
  const transition = TRANSITIONS[event.type];
  if (transition === undefined) return 'the membership was granted when it was created';
  if (event.component !== null && !state.components.has(event.component)) {
    return `${event.component} is not a component of ${state.type}`;
  }
  const targets = [...state.components].filter(
    ([component, { status, by }]) =>
      (event.component === null || component === event.component) &&
      transition.from.includes(status) &&
      // A reinstatement lifts only what was known when it was recorded, never a suspension on new grounds.
      (event.type !== 'reinstated' || by < event.place),
  );
  if (targets.length === 0) {
    const now = [...state.components]
      .filter(([component]) => event.component === null || component === event.component)
      .map(([component, { status }]) => `${component} is ${status}`);
    return `${event.type} is not possible at ${event.effectiveFrom}: ${now.join(', ')}`;
  }
  if (event.type === 'annulled' && event.component === null) voidEarlierTypes(state);
  for (const [component, open] of targets) {
    if (event.type === 'annulled') annulled.set(component, open.type);
    close(state, component, open, event.effectiveFrom);
    state.components.set(component, {
      type: open.type,
      status: transition.to,
      from: event.effectiveFrom,
      by: event.place,
    });
  }
  return null;
}

/** The authorisation is void under the types it had before, too; components that had already ended stay as they ended. */
function voidEarlierTypes(state: State): void {
  const kept = state.periods.filter(({ component }) => state.components.has(component) || state.ended.has(component));
  state.periods.splice(0, state.periods.length, ...kept);
}

/**
 * A new type keeps the status of components it shares; new ones begin active, or suspended where all that is live is suspended.
 * A component that ended does not come back: that needs a new authorisation (domain.md C.5). One that was left suspended comes back so.
 */
function changeType(state: State, event: Ordered, types: readonly AuthorisationType[]): string | null {
  const { newType } = event;
  if (newType === null || newType === state.type) return `the type is ${state.type} already`;
  const live = [...state.components.values()].filter(({ status }) => status === 'active' || status === 'suspended');
  if (live.length === 0) return `the membership has ended before ${event.effectiveFrom}`;
  const components = componentsOf(newType, types);
  const revived = components.find((component) => !state.components.has(component) && state.ended.has(component));
  if (revived !== undefined) return `${revived} was ${state.ended.get(revived)}; that needs a new authorisation`;
  const status: Status = live.every((component) => component.status === 'suspended') ? 'suspended' : 'active';
  const before = new Map(state.components);
  for (const [component, open] of before) {
    close(state, component, open, event.effectiveFrom);
    if (!live.includes(open)) state.ended.set(component, open.status);
    else if (open.status === 'suspended' && !components.includes(component)) state.setAside.set(component, open.by);
  }
  const by = Math.max(...live.map((component) => component.by));
  state.components.clear();
  for (const component of components) {
    const held = before.get(component);
    const setAside = state.setAside.get(component);
    state.components.set(component, {
      type: newType,
      status: held?.status ?? (setAside === undefined ? status : 'suspended'),
      from: event.effectiveFrom,
      by: held?.by ?? setAside ?? by,
    });
    state.setAside.delete(component);
  }
  state.type = newType;
  return null;
}

function close(state: State, component: string, open: Component, to: Instant | null): void {
  if (open.from === to) return;
  state.periods.push({ type: open.type, component, status: open.status, valid: { from: open.from, to } });
}

/** Annulled means from the beginning: void, as if it had never been active (domain.md C.5). */
function annulment(component: string, type: string, from: Instant): StatusPeriod {
  return { type, component, status: 'annulled', valid: { from, to: null } };
}

function componentsOf(type: string, types: readonly AuthorisationType[]): readonly string[] {
  return types.find((candidate) => candidate.code === type)?.components ?? [type];
}

const later = (a: Instant, b: Instant): Instant => (a > b ? a : b);
