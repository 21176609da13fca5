import type { BatchItemAnswer } from '@mra/contracts';
import { answerChunks } from './answer-chunks.ts';
import { writeAnswers } from './write-answers.ts';

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
  const answered = answerChunks(inChunks(questions), async (items) => writeAnswers(await answer(items), ','));
  const parts: Buffer[] = [];
  for await (const part of answered) parts.push(part as Buffer);
  // Without the comma after the last answer.
  const last = parts.pop()?.subarray(0, -1) ?? NOTHING;
  return Buffer.concat([BEGIN, ...parts, last, END]);
}

const BEGIN = Buffer.from('{"answers":[');
const NOTHING = Buffer.alloc(0);
const END = Buffer.from(']}');

function* inChunks(questions: readonly unknown[]): Generator<readonly unknown[]> {
  for (let start = 0; start < questions.length; start += CHUNK) yield questions.slice(start, start + CHUNK);
}
