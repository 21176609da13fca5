import fc from 'fast-check';
import { beforeAll, expect, test } from 'vitest';
import { putBack, recordChange } from '../support/agreement-changes.ts';
import { BOUNDS } from '../support/arbitrary-members.ts';
import { CODES, type Code, createModelNodes, type ModelNode } from './model/node.ts';
import { answersOf, logHead, oracleOf, putAsideAt } from './model/oracle.ts';
import { beginRun, type Nodes } from './model/run.ts';
import { AGREEMENT, aStory } from './model/steps.ts';

/**
 * Two nodes, each of which sends the other its members by polls or pushes, and whatever can happen to them: changes, losses, repeats,
 * reorderings, crashes at any statement, clocks that differ. When the faults end, both agree with each other and with an oracle: the log of
 * the sender folded and decided by the pure core alone. For no moment asked about does a receiver recognise whom the oracle does not.
 */

const RUNS = Number(process.env.MODEL_RUNS ?? 50);

let nodes: Nodes;
beforeAll(async () => {
  nodes = await createModelNodes();
});

test(`after ${RUNS} runs of random changes and faults, both nodes agree with each other and with the oracle`, async () => {
  const property = fc.asyncProperty(aStory, async ({ by, steps }) => {
    const run = await beginRun(nodes, by);
    const heads = { EU: await logHead(nodes.EU.database), JP: await logHead(nodes.JP.database) };
    for (const step of steps) await run.take(step);
    await run.settle();
    for (const code of CODES) await expectAgreement(nodes[code], nodes[code === 'EU' ? 'JP' : 'EU'], heads[code]);
  });
  await fc.assert(property.beforeEach(restoreAgreement), { numRuns: RUNS, endOnFailure: false });
}, 3_600_000);

async function expectAgreement(sender: ModelNode, receiver: ModelNode, after: number): Promise<void> {
  const now = new Date().toISOString();
  const oracle = await oracleOf(sender, after, now);
  const putAside = await putAsideAt(receiver);
  const moments = [now, ...BOUNDS];
  const { numbers } = oracle;
  const [own = []] = await answersOf(sender.decider, receiver.code, numbers, [now], now);
  expect(own).toEqual(oracle.answersAt(now));
  const received = await answersOf(receiver.decider, receiver.code, numbers, moments, null);
  for (const [index, at] of moments.entries()) {
    const expected = oracle.answersAt(at);
    for (const [place, answer] of (received[index] ?? []).entries()) {
      const number = numbers[place] ?? '';
      const truth = expected[place] ?? '';
      const unknown = `${number} not_recognised UNKNOWN_TRADER`;
      if (at !== now) {
        // A consent corrected after the communication had ended is no event: of such moments the receiver has what it was told then.
        const isWrong =
          answer.endsWith(' RECOGNISED') && answer !== truth && (at >= now || oracle.isToldFor(number, at));
        expect({ at, wrong: isWrong ? answer : null }).toEqual({ at, wrong: null });
      } else if (putAside.has(number)) {
        // It knows that it does not know.
        expect([`${number} indeterminate DATA_STALE`, unknown, truth]).toContain(answer);
      } else {
        expect(answer).toBe(oracle.isTold(number) ? truth : unknown);
        expect(outcomeOf(answer)).toBe(outcomeOf(truth));
      }
    }
  }
}

const outcomeOf = (answer: string) => answer.split(' ')[1];

const original = new Map<Code, Parameters<typeof putBack>[1]>();
async function restoreAgreement(): Promise<void> {
  for (const code of CODES) {
    const { db } = nodes[code].database;
    const terms = original.get(code);
    if (terms !== undefined) await putBack(db, terms);
    else original.set(code, await recordChange(db, { agreement: AGREEMENT, from: null }));
  }
}
