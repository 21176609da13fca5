import {
  type Audience,
  addSeconds,
  type Instant,
  type MembershipFacts,
  normaliseIdentifier,
  type OpenQuestion,
} from '@mra/recognition';
import { type Answered, createDecider, type Decider, loadFacts } from '@mra/registry';
import fc from 'fast-check';
import { beforeAll, describe, expect, test } from 'vitest';
import { aQuestionAbout, aWorld } from '../support/arbitraries.ts';
import { anEventOf, aSuspension, type Member, members, nearBound, SHARED } from '../support/arbitrary-members.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { type Action, actionsOf, anActionAbout, perform } from '../support/registry-actions.ts';
import { logHead, replay } from '../support/replay.ts';

const NOBODY: Audience = { administration: null };
let database: TestDatabase;
let decider: Decider;
beforeAll(async () => {
  database = await createTestDatabase();
  decider = createDecider(database.db, database.networks);
});

type Kept = Extract<Answered, { kind: 'answered' }>;

async function ask(questions: readonly OpenQuestion[], audience: Audience = NOBODY): Promise<readonly Kept[]> {
  const answers = await decider.ask(questions, audience);
  return answers.map((answer) => {
    if (answer.kind !== 'answered') throw new Error('asked before its instant of knowledge');
    return answer;
  });
}

/** What must never change of an answer. */
const lasting = ({ question, decision, networkVersion }: Kept) => ({ question, decision, networkVersion });

/** A few members as they are, then anything that is recorded about them. */
const aHistory = members.chain((subjects) =>
  fc.record({
    actions: fc
      .array(anActionAbout(subjects), { minLength: 4, maxLength: 10 })
      .map((actions) => [...subjects.flatMap((member) => actionsOf(member).slice(0, 1)), ...actions]),
    questions: fc.array(aQuestionAbout(subjects), { minLength: 3, maxLength: 4 }),
    identifiers: fc.constant([...subjects.map(({ number }) => number), ...SHARED.map(({ value }) => value)]),
  }),
);

describe('what is known at an instant', () => {
  test('the same at and knownAt give the same answer, whatever is recorded later or at the same time', async () => {
    const outcomes = new Set<string>();
    await fc.assert(
      fc.asyncProperty(aHistory, async ({ actions, questions }) => {
        await database.clear();
        const now = questions.map((question) => ({ ...question, knownAt: null }));
        const kept: Kept[] = [];
        for (const action of actions) {
          const [, beside, also] = await Promise.all([perform(database, action), ask(now), ask(now)]);
          kept.push(...beside, ...also, ...(await ask(now)));
        }
        const again = await ask(kept.map(({ question }) => question));
        expect(again.map(lasting)).toEqual(kept.map(lasting));
        for (const { decision } of kept) outcomes.add(decision.outcome);
      }),
      { numRuns: 20 },
    );
    expect(outcomes.size).toBeGreaterThan(1);
  });

  test('the facts of a query are those that a replay of the log gives', async () => {
    let compared = 0;
    await fc.assert(
      fc.asyncProperty(aHistory, async ({ actions, identifiers }) => {
        await database.clear();
        const start = await logHead(database);
        for (const action of actions) await perform(database, action);
        for (const knownAt of await instantsOfKnowledge(start)) {
          const replayed = await replay(database, start, knownAt);
          const loaded = await loadFacts(
            database.db,
            identifiers.map((identifier) => ({ identifier, knownAt })),
          );
          expect(loaded.map((facts) => inOrder(facts.memberships))).toEqual(
            identifiers.map((identifier) => inOrder(replayed.filter(isNamed(identifier)))),
          );
          compared += loaded.flatMap(({ memberships }) => memberships).length;
        }
      }),
      { numRuns: 20 },
    );
    expect(compared).toBeGreaterThan(100);
  });

  test('a batch answers as its questions do one by one', async () => {
    const aBatch = aWorld.chain(({ members: subjects, audience }) =>
      fc.record({
        subjects: fc.constant(subjects),
        audience: fc.constant(audience),
        questions: fc.array(aQuestionAbout(subjects), { minLength: 2, maxLength: 12 }),
        steps: fc.array(fc.nat(), { minLength: 12, maxLength: 12 }),
      }),
    );
    await fc.assert(
      fc.asyncProperty(aBatch, async ({ subjects, audience, questions, steps }) => {
        await database.clear();
        const start = await logHead(database);
        for (const action of subjects.flatMap(actionsOf)) await perform(database, action);
        const known = await instantsOfKnowledge(start);
        const asked = questions.map((question, index) => ({
          ...question,
          knownAt: known[(steps[index] ?? 0) % known.length] ?? null,
        }));
        const batch = await ask(asked, audience);
        const single = await Promise.all(asked.map(async (question) => (await ask([question], audience))[0]));
        expect(batch.map(lasting)).toEqual(single.map((answer) => answer && lasting(answer)));
      }),
      { numRuns: 20 },
    );
  });

  /** The instants at which something became known since an entry of the log, and just before each. */
  async function instantsOfKnowledge(start: number): Promise<readonly Instant[]> {
    const { rows } = await database.asOwner('select distinct recorded_at from change_log where seq > $1 order by 1', [
      start,
    ]);
    return rows.flatMap(({ recorded_at }: { recorded_at: Instant }) => [addSeconds(recorded_at, -0.001), recorded_at]);
  }

  const isNamed = (identifier: string) => (facts: MembershipFacts) =>
    facts.identifiers.some(({ normalised }) => normalised === normaliseIdentifier(identifier));

  /** Lists of facts have no order; texts of their parts give them one. */
  const inOrder = (memberships: readonly MembershipFacts[]) => {
    const sorted = <T extends object>(rows: readonly T[]) => rows.map(canonical).toSorted();
    return memberships
      .map(({ statuses, consents, identifiers, localSuspensions, ...facts }) => ({
        ...facts,
        statuses: sorted(statuses),
        consents: sorted(consents),
        identifiers: sorted(identifiers),
        localSuspensions: sorted(localSuspensions),
      }))
      .toSorted((a, b) => (`${a.programme}/${a.number}` < `${b.programme}/${b.number}` ? -1 : 1));
  };

  const canonical = (value: object): string =>
    JSON.stringify(value, (_, part: unknown) =>
      part !== null && typeof part === 'object' && !Array.isArray(part)
        ? Object.fromEntries(Object.entries(part).toSorted(([a], [b]) => (a < b ? -1 : 1)))
        : part,
    );
});

