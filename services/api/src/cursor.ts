import { problem } from '@mra/contracts';

/** A list that is read page by page. */
export interface PagedList {
  /** Tells its cursors from those of other lists. */
  readonly list: string;
  /** How many parts the key by which it is ordered has. */
  readonly keyParts: number;
}

/**
 * The opaque cursor of the page after a row.
 * @param parts the key by which the list is ordered, of the last row of the page
 */
export function encodeCursor({ list }: PagedList, parts: readonly string[]): string {
  return Buffer.from(JSON.stringify([list, ...parts])).toString('base64url');
}

/**
 * The key in a cursor made by {@link encodeCursor} for the same list.
 * @throws VALIDATION_FAILED naming `/cursor` for anything else
 */
export function decodeCursor(paged: PagedList, cursor: string): readonly string[] {
  const [list, ...parts] = parse(Buffer.from(cursor, 'base64url').toString()) ?? [];
  const isOfList = list === paged.list && parts.length === paged.keyParts;
  if (isOfList && encodeCursor(paged, parts) === cursor) return parts;
  throw problem('VALIDATION_FAILED', {
    detail: 'One field is wrong.',
    errors: [{ pointer: '/cursor', detail: 'must be a nextCursor of an earlier page of this list' }],
  });
}

/** The filter of a list whose key is one text: what comes after the cursor, or everything. */
export function afterCursor(paged: PagedList, cursor: string | undefined): { readonly after?: string } {
  if (cursor === undefined) return {};
  const [after = ''] = decodeCursor(paged, cursor);
  return { after };
}

/** Control characters are no part of any key, and PostgreSQL refuses NUL. */
function parse(text: string): readonly string[] | null {
  try {
    const value: unknown = JSON.parse(text);
    const isKey = Array.isArray(value) && value.every((part) => typeof part === 'string' && /^\P{Cc}*$/u.test(part));
    return isKey ? value : null;
  } catch {
    return null;
  }
}

/**
 * A page of a list.
 * @param rows of the list from the cursor on, one more than the page holds where there are more
 * @param keyOf the parts of the key of a row
 */
export function toPage<Row, Item>(
  paged: PagedList,
  rows: readonly Row[],
  limit: number,
  keyOf: (row: Row) => readonly string[],
  toItem: (row: Row) => Item,
): { data: Item[]; nextCursor: string | null } {
  const page = rows.slice(0, limit);
  const last = page.at(-1);
  return {
    data: page.map(toItem),
    nextCursor: rows.length > limit && last !== undefined ? encodeCursor(paged, keyOf(last)) : null,
  };
}
