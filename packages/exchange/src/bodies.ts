/** A body as text, up to a number of bytes; what is beyond is not read. `isWhole` says whether that was all. */
export async function readText(
  body: ReadableStream<Uint8Array> | null,
  maxBytes: number,
): Promise<{ readonly text: string; readonly isWhole: boolean }> {
  const decoder = new TextDecoder();
  let text = '';
  let left = maxBytes;
  // Leaving the loop early cancels the body and with it the connection.
  for await (const chunk of body ?? []) {
    if (chunk.byteLength > left) return { text: text + decoder.decode(chunk.subarray(0, left)), isWhole: false };
    left -= chunk.byteLength;
    text += decoder.decode(chunk, { stream: true });
  }
  return { text: text + decoder.decode(), isWhole: true };
}

/** The same stream; `onIdle` is called when a byte has been waited for that long. A reader that takes its time is no such wait. */
export function withIdleTimeout(
  body: ReadableStream<Uint8Array>,
  idleMs: number,
  onIdle: () => void,
): ReadableStream<Uint8Array> {
  return ReadableStream.from(read());

  async function* read(): AsyncGenerator<Uint8Array> {
    const reader = body.getReader();
    try {
      for (;;) {
        const timer = setTimeout(onIdle, idleMs);
        const { done, value } = await reader.read().finally(() => clearTimeout(timer));
        if (done) return;
        yield value;
      }
    } finally {
      await reader.cancel().catch(() => undefined);
    }
  }
}
