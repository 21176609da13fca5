/**
 * Whether the text is base64url as RFC 4648 section 5 and RFC 7515 section 2 want it: the alphabet alone, no padding, no white
 * space, unused bits zero. Decoders forgive all of these, so that several strings stand for the same bytes; of the strings for which
 * this is true, each stands for bytes of its own.
 */
export function isStrictBase64url(text: string): boolean {
  // Checked before decoding, so that what is decoded is at most as long as the text.
  if (!/^[A-Za-z0-9_-]*$/.test(text)) return false;
  return Buffer.from(text, 'base64url').toString('base64url') === text;
}

/** The text that strict base64url stands for, or null when the bytes are not UTF-8. A byte order mark is kept, and so is not JSON. */
export function decodeUtf8(segment: string): string | null {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(Buffer.from(segment, 'base64url'));
  } catch {
    return null;
  }
}
