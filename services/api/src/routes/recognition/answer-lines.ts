import type { Readable } from 'node:stream';
import { type BatchItemAnswer, invalidAnswer } from '@mra/contracts';
import { readLines, type TextLine } from '../../lines.ts';
import { answerChunks } from './answer-chunks.ts';
import { createAnswerWriter } from './answer-writer.ts';

/** Questions that share one query. Larger chunks gain little, hold the first answer back and take 20 MB more memory. */
const CHUNK = 100;

/** A question has under 1 KiB; a longer line is not one. */
const LONGEST_LINE = 65_536;

/**
 * Answers one question a line as lines arrive, in order. What is held is a few chunks: a reader that stops reading stops the work, and
 * so does a client that goes away.
 */
export function answerLines(
  questions: Readable,
  answer: (items: readonly unknown[]) => Promise<Iterable<BatchItemAnswer>>,
): Readable {
  return answerChunks(parsedChunks(questions), async (parsed) => {
    const answers = await answer(parsed.flatMap((line) => (line.ok ? [line.value] : [])));
    const writer = createAnswerWriter(FRAME, parsed.length);
    await writer.write(inOrder(parsed, answers));
    return writer.end();
  });
}

const FRAME = { begin: '', between: '\n', end: '\n' };

/** The answers to the lines that could be read, and between them those to the lines that could not. */
function* inOrder(parsed: readonly Parsed[], answers: Iterable<BatchItemAnswer>): Generator<BatchItemAnswer> {
  const toRead = answers[Symbol.iterator]();
  for (const line of parsed) {
    const answer = line.ok ? toRead.next().value : line.answer;
    if (answer === undefined) throw new Error('a question without an answer');
    yield answer;
  }
}

type Parsed = { readonly ok: true; readonly value: unknown } | { readonly ok: false; readonly answer: BatchItemAnswer };

async function* parsedChunks(questions: Readable): AsyncGenerator<readonly Parsed[]> {
  for await (const lines of readLines(questions, { longest: LONGEST_LINE, chunk: CHUNK })) {
    const parsed = lines.filter(({ text, fault }) => fault !== null || text.trim() !== '').map(parse);
    if (parsed.length > 0) yield parsed;
  }
}

function parse({ text, fault }: TextLine): Parsed {
  if (fault === 'too_long') return unreadable(`is longer than ${LONGEST_LINE} bytes`);
  if (fault === 'not_utf8') return unreadable('is not UTF-8');
  try {
    return { ok: true, value: JSON.parse(text) as unknown };
  } catch {
    return unreadable('is not JSON');
  }
}

function unreadable(detail: string): Parsed {
  return { ok: false, answer: invalidAnswer(null, [{ pointer: '', detail }]) };
}
