import fc from 'fast-check';
import { describe, expect, test, vi } from 'vitest';
import { aWorld, type World } from '../../../tests/support/arbitraries.ts';
import {
  anEventOf,
  aSuspension,
  BOUNDS,
  factsOf,
  type Member,
  nearBound,
  recorded,
} from '../../../tests/support/arbitrary-members.ts';
import { OUTCOMES, REASONS } from './closed-sets.ts';
import { decide } from './decide.ts';
import type { Decision } from './decision.ts';
import { type Evaluation, evaluate } from './evaluate.ts';
import type { MembershipFacts } from './membership-types.ts';
import type { Network } from './network-types.ts';
import { addSeconds, type Instant, type Period } from './time.ts';

// A property takes a second or two; machines that run other tests beside it take longer.
vi.setConfig({ testTimeout: 60_000 });

const membershipsOf = ({ network, members }: World) => members.map((member) => factsOf(network, member));

const answer = (world: World): Decision =>
  decide(world.question, { network: world.network, memberships: membershipsOf(world) }, world.audience);

/** What an answer says, without the wording of details and the age of the data, which grows by itself. */
const essence = ({ outcome, reason, membership, rules, benefits, declare, nameMatch }: Evaluation) =>
  JSON.stringify({
    outcome,
    reason,
    membership,
    rules: rules.map((rule) => [rule.rule, rule.met, ...rule.conditions.map(({ code, met }) => [code, met])]),
    benefits,
    declare,
    nameMatch,
  });

test('the questions reach every outcome and every reason', () => {
  const answers = fc.sample(aWorld, { seed: 42, numRuns: 2500 }).map(answer);
  const of = <T>(values: readonly T[]) => new Set(values);
  expect(of(answers.map(({ outcome }) => outcome))).toEqual(of(OUTCOMES));
  expect(of(answers.map(({ reason }) => reason))).toEqual(of(REASONS));
  expect(answers.filter(({ outcome }) => outcome === 'recognised').length).toBeGreaterThan(150);
  expect(answers.filter(({ validUntil }) => validUntil !== null).length).toBeGreaterThan(500);
});

test('no suspension, withdrawal of consent or local suspension makes anybody recognised', () => {
  const recordAgainst = (members: readonly Member[]) =>
    fc.nat({ max: members.length - 1 }).chain((index) =>
      fc.oneof(
        aSuspension.map((suspension) => (member: Member, position: number): Member => {
          const localSuspensions = [...member.localSuspensions, suspension];
          return position === index ? { ...member, localSuspensions } : member;
        }),
        anEventOf(members[index]?.programme ?? '', ['suspended', 'consent_withdrawn']).map(
          (event) =>
            (member: Member, position: number): Member =>
              position === index ? { ...member, events: recorded(member, member.events, event) } : member,
        ),
      ),
    );
  const steps = aWorld.chain((world) =>
    fc.tuple(fc.constant(world), fc.array(recordAgainst(world.members), { minLength: 1, maxLength: 5 })),
  );

  fc.assert(
    fc.property(steps, ([first, changes]) => {
      let world = first;
      for (const change of changes) {
        const before = answer(world);
        world = { ...world, members: world.members.map(change) };
        if (before.outcome !== 'recognised') expect(answer(world).outcome).not.toBe('recognised');
      }
    }),
    { numRuns: 1000 },
  );
});

test('the order of facts does not matter', () => {
  const shuffled = <T>(values: readonly T[]): fc.Arbitrary<readonly T[]> =>
    fc.shuffledSubarray([...values], { minLength: values.length });
  const inAnyOrder = (facts: MembershipFacts) =>
    fc
      .record({
        statuses: shuffled(facts.statuses),
        consents: shuffled(facts.consents),
        identifiers: shuffled(facts.identifiers),
        localSuspensions: shuffled(facts.localSuspensions),
      })
      .map((lists): MembershipFacts => ({ ...facts, ...lists }));
  const inAnyOrderOf = (network: Network) =>
    fc
      .record({
        unionMembers: shuffled(network.unionMembers),
        rules: shuffled([...network.rules]),
        presentations: shuffled([...network.presentations]),
        programmes: shuffled([...network.programmes]),
      })
      .map(
        ({ unionMembers, rules, presentations, programmes }): Network => ({
          ...network,
          unionMembers,
          rules: new Map(rules),
          presentations: new Map(presentations),
          programmes: new Map(programmes.map(([id, terms]) => [id, terms.toReversed()])),
        }),
      );

  fc.assert(
    fc.property(
      aWorld.chain((world) => {
        const memberships = membershipsOf(world);
        return fc.record({
          world: fc.constant(world),
          memberships: fc.tuple(...memberships.map(inAnyOrder)).chain(shuffled),
          network: inAnyOrderOf(world.network),
        });
      }),
      ({ world, memberships, network }) => {
        expect(decide(world.question, { network, memberships }, world.audience)).toEqual(answer(world));
      },
    ),
    { numRuns: 500 },
  );
});

describe('validUntil', () => {
  const later = (a: Instant, b: Instant): Instant => (a > b ? a : b);
  /** What the same question is answered when it is asked anew at an instant, with nothing more recorded. */
  const askedAt = (
    { network, question, audience }: World,
    memberships: readonly MembershipFacts[],
    instant: Instant,
  ) => {
    const anew = { ...question, at: later(question.at, instant), knownAt: later(question.knownAt, instant) };
    return essence(evaluate(anew, { network, memberships }, audience));
  };

  /** Instants at which any fact of a world begins or ends, and just around them. */
  function instantsOf(facts: readonly MembershipFacts[]): readonly Instant[] {
    const bounds = (rows: readonly { readonly valid: Period }[]) => rows.flatMap(({ valid }) => [valid.from, valid.to]);
    const instants = [
      ...BOUNDS,
      ...facts.flatMap(({ statuses, consents, identifiers, localSuspensions }) =>
        [statuses, consents, identifiers, localSuspensions].flatMap(bounds),
      ),
      ...facts.flatMap(({ synchronisation }) => {
        const { lastSynchronisedAt: last = null, maxAgeSeconds = 0 } = synchronisation ?? {};
        return last === null ? [] : [addSeconds(last, maxAgeSeconds)];
      }),
    ].filter((instant) => instant !== null);
    return [...new Set(instants)].flatMap((instant) => [addSeconds(instant, -0.001), instant]);
  }

  test('the answer holds until then, and changes then', () => {
    fc.assert(
      fc.property(aWorld, fc.array(nearBound, { maxLength: 10 }), (world, others) => {
        const first = answer(world);
        // Of somebody unknown nothing is told, not even when that will change (decide.ts).
        fc.pre(first.reason !== 'UNKNOWN_TRADER' && first.reason !== 'IDENTIFIER_INVALID');
        const { validUntil } = first;
        const facts = membershipsOf(world);
        const changes = [...instantsOf(facts), ...others].filter(
          (instant) =>
            (validUntil === null || instant < validUntil) && askedAt(world, facts, instant) !== essence(first),
        );
        expect(changes).toEqual([]);
        if (validUntil !== null) expect(askedAt(world, facts, validUntil)).not.toBe(essence(first));
      }),
      { numRuns: 500 },
    );
  });

  test('it lies after the instant asked about, or after that of knowledge', () => {
    fc.assert(
      fc.property(aWorld, (world) => {
        const { at, knownAt } = world.question;
        const { validUntil } = answer(world);
        if (validUntil !== null) expect(validUntil > at || validUntil > knownAt).toBe(true);
      }),
      { numRuns: 300 },
    );
  });
});
