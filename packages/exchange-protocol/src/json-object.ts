/**
 * Reads a JSON object in which no object has a member twice. `JSON.parse` takes the last of two, other readers the first: a signed
 * text must have one meaning (RFC 7519 section 4; RFC 8417 section 2.2 for `events`).
 * @returns null when the text is not JSON, not an object, or has a member twice
 */
export function readJsonObject(text: string): Record<string, unknown> | null {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return null;
  }
  return isObject(value) && !hasMemberTwice(text) ? value : null;
}

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Strings and the marks that open, close and separate; what stands between them cannot be a member name. */
const TOKENS = /"[^"\\]*(?:\\.[^"\\]*)*"|[{}[\]:]/g;

/** @param text must be valid JSON */
function hasMemberTwice(text: string): boolean {
  const open: Set<string>[] = [];
  let string = '';
  for (const [token] of text.matchAll(TOKENS)) {
    if (token === '{' || token === '[') open.push(new Set());
    else if (token === '}' || token === ']') open.pop();
    else if (token !== ':') string = token;
    else {
      // The string before a colon is a name; compared as read, because "a" and "\u0061" are one name.
      const name: string = JSON.parse(string);
      const members = open.at(-1);
      if (members?.has(name)) return true;
      members?.add(name);
    }
  }
  return false;
}
