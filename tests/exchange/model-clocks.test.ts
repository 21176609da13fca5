import { expect, test } from 'vitest';
import { expectAgreementAfter } from './model/agreement.ts';
import { createModelNodes } from './model/node.ts';

/**
 * The model once more, with databases whose clocks differ by a minute: what one has recorded lies in the future of the other, and takes
 * effect at its instant there too.
 */

const RUNS = Math.ceil(Number(process.env.MODEL_RUNS ?? 50) / 10);

test.each([
  // None behind: its template would have been made in its future, and it waits until what it has recorded is past.
  { EU: 60, JP: 0 },
  { EU: 0, JP: 60 },
])(
  `after ${RUNS} runs with the databases %o seconds ahead, both nodes agree with each other and with the oracle`,
  async (clocks) => {
    const nodes = await createModelNodes(clocks);
    const clock = 'select extract(epoch from clock_timestamp())::float8 as seconds';
    const [eu, jp] = await Promise.all([nodes.EU, nodes.JP].map(({ database }) => database.asOwner(clock)));
    expect(Math.abs((eu?.rows[0].seconds ?? 0) - (jp?.rows[0].seconds ?? 0))).toBeGreaterThan(50);
    await expectAgreementAfter(RUNS, nodes);
  },
  3_600_000,
);
