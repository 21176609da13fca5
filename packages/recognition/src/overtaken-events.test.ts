import { describe, expect, test } from 'vitest';
import { aMembership, anEvent, aType, TYPES } from '../../../tests/support/builders.ts';
import { type EventType, lifeCycle, type MembershipBase, type MembershipEvent } from './life-cycle.ts';
import { typeAt } from './membership.ts';
import { parseDayOrInstant } from './time.ts';

/** What becomes of an event when another one is recorded after it for an earlier time. */
const instant = (day: string): string => parseDayOrInstant(day) ?? '';
const base: MembershipBase = { type: 'AEOF', validFrom: instant('2020-01-01'), validTo: null, consent: null };
const at = (day: string, type: EventType, more: Partial<MembershipEvent> = {}) =>
  anEvent({ type, effectiveFrom: instant(day), ...more });
const folded = (record: MembershipBase, events: readonly MembershipEvent[], types = TYPES) => {
  const result = lifeCycle(record, events, types, { strict: false });
  if (!result.ok) throw new Error(result.detail);
  return result;
};

/** The periods, `AEOS of AEOF suspended 2021-01-01..2022-01-01`; the newest event is allowed. */
function lived(events: readonly MembershipEvent[], types = TYPES): readonly string[] {
  expect(lifeCycle(base, events, types, { strict: true }).ok).toBe(true);
  const day = (text: string | null): string => text?.slice(0, 10) ?? '';
  return folded(base, events, types)
    .statuses.map(({ type, component, status, valid }) => {
      const of = type === component ? '' : ` of ${type}`;
      return `${component}${of} ${status} ${day(valid.from)}..${day(valid.to)}`;
    })
    .toSorted();
}

describe('a change of type recorded before the end of a component that it would bring back', () => {
  const to = (day: string, newType: string) => at(day, 'type_changed', { newType });

  test('still ends what it sets aside: ending one part makes no other active', () => {
    const events = [
      to('2021-01-01', 'AEOS'),
      to('2023-01-01', 'AEOC'),
      at('2020-06-01', 'revoked', { component: 'AEOC' }),
    ];
    expect(lived(events)).toEqual([
      'AEOC of AEOF active 2020-01-01..2020-06-01',
      'AEOC of AEOF revoked 2020-06-01..2021-01-01',
      'AEOC revoked 2023-01-01..',
      'AEOS active 2021-01-01..2023-01-01',
      'AEOS of AEOF active 2020-01-01..2021-01-01',
    ]);
  });

  test('still changes the type of what goes on', () => {
    const events = [
      to('2021-01-01', 'AEOS'),
      to('2023-01-01', 'AEOF'),
      at('2020-06-01', 'revoked', { component: 'AEOC' }),
    ];
    expect(lived(events)).toContain('AEOS of AEOF active 2023-01-01..');
    expect(lived(events)).toContain('AEOC of AEOF revoked 2023-01-01..');
  });
});

describe('the type held', () => {
  const membership = (events: readonly MembershipEvent[]) => aMembership({ statuses: folded(base, events).statuses });
  const annulled = at('2020-06-01', 'annulled', { component: 'AEOC' });
  const changed = at('2021-01-01', 'type_changed', { newType: 'AEOS' });

  test('is not that under which a component was annulled, while another has had one since', () => {
    expect(typeAt(membership([annulled]), instant('2022-01-01'))).toBe('AEOF');
    expect(typeAt(membership([annulled, changed]), instant('2022-01-01'))).toBe('AEOS');
  });

  test('of one that is void is what it was', () => {
    expect(typeAt(membership([at('2020-06-01', 'annulled')]), instant('2022-01-01'))).toBe('AEOF');
  });
});

test('a component that began suspended stays so, whichever of the others ends', () => {
  const types = [...TYPES, aType('AEOX', ['AEOS', 'X'])];
  const events = [
    at('2022-01-01', 'type_changed', { newType: 'AEOX' }),
    at('2021-01-01', 'suspended'),
    at('2025-01-01', 'reinstated'),
    at('2020-06-01', 'suspended', { component: 'AEOS' }),
  ];
  expect(lived(events, types)).toContain('X of AEOX suspended 2022-01-01..');
  const ended = [...events, at('2021-06-01', 'withdrawn', { component: 'AEOS' })];
  expect(lived(ended, types)).toContain('X of AEOX suspended 2022-01-01..');
});

test('no event is without its component where the membership has ended, nor one that lifts something', () => {
  const without = (events: readonly MembershipEvent[], validTo: string | null = null) => {
    const record = { ...base, type: 'AEOC', validTo: validTo && instant(validTo) };
    return folded(record, events).withoutComponent;
  };
  const suspended = at('2026-01-01', 'suspended', { component: 'AEOS' });
  expect(without([suspended])).toEqual([0]);
  expect(without([suspended], '2025-01-01')).toEqual([]);
  expect(without([suspended, at('2025-01-01', 'revoked')])).toEqual([]);
  expect(without([at('2026-01-01', 'reinstated', { component: 'AEOS' })])).toEqual([]);
});
