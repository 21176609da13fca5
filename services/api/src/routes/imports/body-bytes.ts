import { createHash, type Hash } from 'node:crypto';
import { Readable } from 'node:stream';
import { problem } from '@mra/contracts';

export interface BodyBytes {
  /** To be read once, to its end. Broken off, it leaves the request open, so that an answer can still be sent. */
  readonly stream: Readable;
  /** Hash of what has been read. */
  digest(): string;
}

/** The bytes of a body that arrives as a stream. Its reader is told with a VALIDATION_FAILED when they are not UTF-8. */
export function bodyBytes(body: Readable): BodyBytes {
  const hash = createHash('sha256');
  return { stream: Readable.from(arriving(body, hash), { objectMode: false }), digest: () => hash.digest('base64url') };
}

async function* arriving(body: Readable, hash: Hash): AsyncGenerator<Buffer> {
  const utf8 = new TextDecoder('utf-8', { fatal: true });
  for await (const chunk of body.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
    hash.update(chunk);
    mustBeUtf8(() => utf8.decode(chunk, { stream: true }));
    yield chunk;
  }
  mustBeUtf8(() => utf8.decode());
}

function mustBeUtf8(decode: () => string): void {
  try {
    decode();
  } catch {
    // A list in another encoding has such bytes on many lines, or reads as other names: it is refused as a whole.
    throw problem('VALIDATION_FAILED', { errors: [{ pointer: '', detail: 'is not text in UTF-8' }] });
  }
}
