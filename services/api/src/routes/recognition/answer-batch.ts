import { setImmediate as othersTurn } from 'node:timers/promises';
import type { BatchItemAnswer } from '@mra/contracts';
import { answerChunks } from './answer-chunks.ts';
import { createAnswerWriter } from './answer-writer.ts';

/** Questions that share one query. */
const CHUNK = 1000;

/**
 * Answers a batch chunk by chunk.
 * @returns the `BatchAnswer` as bytes: as one object it would be checked and written in one go, and hold up all other requests
 */
export async function answerBatch(
  questions: readonly unknown[],
  answer: (items: readonly unknown[]) => Promise<Iterable<BatchItemAnswer>>,
): Promise<Buffer> {
  // Written in order into one piece: pieces of each chunk and then a whole were twice as much memory to find, and to collect.
  const writer = createAnswerWriter(FRAME, questions.length);
  for await (const answers of answerChunks(inChunks(questions), answer)) {
    await writer.write(answers);
    // Chunks whose facts have all come would follow each other at once.
    await othersTurn();
  }
  return writer.end();
}

const FRAME = { begin: '{"answers":[', between: ',', end: ']}' };

function* inChunks(questions: readonly unknown[]): Generator<readonly unknown[]> {
  for (let start = 0; start < questions.length; start += CHUNK) yield questions.slice(start, start + CHUNK);
}
