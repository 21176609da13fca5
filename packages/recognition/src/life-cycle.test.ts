import { describe, expect, test } from 'vitest';
import { anEvent, aType, TYPES } from '../../../tests/support/builders.ts';
import { type EventType, lifeCycle, type MembershipBase, type MembershipEvent } from './life-cycle.ts';
import { overallStatus, statusesAt } from './membership.ts';
import type { AuthorisationType } from './network-types.ts';
import { parseDayOrInstant } from './time.ts';

const instant = (day: string): string => parseDayOrInstant(day) ?? '';
const base: MembershipBase = { type: 'AEOF', validFrom: instant('2020-01-01'), validTo: null, consent: null };
const at = (day: string, type: EventType, more: Partial<MembershipEvent> = {}) =>
  anEvent({ type, effectiveFrom: instant(day), ...more });

/** The periods, `AEOS suspended 2021-01-01..2022-01-01`, or why the last event is refused. */
function lived(
  events: readonly MembershipEvent[],
  { types = TYPES, ...record }: Partial<MembershipBase> & { readonly types?: readonly AuthorisationType[] } = {},
): readonly string[] | string {
  const result = lifeCycle({ ...base, ...record }, events, types, { strict: events.length > 0 });
  if (!result.ok) return result.detail;
  const day = (text: string | null): string => text?.slice(0, 10) ?? '';
  return result.statuses
    .map(({ type, component, status, valid }) => {
      const of = type === component ? '' : ` of ${type}`;
      return `${component}${of} ${status} ${day(valid.from)}..${day(valid.to)}`;
    })
    .toSorted();
}

describe('what may follow what (domain.md C.5)', () => {
  const reach: Record<string, readonly MembershipEvent[]> = {
    active: [],
    suspended: [at('2021-01-01', 'suspended')],
    revoked: [at('2021-01-01', 'revoked')],
    withdrawn: [at('2021-01-01', 'withdrawn')],
    expired: [at('2021-01-01', 'expired')],
    annulled: [at('2021-01-01', 'annulled')],
  };
  const ENDING = ['revoked', 'withdrawn', 'expired', 'annulled'];
  const allowed: Record<string, readonly string[]> = {
    active: ['suspended', 'type_changed', ...ENDING],
    suspended: ['reinstated', 'type_changed', ...ENDING],
    revoked: [],
    withdrawn: [],
    expired: [],
    annulled: [],
  };
  const events = ['granted', 'suspended', 'reinstated', 'type_changed', ...ENDING] as EventType[];

  test.each(Object.keys(reach))('%s', (status) => {
    const possible = events.filter((type) => {
      const next = at('2022-01-01', type, type === 'type_changed' ? { newType: 'AEOS' } : {});
      return typeof lived([...(reach[status] ?? []), next]) !== 'string';
    });
    expect(possible.toSorted()).toEqual((allowed[status] ?? []).toSorted());
  });

  test('a consent can be given and withdrawn whatever the status', () => {
    for (const before of Object.values(reach)) {
      expect(lived([...before, at('2022-01-01', 'consent_withdrawn')])).not.toBeTypeOf('string');
      expect(lived([...before, at('2019-01-01', 'consent_given')])).not.toBeTypeOf('string');
    }
  });
});

describe('components', () => {
  test('one can be suspended while the other stays active', () => {
    expect(lived([at('2021-01-01', 'suspended', { component: 'AEOS' })])).toEqual([
      'AEOC of AEOF active 2020-01-01..',
      'AEOS of AEOF active 2020-01-01..2021-01-01',
      'AEOS of AEOF suspended 2021-01-01..',
    ]);
  });

  test('an event without a component is about those that it can change', () => {
    const events = [at('2021-01-01', 'suspended', { component: 'AEOS' }), at('2022-01-01', 'reinstated')];
    expect(lived(events)).toContain('AEOS of AEOF active 2022-01-01..');
  });

  test('an event about another component is refused', () => {
    expect(lived([at('2021-01-01', 'suspended', { component: 'TIER3' })])).toBe('TIER3 is not a component of AEOF');
  });

  test('a type that the programme does not describe is its own only component', () => {
    expect(lived([], { type: 'GOLD' })).toEqual(['GOLD active 2020-01-01..']);
  });
});

describe('time', () => {
  test('nothing can happen before the beginning, except annulment, which means from the beginning', () => {
    expect(lived([at('2019-12-31', 'suspended')])).toBe('the membership begins only at 2020-01-01T00:00:00.000Z');
    expect(lived([at('2019-12-31', 'annulled')], { type: 'AEOS' })).toEqual(['AEOS annulled 2020-01-01..']);
  });

  test('the end of validity is an expiry that nobody records, and nothing can happen after it', () => {
    const record = { type: 'AEOS', validTo: instant('2023-01-01') };
    expect(lived([], record)).toEqual(['AEOS active 2020-01-01..2023-01-01', 'AEOS expired 2023-01-01..']);
    expect(lived([at('2023-01-01', 'suspended')], record)).toBe(
      'suspended is not possible at 2023-01-01T00:00:00.000Z: AEOS is expired',
    );
  });

  test('events take effect in the order of effectiveFrom, those of one instant as they were recorded', () => {
    const events = [at('2022-01-01', 'suspended'), at('2021-01-01', 'suspended'), at('2021-06-01', 'reinstated')];
    expect(lived(events, { type: 'AEOS' })).toEqual([
      'AEOS active 2020-01-01..2021-01-01',
      'AEOS active 2021-06-01..2022-01-01',
      'AEOS suspended 2021-01-01..2021-06-01',
      'AEOS suspended 2022-01-01..',
    ]);
    expect(lived([at('2021-01-01', 'suspended'), at('2021-01-01', 'reinstated')], { type: 'AEOS' })).toEqual([
      'AEOS active 2020-01-01..2021-01-01',
      'AEOS active 2021-01-01..',
    ]);
  });

  test('an earlier recorded event that a later record overtakes is passed over', () => {
    const events = [at('2022-01-01', 'suspended'), at('2022-06-01', 'reinstated'), at('2021-01-01', 'revoked')];
    expect(lived(events, { type: 'AEOS' })).toEqual([
      'AEOS active 2020-01-01..2021-01-01',
      'AEOS revoked 2021-01-01..',
    ]);
  });
});

