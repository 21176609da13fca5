import type { Instant } from '@mra/recognition';
import fc from 'fast-check';
import { expect } from 'vitest';
import { putBack, recordChange } from '../../support/agreement-changes.ts';
import { BOUNDS } from '../../support/arbitrary-members.ts';
import { CODES, type Code, type ModelNode } from './node.ts';
import { answersOf, logHead, oracleOf, putAsideAt } from './oracle.ts';
import { beginRun, type Nodes } from './run.ts';
import { AGREEMENT, aStory } from './steps.ts';

/** Runs of random changes and faults, after each of which both nodes must agree with each other and with the oracle. */
export async function expectAgreementAfter(runs: number, nodes: Nodes): Promise<void> {
  const property = fc.asyncProperty(aStory, async ({ by, steps }) => {
    const run = await beginRun(nodes, by);
    const heads = { EU: await logHead(nodes.EU.database), JP: await logHead(nodes.JP.database) };
    for (const step of steps) await run.take(step);
    await run.settle();
    for (const code of CODES) await expectAgreement(nodes[code], nodes[code === 'EU' ? 'JP' : 'EU'], heads[code]);
  });
  const begunAnew = property.beforeEach(() => restoreAgreement(nodes));
  await fc.assert(begunAnew, { numRuns: runs, endOnFailure: false });
}

/**
 * Both nodes agree about the members of one with each other and with the oracle, each as far as it knows by the clock of its database, about
 * the same moments; the latest of which is the present of whichever clock is ahead.
 * @param after the end of the sender's log before the run
 */
async function expectAgreement(sender: ModelNode, receiver: ModelNode, after: number): Promise<void> {
  const presents = { sender: await presentOf(sender), receiver: await presentOf(receiver) };
  const now = presents.sender > presents.receiver ? presents.sender : presents.receiver;
  const oracle = await oracleOf(sender, after, presents.sender);
  const putAside = await putAsideAt(receiver);
  const moments = [now, ...BOUNDS];
  const { numbers } = oracle;
  const [own = []] = await answersOf(sender.decider, receiver.code, numbers, [now], presents.sender);
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
        // It knows that it does not know; what it holds may still rule the trader out, a row changed by hand included.
        const isSafe = outcomeOf(answer) === 'not_recognised' || answer === `${number} indeterminate DATA_STALE`;
        expect({ unsafe: isSafe || answer === truth ? null : answer }).toEqual({ unsafe: null });
      } else {
        expect(answer).toBe(oracle.isTold(number) ? truth : unknown);
        expect(outcomeOf(answer)).toBe(outcomeOf(truth));
      }
    }
  }
}

async function presentOf({ database }: ModelNode): Promise<Instant> {
  const { rows } = await database.asOwner('select now_in_milliseconds() as present');
  return rows[0].present;
}

const outcomeOf = (answer: string) => answer.split(' ')[1];

const original = new Map<Code, Parameters<typeof putBack>[1]>();

/** The agreement as it was before the first run. */
async function restoreAgreement(nodes: Nodes): Promise<void> {
  for (const code of CODES) {
    const { db } = nodes[code].database;
    const terms = original.get(code);
    if (terms !== undefined) await putBack(db, terms);
    else original.set(code, await recordChange(db, { agreement: AGREEMENT, from: null }));
  }
}
