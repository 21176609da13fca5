import type { Status } from './closed-sets.ts';
import type { EventType, MembershipBase, MembershipEvent } from './life-cycle.ts';
import type { StatusPeriod } from './membership-types.ts';
import type { AuthorisationType } from './network-types.ts';
import type { Instant } from './time.ts';

/** Status changes and the states they start from (domain.md C.5). Ended authorisations need a new record. */
const TRANSITIONS: Partial<Record<EventType, { readonly from: readonly Status[]; readonly to: Status }>> = {
  suspended: { from: ['active'], to: 'suspended' },
  reinstated: { from: ['suspended'], to: 'active' },
  revoked: { from: ['active', 'suspended'], to: 'revoked' },
  withdrawn: { from: ['active', 'suspended'], to: 'withdrawn' },
  expired: { from: ['active', 'suspended'], to: 'expired' },
  annulled: { from: ['active', 'suspended'], to: 'annulled' },
};

/** An event and its place among those recorded; -1: the end of validity. */
export type PlacedEvent = MembershipEvent & { readonly place: number };

/** Components that are void from the beginning, by which event; type null: of an earlier type, of which nothing is left to tell. */
export type Annulments = ReadonlyMap<string, { readonly type: string | null; readonly place: number }>;

interface Component {
  readonly type: string;
  readonly status: Status;
  readonly from: Instant;
  /** Place in the record of events of the one that gave the status; -1: the beginning. */
  readonly by: number;
}

/** What events have made of a membership up to a moment. */
export interface State {
  type: string;
  readonly components: Map<string, Component>;
  /** How components ended that a later type does not have. */
  readonly ended: Map<string, Status>;
  /** Place of the suspension that was recorded last, also of a component that had ended; -1: none. */
  suspendedBy: number;
  /** By which event components were suspended that a later type does not have. */
  readonly setAside: Map<string, number>;
  readonly annulled: Map<string, { readonly type: string | null; readonly place: number }>;
  readonly periods: StatusPeriod[];
}

/** The membership as its record begins. @param annulments by events that will come, from the beginning for whatever was recorded after them */
export function beginning(base: MembershipBase, types: readonly AuthorisationType[], annulments: Annulments): State {
  const granted = { type: base.type, status: 'active', from: base.validFrom, by: -1 } as const;
  return {
    type: base.type,
    components: new Map(componentsOf(base.type, types).map((component) => [component, granted])),
    ended: new Map(),
    suspendedBy: -1,
    setAside: new Map(),
    annulled: new Map(annulments),
    periods: [],
  };
}

/**
 * Applies one event to the state; returns why it is not allowed, leaving the state as it was.
 * @param isNewest whether it is being recorded now
 * @param isWidened whether, recorded before about a component that the terms of the programme no longer give the type, it is about the
 * whole type, unless it lifts something: terms that change must not lift a suspension
 */
