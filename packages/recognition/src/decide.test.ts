import { describe, expect, test } from 'vitest';
import { changesOf, decisionCases, expected, factsOf, observed } from '../../../tests/decisions/case.ts';
import { changeNetwork } from '../../../tests/support/agreement-changes.ts';
import { referenceNetwork } from '../../../tests/support/reference-network.ts';
import { decide } from './decide.ts';
import { parseInstant } from './time.ts';

const knownAt = '2026-11-22T09:00:00.000Z';

describe('the decision cases on the core', () => {
  test.each(decisionCases.map((subject) => [subject.id, subject] as const))('%s', (_, subject) => {
    const network = changeNetwork(referenceNetwork, changesOf(subject));
    const facts = { network, memberships: factsOf(network, subject, knownAt) };
    const question = { ...subject.question, at: parseInstant(subject.question.at) ?? '', knownAt };
    const decision = decide(question, facts, { administration: subject.audience ?? null });
    expect(observed(subject.expect, decision), subject.because).toEqual(expected(subject.expect));
  });
});
