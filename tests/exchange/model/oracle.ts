import { decide, type Instant, type Question } from '@mra/recognition';
import type { Decider } from '@mra/registry';
import { logHead, replay } from '../../support/replay.ts';
import { toldOf } from '../streams.ts';
import type { ModelNode } from './node.ts';
import { NUMBERS } from './steps.ts';

/** What one node says of its members to the other, by nothing but the log that it keeps and the pure core. */
export interface Oracle {
  readonly numbers: readonly string[];
  /** Answers in the order of the numbers: "number outcome reason". */
  answersAt(at: Instant): readonly string[];
  /** Whether the receiver is told of the member at all. */
  isTold(number: string): boolean;
  /** Whether the moment is one for which it is. */
  isToldFor(number: string, at: Instant): boolean;
}

export { logHead };

/** @param after the end of the log before the run */
export async function oracleOf(sender: ModelNode, after: number, knownAt: Instant): Promise<Oracle> {
  const { database, code, partner } = sender;
  const [facts, network] = [await replay(database, after, knownAt), await database.networks.current()];
  const told = await toldOf(database, partner.code);
  const numbers = NUMBERS[code];
  return {
    numbers,
    answersAt: (at) =>
      numbers.map((identifier) => {
        const question: Question = { recogniser: partner.code, identifier, at, knownAt };
        const memberships = facts.filter(({ number }) => number === identifier);
        const { outcome, reason } = decide(question, { network, memberships });
        return `${identifier} ${outcome} ${reason}`;
      }),
    isTold: (number) => told.some((member) => member.number === number),
    isToldFor: (number, at) =>
      told.some((member) => member.number === number && at >= (member.from ?? '') && at < (member.to ?? '9')),
  };
}

/** Answers about members at each of these moments, as known at an instant; null: now. */
export async function answersOf(
  decider: Decider,
  recogniser: string,
  numbers: readonly string[],
  moments: readonly Instant[],
  knownAt: Instant | null,
): Promise<readonly (readonly string[])[]> {
  const questions = moments.flatMap((at) => numbers.map((identifier) => ({ recogniser, identifier, at, knownAt })));
  const answered = await decider.ask(questions, { administration: null });
  const texts = answered.map((answer) => {
    if (answer.kind !== 'answered') throw new Error('asked before its instant of knowledge');
    return `${answer.question.identifier} ${answer.decision.outcome} ${answer.decision.reason}`;
  });
  return moments.map((_, place) => texts.slice(place * numbers.length, (place + 1) * numbers.length));
}

/** Members whose last word the receiver could not apply, and has put aside. */
export async function putAsideAt({ database }: ModelNode): Promise<ReadonlySet<string>> {
  const { rows } = await database.asOwner(`select number from quarantine where state = 'open'`);
  return new Set(rows.map(({ number }) => number));
}
