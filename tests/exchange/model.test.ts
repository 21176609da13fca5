import { test } from 'vitest';
import { expectAgreementAfter } from './model/agreement.ts';
import { createModelNodes } from './model/node.ts';

/**
 * Two nodes, each of which sends the other its members by polls or pushes, and whatever can happen to them: changes, losses, repeats,
 * reorderings, crashes at any statement, clocks that differ. When the faults end, both agree with each other and with an oracle: the log of
 * the sender folded and decided by the pure core alone. For no moment asked about does a receiver recognise whom the oracle does not.
 */

const RUNS = Number(process.env.MODEL_RUNS ?? 50);

test(`after ${RUNS} runs of random changes and faults, both nodes agree with each other and with the oracle`, async () => {
  await expectAgreementAfter(RUNS, await createModelNodes());
}, 3_600_000);
