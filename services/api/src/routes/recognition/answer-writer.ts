import type { BatchItemAnswer } from '@mra/contracts';
import { eachInTurns } from '@mra/registry';

/** An answer has 2,100 bytes on average; of room that is not used only addresses are taken. */
const USUAL_BYTES = 2600;

/** Of a character of a string in UTF-8. */
const MOST_BYTES = 3;

/** What stands before, between and after answers; all in ASCII. */
export interface Frame {
  readonly begin: string;
  readonly between: string;
  readonly end: string;
}

export interface AnswerWriter {
  /**
   * Writes answers as JSON, each before the next is made: what it was made of is then gone when young objects are collected. Made all
   * together and then written, they were copied by the collector again and again, a third of all work.
   */
  write(answers: Iterable<BatchItemAnswer>): Promise<void>;
  /** All that has been written, in its frame; nothing can be written after. */
  end(): Buffer;
}

/** @param expected so many answers, of a usual length, are written without looking for more room, which takes both at once */
export function createAnswerWriter(frame: Frame, expected: number): AnswerWriter {
  let bytes = Buffer.allocUnsafeSlow(expected * USUAL_BYTES);
  let length = 0;
  const append = (text: string): void => {
    const most = length + text.length * MOST_BYTES;
    if (most > bytes.length) {
      const larger = Buffer.allocUnsafeSlow(Math.max(most, bytes.length * 2));
      larger.set(bytes.subarray(0, length));
      bytes = larger;
    }
    length += bytes.write(text, length);
  };
  append(frame.begin);
  const first = length;
  return {
    write: (answers) =>
      eachInTurns(answers, (answer) => {
        if (length > first) append(frame.between);
        append(JSON.stringify(answer));
      }),
    end() {
      append(frame.end);
      return bytes.subarray(0, length);
    },
  };
}
