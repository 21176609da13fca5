import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { anEvent, TYPES } from '../../../tests/support/builders.ts';
import { type EventType, lifeCycle, type MembershipBase, type MembershipEvent } from './life-cycle.ts';
import { statusesAt } from './membership.ts';
import { startOfDay } from './time.ts';

/** Annulled means from the beginning, and nothing that is recorded afterwards brings anything of it back (domain.md C.5). */
const base: MembershipBase = { type: 'AEOF', validFrom: startOfDay('2019-01-01'), validTo: null, consent: null };
const at = (day: string, type: EventType, more: Partial<MembershipEvent> = {}) =>
  anEvent({ type, effectiveFrom: startOfDay(day), ...more });

const isAllowed = (record: MembershipBase, events: readonly MembershipEvent[]) =>
  lifeCycle(record, events, TYPES, { strict: true }).ok;
function activeIn(record: MembershipBase, events: readonly MembershipEvent[], year: number): string[] {
  const folded = lifeCycle(record, events, TYPES, { strict: false });
  const statuses = folded.ok ? statusesAt(folded, startOfDay(`${year}-07-01`)) : [];
  return statuses.filter(({ status }) => status === 'active').map(({ component }) => component);
}
const YEARS = [2019, 2020, 2021, 2022, 2023, 2024, 2025, 2026, 2027, 2028];
const activeEver = (record: MembershipBase, events: readonly MembershipEvent[]) =>
  [...new Set(YEARS.flatMap((year) => activeIn(record, events, year)))].toSorted();

const annulled = at('2026-06-01', 'annulled');

describe('an event recorded after it for an earlier time is refused', () => {
  test.each([
    ['revoked', {}],
    ['withdrawn', {}],
    ['expired', {}],
    ['annulled', {}],
    ['suspended', {}],
    ['suspended', { component: 'AEOS' }],
    ['type_changed', { newType: 'AEOC' }],
    ['type_changed', { newType: 'AEOS' }],
  ] as const)('%s %j', (type, more) => {
    const events = [annulled, at('2025-01-01', type, more)];
    expect(isAllowed(base, events)).toBe(false);
    expect(activeEver(base, events)).toEqual([]);
  });
});

describe('one component', () => {
  const security = at('2026-06-01', 'annulled', { component: 'AEOS' });

  test('a change of type that leaves the component out, and one that brings it back, leave it void', () => {
    const without = [security, at('2025-01-01', 'type_changed', { newType: 'AEOC' })];
    expect(isAllowed(base, without)).toBe(true);
    expect(activeEver(base, without)).toEqual(['AEOC']);
    const back = [...without, at('2027-01-01', 'type_changed', { newType: 'AEOF' })];
    expect(activeEver(base, back)).toEqual(['AEOC']);
  });

  test('the other one goes on, and can end by itself', () => {
    expect(activeEver(base, [security])).toEqual(['AEOC']);
    const ended = [security, at('2025-01-01', 'revoked')];
    expect(isAllowed(base, ended)).toBe(true);
    expect(activeIn(base, ended, 2024)).toEqual(['AEOC']);
    expect(activeIn(base, ended, 2026)).toEqual([]);
  });
});

test.each(['2025-01-01', '2026-06-01', '2026-12-31'])('a validity that is made to end on %s', (day) => {
  expect(activeEver({ ...base, validTo: startOfDay(day) }, [annulled])).toEqual([]);
});

test('a beginning that is moved behind it', () => {
  expect(activeEver({ ...base, validFrom: startOfDay('2027-01-01') }, [annulled])).toEqual([]);
});

test('changes of type keep their order where a later beginning overtakes them', () => {
  const events = [
    at('2025-01-01', 'type_changed', { newType: 'AEOC' }),
    at('2024-01-01', 'type_changed', { newType: 'AEOS' }),
  ];
  const later = { ...base, validFrom: startOfDay('2026-01-01') };
  expect([activeIn(base, events, 2026), activeIn(later, events, 2026)]).toEqual([['AEOC'], ['AEOC']]);
});

