import type { Readable } from 'node:stream';
import { readLines, type TextLine } from '../../lines.ts';
import { type ListLine, LONGEST_LINE } from './list-line.ts';

/** The records of an NDJSON list, in groups as they arrive. Blank lines are passed over, and counted as lines. */
export async function* readNdjson(stream: Readable): AsyncGenerator<readonly ListLine[]> {
  for await (const lines of readLines(stream, { longest: LONGEST_LINE, chunk: 250 })) {
    yield lines.filter(({ text, fault }) => fault !== null || text.trim() !== '').map(read);
  }
}

function read({ number: line, text, fault }: TextLine): ListLine {
  if (fault === 'too_long') {
    return { line, code: 'LINE_TOO_LONG', detail: `is longer than ${LONGEST_LINE} bytes`, number: null };
  }
  // JSON is UTF-8 between systems (RFC 8259 section 8.1).
  if (fault === 'not_utf8') return { line, code: 'MALFORMED_JSON', detail: 'is not UTF-8', number: numberIn(text) };
  try {
    return { line, value: JSON.parse(text) as unknown, size: text.length };
  } catch {
    return { line, code: 'MALFORMED_JSON', detail: 'is not JSON', number: numberIn(text) };
  }
}

/** A line that is damaged elsewhere may still tell whom it is about. */
function numberIn(text: string): string | null {
  return /"number"\s*:\s*"([^"\\\ufffd]{1,64})"/.exec(text)?.[1] ?? null;
}
