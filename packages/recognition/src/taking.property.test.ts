import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { anEvent, TYPES } from '../../../tests/support/builders.ts';
import { foldConsent } from './consent.ts';
import { type EventType, lifeCycle, type MembershipBase, type MembershipEvent } from './life-cycle.ts';
import { contains, startOfDay } from './time.ts';

/** Whatever is recorded that takes something from somebody never gives anything, at any moment: random histories. */
const YEARS = [2018, 2019, 2020, 2021, 2022, 2023, 2024, 2025, 2026, 2027, 2028, 2029];
const year = fc.integer({ min: 2019, max: 2028 }).map((of) => startOfDay(`${of}-03-01`));
const moments = YEARS.map((of) => startOfDay(`${of}-07-01`));

describe('periods of status', () => {
  const ENDING = ['suspended', 'revoked', 'withdrawn', 'expired', 'annulled'] as const;
  const types = [...TYPES, { ...TYPES[0], code: 'AEOX', components: ['AEOS', 'X'] }] as typeof TYPES;
  const event = fc
    .record({
      type: fc.constantFrom<EventType>(...ENDING, 'reinstated', 'type_changed', 'type_changed', 'suspended'),
      component: fc.constantFrom(null, null, 'AEOC', 'AEOS', 'X'),
      newType: fc.constantFrom('AEOC', 'AEOS', 'AEOF', 'AEOX'),
      effectiveFrom: year,
    })
    .map(({ component, newType, ...of }) =>
      anEvent({ ...of, ...(of.type === 'type_changed' ? { newType } : { component }) }),
    );
  const base = fc.record({
    type: fc.constantFrom('AEOF', 'AEOF', 'AEOC', 'AEOS'),
    validFrom: fc.constant(startOfDay('2019-03-01')),
    validTo: fc.constantFrom(null, null, startOfDay('2026-03-01')),
    consent: fc.constant(null),
  });
  const events = fc.array(event, { minLength: 1, maxLength: 12 });

  /** Components that are active, and the types of active ones, at each moment. */
  function active(record: MembershipBase, of: readonly MembershipEvent[], terms = types): readonly string[] {
    const folded = lifeCycle(record, of, terms, { strict: false });
    const periods = folded.ok ? folded.statuses.filter(({ status }) => status === 'active') : [];
    return moments.flatMap((at) =>
      periods
        .filter(({ valid }) => contains(valid, at))
        .flatMap(({ component, type }) => [`${component} ${at}`, `type ${type} ${at}`]),
    );
  }
  /** Records those that are allowed one after the other, and says what each has made of the one before. */
  function recorded(
    record: MembershipBase,
    all: readonly MembershipEvent[],
    look: (before: readonly MembershipEvent[], next: MembershipEvent) => void = () => undefined,
  ): readonly MembershipEvent[] {
    const events: MembershipEvent[] = [];
    for (const next of all) {
      if (!lifeCycle(record, [...events, next], types, { strict: true }).ok) continue;
      look([...events], next);
      events.push(next);
    }
    return events;
  }

  test('an end or a suspension makes no component active, nor a type held longer', () => {
    fc.assert(
      fc.property(base, events, (record, all) => {
        recorded(record, all, (before, next) => {
          if (!ENDING.some((type) => type === next.type)) return;
          const had = active(record, before);
          expect(active(record, [...before, next]).filter((one) => !had.includes(one))).toEqual([]);
        });
      }),
      { numRuns: 4000 },
    );
  });

  test('neither does a validity that is made to end', () => {
    fc.assert(
      fc.property(base, events, year, (record, all, validTo) => {
        fc.pre(record.validTo === null);
        const history = recorded(record, all);
        const had = active(record, history);
        expect(active({ ...record, validTo }, history).filter((one) => !had.includes(one))).toEqual([]);
      }),
      { numRuns: 1000 },
    );
  });

  test('nothing that was annulled as a whole comes back by corrected terms', () => {
    const merged = types.map((type) => (type.code === 'AEOF' ? { ...type, components: ['AEOF'] } : type));
    fc.assert(
      fc.property(base, events, (record, all) => {
        const history = recorded(record, all);
        fc.pre(history.some(({ type, component }) => type === 'annulled' && component === null));
        // Where a part had ended before, the time before that is left.
        if (active(record, history).length === 0) expect(active(record, history, merged)).toEqual([]);
      }),
      { numRuns: 2000 },
    );
  });
});

describe('periods of consent', () => {
  const partners = fc.constantFrom(null, null, ['YY'], ['ZZ'], ['YY', 'ZZ']);
  const event = fc
    .record({ type: fc.constantFrom<EventType>('consent_given', 'consent_withdrawn'), partners, effectiveFrom: year })
    .map(anEvent);
  const consent = fc.option(fc.record({ given: fc.boolean(), partners, from: year }));

  /** The partners that are covered, at each moment; of the programme nothing is assumed. */
  function covered(given: MembershipBase['consent'], events: readonly MembershipEvent[]): readonly string[] {
    const base = { type: 'AEOF', validFrom: startOfDay('2019-03-01'), validTo: null, consent: given };
    const periods = foldConsent(base, events);
    return moments.flatMap((at) => {
      const period = periods.find(({ valid }) => contains(valid, at));
      const isCovered = (code: string) =>
        !period?.except.includes(code) && (period?.scope === 'all' || period?.partners.includes(code));
      return ['YY', 'ZZ'].filter(isCovered).map((code) => `${code} ${at}`);
    });
  }

  test('a withdrawal gives nothing, and a consent nothing to others nor before its own day', () => {
    fc.assert(
      fc.property(consent, fc.array(event, { minLength: 1, maxLength: 5 }), (given, events) => {
        events.forEach((next, place) => {
          const had = covered(given, events.slice(0, place));
          const more = covered(given, events.slice(0, place + 1)).filter((one) => !had.includes(one));
          const [codes, from] = [next.partners ?? ['YY', 'ZZ'], next.effectiveFrom];
          const may = moments.filter((at) => at >= from).flatMap((at) => codes.map((code) => `${code} ${at}`));
          if (next.type === 'consent_withdrawn') expect(more).toEqual([]);
          else expect(more.filter((one) => !may.includes(one))).toEqual([]);
        });
      }),
      { numRuns: 4000 },
    );
  });
});
