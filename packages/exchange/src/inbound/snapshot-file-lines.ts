import { createHash } from 'node:crypto';

/** As much as one Security Event Token may have: a record with a megabyte of name is read, and put aside as a bad one. */
const LINE_BYTES = 2 * 1_048_576;

/** Of one file; what is longer is not what any manifest may announce. */
const FILE_BYTES = 1024 * 1_048_576;

export interface FileLines {
  /** Lines of text without their ends, in groups as they arrive; null: one that is too long to be held. Blank lines are passed over. */
  readonly groups: AsyncIterable<readonly (string | null)[]>;
  /** SHA-256 of the bytes that have arrived, base64url; once, at the end. */
  sum(): string;
}

/**
 * The lines of a file of a snapshot as it arrives, counted and summed: what is held is a piece of it and one line.
 * @param body ends with an error where the connection does
 */
export function readFileLines(
  body: AsyncIterable<Uint8Array>,
  limits: { readonly lineBytes?: number; readonly fileBytes?: number } = {},
): FileLines {
  const { lineBytes = LINE_BYTES, fileBytes = FILE_BYTES } = limits;
  const hash = createHash('sha256');
  return { groups: groups(), sum: () => hash.digest('base64url') };

  async function* groups(): AsyncGenerator<readonly (string | null)[]> {
    let held: Buffer[] = [];
    let heldBytes = 0;
    let bytes = 0;
    const take = (piece: Buffer): void => {
      heldBytes += piece.length;
      if (heldBytes <= lineBytes) held.push(piece);
      else held = [];
    };
    const line = (): string | null => {
      const text = heldBytes <= lineBytes ? Buffer.concat(held).toString('utf8') : null;
      [held, heldBytes] = [[], 0];
      return text;
    };
    for await (const chunk of body) {
      const piece = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
      bytes += piece.length;
      if (bytes > fileBytes) return;
      hash.update(piece);
      const lines: (string | null)[] = [];
      let start = 0;
      for (let end = piece.indexOf(10); end !== -1; end = piece.indexOf(10, start)) {
        take(piece.subarray(start, end));
        lines.push(line());
        start = end + 1;
      }
      take(piece.subarray(start));
      yield lines.filter(isNotBlank);
    }
    const last = line();
    if (isNotBlank(last)) yield [last];
  }
}

const isNotBlank = (text: string | null): boolean => text === null || text.trim() !== '';
