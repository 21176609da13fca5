import { createHash, type Hash } from 'node:crypto';
import { Readable } from 'node:stream';

export interface BodyBytes {
  /** To be read once, to its end. Broken off, it leaves the request open, so that an answer can still be sent. */
  readonly stream: Readable;
  /** Hash of what has been read. */
  digest(): string;
}

/** The bytes of a body that arrives as a stream. */
export function bodyBytes(body: Readable): BodyBytes {
  const hash = createHash('sha256');
  return { stream: Readable.from(arriving(body, hash), { objectMode: false }), digest: () => hash.digest('base64url') };
}

async function* arriving(body: Readable, hash: Hash): AsyncGenerator<Buffer> {
  for await (const chunk of body.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
    hash.update(chunk);
    yield chunk;
  }
}
