import type { Readable } from 'node:stream';
import { StringDecoder } from 'node:string_decoder';

export interface TextLine {
  /** Counted from 1. */
  readonly number: number;
  /** Without its end; empty where it was too long to hold. */
  readonly text: string;
  readonly tooLong: boolean;
}

/**
 * The lines of a stream in UTF-8, in groups of at most `chunk`, as they arrive: what has come is given out before more is awaited.
 * Lines end with LF or CRLF; the last one needs no end. Holds one chunk and one line, whatever the length of the stream.
 * @param longest bytes of a line that are held; a longer one is told as too long and passed over
 */
export async function* readLines(
  stream: Readable,
  { longest, chunk }: { readonly longest: number; readonly chunk: number },
): AsyncGenerator<readonly TextLine[]> {
  const decoder = new StringDecoder('utf8');
  let rest = '';
  let skipping = false;
  let number = 0;
  const line = (text: string): TextLine => {
    number += 1;
    const tooLong = skipping || Buffer.byteLength(text) > longest;
    skipping = false;
    const content = number === 1 ? text.replace(/^\uFEFF/, '') : text;
    return { number, text: tooLong ? '' : content.replace(/\r$/, ''), tooLong };
  };
  for await (const bytes of stream) {
    const parts = (rest + decoder.write(bytes as Buffer)).split('\n');
    rest = parts.pop() ?? '';
    if (rest.length > longest) {
      skipping = true;
      rest = '';
    }
    for (let start = 0; start < parts.length; start += chunk) yield parts.slice(start, start + chunk).map(line);
  }
  rest += decoder.end();
  if (rest !== '' || skipping) yield [line(rest)];
}