describe('annulled means from the beginning', () => {
  test('for one component', () => {
    expect(lived([at('2021-01-01', 'annulled', { component: 'AEOS' })])).toEqual([
      'AEOC of AEOF active 2020-01-01..',
      'AEOS of AEOF annulled 2020-01-01..',
    ]);
  });

  test('also for the time under an earlier type', () => {
    const types = [aType('STP'), aType('STP-PLUS')];
    const events = [at('2021-01-01', 'type_changed', { newType: 'STP-PLUS' }), at('2022-01-01', 'annulled')];
    expect(lived(events, { type: 'STP', types })).toEqual(['STP-PLUS annulled 2020-01-01..']);
  });

  test('a component that had ended before stays as it ended', () => {
    const events = [at('2021-01-01', 'revoked', { component: 'AEOS' }), at('2022-01-01', 'annulled')];
    expect(lived(events)).toEqual([
      'AEOC of AEOF annulled 2020-01-01..',
      'AEOS of AEOF active 2020-01-01..2021-01-01',
      'AEOS of AEOF revoked 2021-01-01..',
    ]);
  });
});

describe('a change of type', () => {
  const to = (day: string, newType: string) => at(day, 'type_changed', { newType });

  test('keeps the status of a component that both types have', () => {
    const events = [at('2021-01-01', 'suspended', { component: 'AEOS' }), to('2022-01-01', 'AEOS')];
    expect(lived(events)).toContain('AEOS suspended 2022-01-01..');
  });

  test('begins a new component active, or suspended where all that is live is suspended', () => {
    expect(lived([to('2022-01-01', 'AEOF')], { type: 'AEOC' })).toContain('AEOS of AEOF active 2022-01-01..');
    const suspended = [at('2021-01-01', 'suspended'), to('2022-01-01', 'AEOF')];
    expect(lived(suspended, { type: 'AEOC' })).toContain('AEOS of AEOF suspended 2022-01-01..');
  });

  test('to the same type is refused', () => {
    expect(lived([to('2022-01-01', 'AEOF')])).toBe('the type is AEOF already');
  });

  test('never brings back a component that has ended: that needs a new authorisation', () => {
    const events = [
      at('2021-01-01', 'revoked', { component: 'AEOS' }),
      to('2022-01-01', 'AEOC'),
      to('2023-01-01', 'AEOF'),
    ];
    expect(lived(events)).toBe('AEOS was revoked; that needs a new authorisation');
  });
});

describe('one status for the whole authorisation', () => {
  test.each([
    [['suspended', 'AEOS'], 'active'],
    [['suspended', null], 'suspended'],
    [['revoked', 'AEOS'], 'active'],
    [['withdrawn', null], 'withdrawn'],
  ] as const)('after %j it is %s', ([type, component], status) => {
    const result = lifeCycle(base, [at('2021-01-01', type, { component })], TYPES, { strict: true });
    const statuses = result.ok ? statusesAt(result, instant('2022-01-01')) : [];
    expect(overallStatus(statuses).status).toBe(status);
  });

  test('before the beginning it has not started', () => {
    expect(overallStatus([])).toEqual({ status: 'not_started', since: null });
  });
});

describe('what was suspended stays suspended until it is reinstated on purpose', () => {
  test('a reinstatement recorded before a suspension on new grounds does not lift it', () => {
    const events = [
      at('2026-10-01', 'suspended', { component: 'AEOS' }),
      at('2026-11-15', 'reinstated', { component: 'AEOS' }),
      at('2026-10-10', 'reinstated', { component: 'AEOS' }),
      at('2026-11-01', 'suspended', { component: 'AEOS' }),
    ];
    expect(lived(events)).toContain('AEOS of AEOF suspended 2026-11-01..');
  });

  test('a component left suspended by a change of type comes back suspended', () => {
    const events = [
      at('2026-01-01', 'suspended', { component: 'AEOS' }),
      at('2026-02-01', 'type_changed', { newType: 'AEOC' }),
      at('2026-03-01', 'type_changed', { newType: 'AEOF' }),
    ];
    expect(lived(events)).toContain('AEOS of AEOF suspended 2026-03-01..');
  });

  test('events about a component that the type does not have are told', () => {
    const events = [at('2026-01-01', 'revoked', { component: 'AEOS' })];
    expect(lifeCycle({ ...base, type: 'AEOC' }, events, TYPES, { strict: false })).toMatchObject({
      withoutComponent: [0],
    });
  });
});
