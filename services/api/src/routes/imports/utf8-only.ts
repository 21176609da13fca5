import { problem } from '@mra/contracts';

/** Bytes as they arrive. Throws VALIDATION_FAILED when they are not UTF-8. */
export async function* utf8Only(arriving: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  const utf8 = new TextDecoder('utf-8', { fatal: true });
  for await (const chunk of arriving) {
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
