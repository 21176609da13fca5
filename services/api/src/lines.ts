import { isUtf8 } from 'node:buffer';
import type { Readable } from 'node:stream';

export interface TextLine {
  /** Counted from 1. */
  readonly number: number;
  /** Without its end; empty where it was too long to hold, with U+FFFD for what is not UTF-8. */
  readonly text: string;
  /** Why it cannot be read; null where it can. */
  readonly fault: 'too_long' | 'not_utf8' | null;
}

const LF = 0x0a;

/** Of a line that arrives byte by byte no more pieces are held: each takes a hundred times its byte. */
const MOST_PIECES = 1024;

/**
 * The lines of a stream in UTF-8, in groups of at most `chunk`, as they arrive: what has come is given out before more is awaited.
 * Lines end with LF or CRLF; the last one needs no end. Holds one chunk and one line, whatever the length of the stream.
 * @param longest bytes of a line that are held; a longer one is told as too long and passed over
 */
export async function* readLines(
  stream: Readable,
  { longest, chunk }: { readonly longest: number; readonly chunk: number },
): AsyncGenerator<readonly TextLine[]> {
  let begun: Buffer[] = [];
  let length = 0;
  let skipping = false;
  let number = 0;
  const hold = (bytes: Buffer): void => {
    length += bytes.length;
    if (skipping || bytes.length === 0) return;
    begun.push(bytes);
    if (begun.length === MOST_PIECES) begun = [Buffer.concat(begun)];
    if (length <= longest) return;
    skipping = true;
    begun = [];
  };
  const line = (text: string, isText: boolean): TextLine => {
    number += 1;
    const tooLong = skipping || Buffer.byteLength(text) > longest;
    skipping = false;
    const content = number === 1 ? text.replace(/^\uFEFF/, '') : text;
    if (tooLong) return { number, text: '', fault: 'too_long' };
    return { number, text: content.replace(/\r$/, ''), fault: isText ? null : 'not_utf8' };
  };
  /** Bytes up to the end of a line: as a rule they are text, and are looked at once. */
  function* linesIn(bytes: Buffer): Generator<readonly TextLine[]> {
    const isText = isUtf8(bytes);
    const lines = isText ? bytes.toString().split('\n') : splitLines(bytes);
    for (let start = 0; start < lines.length; start += chunk) {
      yield lines
        .slice(start, start + chunk)
        .map((one) => (typeof one === 'string' ? line(one, true) : line(one.toString(), isUtf8(one))));
    }
  }
  for await (const arrived of stream) {
    const bytes = arrived as Buffer;
    const end = bytes.lastIndexOf(LF);
    if (end !== -1) {
      const whole = Buffer.concat([...begun, bytes.subarray(0, end)]);
      [begun, length] = [[], 0];
      yield* linesIn(whole);
    }
    hold(bytes.subarray(end + 1));
  }
  if (length > 0) yield* linesIn(Buffer.concat(begun));
}

function splitLines(bytes: Buffer): Buffer[] {
  const lines: Buffer[] = [];
  let start = 0;
  for (let end = bytes.indexOf(LF); end !== -1; end = bytes.indexOf(LF, start)) {
    lines.push(bytes.subarray(start, end));
    start = end + 1;
  }
  return [...lines, bytes.subarray(start)];
}