describe('terms of the programme that are corrected', () => {
  const types = TYPES.map((type) => (type.code === 'AEOF' ? { ...type, components: ['AEOF'] } : type));
  test.each(['suspended', 'revoked', 'annulled'] as const)(
    '%s of a component that is gone holds for the whole',
    (type) => {
      const events = [at('2021-01-01', type, { component: 'AEOS' }), at('2022-01-01', 'consent_given')];
      const folded = lifeCycle(base, events, types, { strict: true });
      expect(folded.ok && statusesAt(folded, startOfDay('2023-01-01')).map(({ status }) => status)).toEqual([type]);
    },
  );

  test('but a reinstatement of one lifts nothing', () => {
    const events = [
      at('2021-01-01', 'suspended', { component: 'AEOC' }),
      at('2021-02-01', 'suspended', { component: 'AEOS' }),
      at('2021-03-01', 'reinstated', { component: 'AEOS' }),
    ];
    const folded = lifeCycle(base, events, types, { strict: false });
    expect(folded.ok && statusesAt(folded, startOfDay('2023-01-01'))).toMatchObject([{ status: 'suspended' }]);
  });
});

describe('the whole, where a part had ended before', () => {
  const events = [at('2023-01-01', 'revoked', { component: 'AEOS' }), at('2025-01-01', 'annulled')];
  const merged = TYPES.map((type) => (type.code === 'AEOF' ? { ...type, components: ['AEOF'] } : type));

  test('stays void under terms that no longer know the part', () => {
    expect(activeIn(base, events, 2021)).toEqual(['AEOS']);
    const folded = lifeCycle(base, events, merged, { strict: false });
    expect(folded.ok && folded.statuses).toEqual([
      { type: 'AEOF', component: 'AEOF', status: 'annulled', valid: { from: base.validFrom, to: null } },
    ]);
  });

  test('and where a part had been annulled before, no type begins from that', () => {
    const record = { ...base, type: 'AEOC' };
    const changed = at('2024-01-01', 'type_changed', { newType: 'AEOF' });
    const annulments = [at('2025-01-01', 'annulled', { component: 'AEOC' }), at('2021-01-01', 'annulled')];
    expect(activeEver(record, [changed, ...annulments])).toEqual([]);
  });

  test('and an annulled part is void under a type of its own, too', () => {
    const parts = [
      at('2020-01-01', 'type_changed', { newType: 'AEOC' }),
      at('2022-01-01', 'annulled', { component: 'AEOC' }),
    ];
    const back = [at('2021-01-01', 'type_changed', { newType: 'AEOF' }), ...parts];
    const folded = lifeCycle(base, back, merged, { strict: false });
    expect(folded.ok && statusesAt(folded, startOfDay('2020-07-01')).map(({ status }) => status)).not.toContain(
      'active',
    );
  });
});

test('whatever is recorded or corrected afterwards, what was annulled is never active', () => {
  const kinds = ['suspended', 'reinstated', 'revoked', 'withdrawn', 'expired', 'annulled', 'type_changed'] as const;
  const year = fc.integer({ min: 2019, max: 2028 });
  const event = fc
    .record({
      type: fc.constantFrom<EventType>(...kinds),
      component: fc.constantFrom(null, null, 'AEOC', 'AEOS'),
      newType: fc.constantFrom('AEOC', 'AEOS', 'AEOF'),
      year,
    })
    .map(({ type, component, newType, year: of }) =>
      at(`${of}-03-01`, type, type === 'type_changed' ? { newType } : { component }),
    );
  const events = fc.array(event, { maxLength: 6 });
  const corrections = fc.record({
    validFrom: fc.constantFrom('2019-01-01', '2023-01-01').map(startOfDay),
    validTo: fc.option(fc.constantFrom('2024-01-01', '2027-01-01').map(startOfDay)),
  });
  const record = (of: MembershipBase, before: readonly MembershipEvent[], more: readonly MembershipEvent[]) => {
    const all = [...before];
    for (const next of more) if (isAllowed(of, [...all, next])) all.push(next);
    return all;
  };
  fc.assert(
    fc.property(
      events,
      year,
      fc.constantFrom(null, 'AEOS'),
      events,
      corrections,
      (first, of, component, then, change) => {
        const all = [...record(base, [], first), at(`${of}-06-01`, 'annulled', { component })];
        fc.pre(isAllowed(base, all));
        // Of a whole, a part that had ended before stays as it ended.
        const left = activeEver(base, all);
        if (component !== null) expect(left).not.toContain(component);
        const corrected = { ...base, ...change };
        const voided = ['AEOC', 'AEOS'].filter((part) => !left.includes(part) && (component ?? part) === part);
        for (const active of activeEver(corrected, record(corrected, all, then))) expect(voided).not.toContain(active);
      },
    ),
    { numRuns: 2000 },
  );
});