test('an answer holds until validUntil, and changes then', async () => {
  /** What an answer says; details are words, and the age of the data grows by itself. */
  const essence = ({ decision: { validUntil: _, dataAge: __, detail: ___, rules, ...decision } }: Kept) =>
    JSON.stringify({
      ...decision,
      rules: rules.map(({ rule, conditions }) => [rule, conditions.map(({ code, met }) => [code, met])]),
    });
  // Local members only: whether a copy is too old then could be asked only then.
  const local = aWorld.map((world) => world.members.map((member) => ({ ...member, source: null })));
  const questions = local.chain((subjects) =>
    fc.record({
      subjects: fc.constant(subjects),
      questions: fc.array(aQuestionAbout(subjects), { minLength: 6, maxLength: 12 }),
    }),
  );
  await fc.assert(
    fc.asyncProperty(
      questions,
      fc.array(nearBound, { minLength: 4, maxLength: 8 }),
      async ({ subjects, questions }, instants) => {
        await database.clear();
        for (const action of subjects.flatMap(actionsOf)) await perform(database, action);
        const answers = await ask(questions.map((question) => ({ ...question, knownAt: null })));
        const told = answers.filter(({ decision }) => !HIDDEN.has(decision.reason));
        for (const answer of told) {
          const {
            question,
            decision: { validUntil },
          } = answer;
          const before =
            validUntil === null
              ? instants
              : [...instants.filter((instant) => instant < validUntil), addSeconds(validUntil, -0.001)];
          const within = before.filter((instant) => instant >= question.at).map((at) => ({ ...question, at }));
          for (const later of await ask(within)) expect(essence(later), later.question.at).toBe(essence(answer));
          if (validUntil === null) continue;
          const [changed] = await ask([{ ...question, at: validUntil }]);
          expect(changed && essence(changed)).not.toBe(essence(answer));
        }
      },
    ),
    { numRuns: 20 },
  );
});

/** Of somebody unknown nothing is told, not even when that will change (packages/recognition/src/decide.ts). */
const HIDDEN: ReadonlySet<string> = new Set(['UNKNOWN_TRADER', 'IDENTIFIER_INVALID']);

test('no suspension, withdrawal of consent or local suspension that is recorded makes anybody recognised', async () => {
  const recordedAgainst = (subjects: readonly Member[]): fc.Arbitrary<Action> =>
    fc.constantFrom(...subjects).chain(({ programme, number }) =>
      fc.oneof(
        anEventOf(programme, ['suspended', 'consent_withdrawn']).map(
          (event): Action => ({ kind: 'event', programme, number, event }),
        ),
        aSuspension.map((suspension): Action => ({ kind: 'suspension', programme, number, suspension })),
      ),
    );
  const steps = aWorld.chain((world) =>
    fc.record({
      world: fc.constant(world),
      questions: fc.array(aQuestionAbout(world.members), { minLength: 4, maxLength: 8 }),
      actions: fc.array(recordedAgainst(world.members), { minLength: 1, maxLength: 5 }),
    }),
  );
  await fc.assert(
    fc.asyncProperty(steps, async ({ world, questions, actions }) => {
      await database.clear();
      for (const action of world.members.flatMap(actionsOf)) await perform(database, action);
      const now = [world.question, ...questions].map((question) => ({ ...question, knownAt: null }));
      let before = await ask(now, world.audience);
      for (const action of actions) {
        await perform(database, action);
        const after = await ask(now, world.audience);
        const turned = after.filter(
          ({ decision }, index) =>
            decision.outcome === 'recognised' && before[index]?.decision.outcome !== 'recognised',
        );
        expect(turned.map(lasting)).toEqual([]);
        before = after;
      }
    }),
    { numRuns: 25 },
  );
});
