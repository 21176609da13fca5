import { Readable } from 'node:stream';

/** Chunks under way at once: one that the database works on while another is decided here. */
const UNDER_WAY = 2;

/**
 * Answers chunks of questions in order, one ahead of the other, as they arrive. What is held is the chunks under way and as many
 * answered: a reader that stops reading stops the work.
 * @returns in object mode, an `Answered` for each chunk
 */
export function answerChunks<Chunk, Answered>(
  chunks: AsyncIterable<Chunk> | Iterable<Chunk>,
  answer: (chunk: Chunk) => Promise<Answered>,
): Readable {
  return Readable.from(chunks, { highWaterMark: 1 }).map(answer, { concurrency: UNDER_WAY });
}
