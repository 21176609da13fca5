import { Answer, toAnswer } from '@mra/contracts';
import { type Decision, decide, type Question } from '@mra/recognition';
import fc from 'fast-check';
import { describe, expect, test, vi } from 'vitest';
import { factsOf as caseFactsOf, changesOf, decisionCases, instantOf } from '../decisions/case.ts';
import { changeNetwork } from '../support/agreement-changes.ts';
import { aWorld } from '../support/arbitraries.ts';
import { factsOf } from '../support/arbitrary-members.ts';
import { referenceNetwork } from '../support/reference-network.ts';

// A property takes a second or two; machines that run other tests beside it take longer.
vi.setConfig({ testTimeout: 60_000 });

const knownAt = '2026-11-22T09:00:00.000Z';

/** As the routes of recognition send it, which do not check their answers (packages/http/src/zod-provider.ts, `asMade`). */
function sent(decision: Decision, question: Question): string {
  const identifier = {
    normalised: 'X1',
    schemes: [{ scheme: 'eori', name: 'EORI', checkDigit: 'not_checked' as const }],
  };
  return JSON.stringify(toAnswer(decision, question, { decidedAt: knownAt, networkVersion: 1, identifier }));
}

/** As a route sends it that checks its answers: fields that the schema does not have are gone, the others in its order. */
const checked = (text: string): string => JSON.stringify(Answer.parse(JSON.parse(text)));

describe('an answer that is sent as it was made fits its schema, to the character', () => {
  test.each(decisionCases.map((subject) => [subject.id, subject] as const))('%s', (_, subject) => {
    const network = changeNetwork(referenceNetwork, changesOf(subject));
    const question = { ...subject.question, at: instantOf(subject.question.at), knownAt } as Question;
    const memberships = caseFactsOf(network, subject, knownAt);
    const decision = decide(question, { network, memberships }, { administration: subject.audience ?? null });
    const text = sent(decision, question);
    expect(text).toBe(checked(text));
  });

  test('whatever exists and is asked', () => {
    fc.assert(
      fc.property(aWorld, ({ network, members, question, audience }) => {
        const memberships = members.map((member) => factsOf(network, member));
        const text = sent(decide(question, { network, memberships }, audience), question);
        expect(text).toBe(checked(text));
      }),
      { numRuns: 300 },
    );
  });
});
