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

/** The same stream, which fails when no byte comes for so long. */
export function withIdleTimeout(
  body: ReadableStream<Uint8Array>,
  idleMs: number,
  onTimeout: () => void,
): ReadableStream<Uint8Array> {
  let timer = setTimeout(onTimeout, idleMs);
  return body.pipeThrough(
    new TransformStream<Uint8Array, Uint8Array>({
      transform(chunk, controller) {
        clearTimeout(timer);
        timer = setTimeout(onTimeout, idleMs);
        controller.enqueue(chunk);
      },
      flush: () => clearTimeout(timer),
    }),
  );
}