export function apply(
  state: State,
  event: PlacedEvent,
  types: readonly AuthorisationType[],
  { isNewest, isWidened }: { readonly isNewest: boolean; readonly isWidened: boolean },
): string | null {
  if (event.type === 'type_changed') return changeType(state, event, types, isNewest);
  const transition = TRANSITIONS[event.type];
  if (transition === undefined) return 'the membership was granted when it was created';
  const voided = new Set(
    [...state.annulled].flatMap(([component, { place }]) => (place === event.place ? component : [])),
  );
  const isThere = event.component === null || voided.size > 0 || state.components.has(event.component);
  if (!isThere && (!isWidened || transition.to === 'active'))
    return `${event.component} is not a component of ${state.type}`;
  const isMeant = (component: string) =>
    event.component === null || !isThere || component === event.component || voided.has(component);
  // What the annulment names is void as well, under whichever type it is held.
  if (!isThere && event.type === 'annulled' && event.component !== null && !state.annulled.has(event.component))
    state.annulled.set(event.component, { type: null, place: event.place });
  if (event.type === 'suspended') state.suspendedBy = Math.max(state.suspendedBy, event.place);
  const targets = [...state.components].filter(
    ([component, { status, by }]) =>
      isMeant(component) &&
      // What ends the live parts ends the void ones too, so that no type begins anew from them.
      (transition.to !== 'active' || !isVoid(state, component, event)) &&
      transition.from.includes(status) &&
      // A reinstatement lifts only what was known when it was recorded, never a suspension on new grounds.
      (event.type !== 'reinstated' || by < event.place),
  );
  const isPossible = targets.some(([component]) => !isNewest || !isVoid(state, component, event));
  // One that was allowed when it was recorded voids them also where the terms of today leave it nothing else.
  if (event.type === 'annulled' && event.component === null && (isPossible || !isNewest))
    voidEarlierTypes(state, event);
  if (!isPossible) {
    const now = [...state.components]
      .filter(([component]) => isMeant(component))
      .map(([component, { status }]) => `${component} is ${isVoid(state, component, event) ? 'annulled' : status}`);
    return `${event.type} is not possible at ${event.effectiveFrom}: ${now.join(', ')}`;
  }
  for (const [component, open] of targets) {
    if (event.type === 'annulled' && !state.annulled.has(component))
      state.annulled.set(component, { type: open.type, place: event.place });
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

/** Whether an event would suspend or end a component that the type does not have, while others are live. */
export function isWithoutComponent({ components, annulled }: State, { type, component }: PlacedEvent): boolean {
  if (component === null || type === 'reinstated' || components.has(component)) return false;
  return [...components].some(([other, { status }]) => isLive(status) && !annulled.has(other));
}

const isLive = (status: Status): boolean => status === 'active' || status === 'suspended';

/** Whether nothing more can happen to a component, since it was annulled before the event was recorded. */
function isVoid({ annulled }: State, component: string, { place }: PlacedEvent): boolean {
  const by = annulled.get(component)?.place;
  return by !== undefined && by < place;
}

/** The authorisation is void under the types it had before, too; components that had already ended stay as they ended. */
function voidEarlierTypes(state: State, { place }: PlacedEvent): void {
  for (const { component } of state.periods) {
    if (state.components.has(component) || state.ended.has(component) || state.annulled.has(component)) continue;
    state.annulled.set(component, { type: null, place });
  }
}

/**
 * A new type keeps the status of components it shares; new ones begin active, or suspended where all that is live is suspended.
 * A component that ended does not come back: that needs a new authorisation (domain.md C.5). One that was left suspended comes back so.
 * A change recorded before such an end takes place all the same, lest what it sets aside goes on, and the component stays as it ended.
 */
function changeType(
  state: State,
  event: PlacedEvent,
  types: readonly AuthorisationType[],
  isNewest: boolean,
): string | null {
  const { newType } = event;
  if (newType === null || newType === state.type) return `the type is ${state.type} already`;
  const live = [...state.components]
    .filter(([component, { status }]) => isLive(status) && !isVoid(state, component, event))
    .map(([, open]) => open);
  if (live.length === 0) return `the membership has ended before ${event.effectiveFrom}`;
  const components = componentsOf(newType, types);
  const revived = components.find((component) => !state.components.has(component) && state.ended.has(component));
  if (isNewest && revived !== undefined)
    return `${revived} was ${state.ended.get(revived)}; that needs a new authorisation`;
  const status: Status = live.every((component) => component.status === 'suspended') ? 'suspended' : 'active';
  const before = new Map(state.components);
  for (const [component, open] of before) {
    close(state, component, open, event.effectiveFrom);
    if (!live.includes(open)) state.ended.set(component, open.status);
    else if (open.status === 'suspended' && !components.includes(component)) state.setAside.set(component, open.by);
  }
  // Not that of a component which is live: its end would then let an earlier reinstatement lift the suspension of another.
  const by = Math.max(state.suspendedBy, ...live.map((component) => component.by));
  state.components.clear();
  for (const component of components) {
    const held = before.get(component);
    const setAside = state.setAside.get(component);
    state.components.set(component, {
      type: newType,
      status: held?.status ?? state.ended.get(component) ?? (setAside === undefined ? status : 'suspended'),
      from: event.effectiveFrom,
      by: held?.by ?? setAside ?? by,
    });
    state.setAside.delete(component);
  }
  state.type = newType;
  return null;
}

/** Ends what a component is at an instant; null: never. */
export function close(state: State, component: string, open: Component, to: Instant | null): void {
  if (open.from === to) return;
  state.periods.push({ type: open.type, component, status: open.status, valid: { from: open.from, to } });
}

function componentsOf(type: string, types: readonly AuthorisationType[]): readonly string[] {
  return types.find((candidate) => candidate.code === type)?.components ?? [type];
}
