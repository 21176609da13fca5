import type { BatchItemAnswer } from '@mra/contracts';
import { eachInTurns } from '@mra/registry';

/** Grows twofold: a chunk of a thousand answers has some 2 MB. */
const FIRST_BYTES = 262_144;

/** Of a character of a string in UTF-8. */
const MOST_BYTES = 3;

/**
 * Writes answers as JSON, each with the character `end` after it, before the next is made: what an answer was made of is then gone when
 * young objects are collected. Made all together and then written, they were copied by the collector again and again, a third of all work.
 */
export async function writeAnswers(answers: Iterable<BatchItemAnswer>, end: ',' | '\n'): Promise<Buffer> {
  const endByte = end.charCodeAt(0);
  let bytes = Buffer.allocUnsafeSlow(FIRST_BYTES);
  let length = 0;
  await eachInTurns(answers, (answer) => {
    const text = JSON.stringify(answer);
    const most = length + text.length * MOST_BYTES + 1;
    if (most > bytes.length) bytes = withRoom(bytes, most);
    length += bytes.write(text, length);
    bytes[length] = endByte;
    length += 1;
  });
  return bytes.subarray(0, length);
}

function withRoom(bytes: Buffer, most: number): Buffer<ArrayBuffer> {
  const larger = Buffer.allocUnsafeSlow(Math.max(most, bytes.length * 2));
  larger.set(bytes);
  return larger;
}
