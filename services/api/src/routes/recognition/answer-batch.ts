import type { BatchItemAnswer } from '@mra/contracts';
import { mapInTurns } from '@mra/registry';
import { answerChunks } from './answer-chunks.ts';

/** Questions that share one query. */
const CHUNK = 1000;

/**
 * Answers a batch chunk by chunk.
 * @returns the `BatchAnswer` as bytes: as one object it would be checked and written in one go, and hold up all other requests
 */
export async function answerBatch(
  questions: readonly unknown[],
  answer: (items: readonly unknown[]) => Promise<readonly BatchItemAnswer[]>,
): Promise<Buffer> {
  const answered = answerChunks(inChunks(questions), async (items) => {
    const written = await mapInTurns(await answer(items), (one) => JSON.stringify(one));
    return Buffer.from(written.join(','));
  });
  const parts: Buffer[] = [];
  for await (const part of answered) parts.push(parts.length === 0 ? BEGIN : COMMA, part as Buffer);
  return Buffer.concat([...parts, END]);
}

const BEGIN = Buffer.from('{"answers":[');
const COMMA = Buffer.from(',');
const END = Buffer.from(']}');

function* inChunks(questions: readonly unknown[]): Generator<readonly unknown[]> {
  for (let start = 0; start < questions.length; start += CHUNK) yield questions.slice(start, start + CHUNK);
}
