import type { Readable } from 'node:stream';
import { type BatchItemAnswer, invalidAnswer } from '@mra/contracts';
import { mapInTurns } from '@mra/registry';
import { readLines, type TextLine } from '../../lines.ts';
import { answerChunks } from './answer-chunks.ts';

/** Questions that share one query. Larger chunks gain little and hold the first answer back. */
const CHUNK = 250;

/** A question has under 1 KiB; a longer line is not one. */
const LONGEST_LINE = 65_536;

/**
 * Answers one question a line as lines arrive, in order. What is held is a few chunks: a reader that stops reading stops the work, and
 * so does a client that goes away.
 */
export function answerLines(
  questions: Readable,
  answer: (items: readonly unknown[]) => Promise<readonly BatchItemAnswer[]>,
): Readable {
  return answerChunks(parsedChunks(questions), async (parsed) => {
    const answers = (await answer(parsed.flatMap((line) => (line.ok ? [line.value] : [])))).values();
    const written = await mapInTurns(parsed, (line) => JSON.stringify(line.ok ? answers.next().value : line.answer));
    return Buffer.from(`${written.join('\n')}\n`);
  });
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
