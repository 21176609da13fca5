import type { Readable } from 'node:stream';
import { readLines, type TextLine } from '../../lines.ts';
import { type ListLine, LONGEST_LINE } from './list-line.ts';

/** The records of an NDJSON list, in groups as they arrive. Blank lines are passed over, and counted as lines. */
export async function* readNdjson(stream: Readable): AsyncGenerator<readonly ListLine[]> {
  for await (const lines of readLines(stream, { longest: LONGEST_LINE, chunk: 250 })) {
    yield lines.filter(({ text, tooLong }) => tooLong || text.trim() !== '').map(read);
  }
}

function read({ number: line, text, tooLong }: TextLine): ListLine {
  if (tooLong) {
    return { line, code: 'LINE_TOO_LONG', detail: `is longer than ${LONGEST_LINE} bytes`, number: null };
  }
  try {
    return { line, value: JSON.parse(text) as unknown, size: text.length };
  } catch {
    return { line, code: 'MALFORMED_JSON', detail: 'is not JSON', number: numberIn(text) };
  }
}

/** A line that is damaged elsewhere may still tell whom it is about. */
function numberIn(text: string): string | null {
  return /"number"\s*:\s*"([^"\\]{1,64})"/.exec(text)?.[1] ?? null;
}
