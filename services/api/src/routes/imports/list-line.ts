/** A line of a list that holds a record, in the shape of an `ImportLine` and not yet validated. */
export interface ReadLine {
  /** Line of the file on which the record begins, from 1. */
  readonly line: number;
  readonly value: unknown;
  /** About how many characters it has. */
  readonly size: number;
}

/** A line whose record cannot be read. */
export interface UnreadableLine {
  readonly line: number;
  readonly code: 'LINE_TOO_LONG' | 'MALFORMED_JSON' | 'COLUMN_COUNT';
  readonly detail: string;
  /** Its authorisation number, where that can be read all the same. */
  readonly number: string | null;
}

export type ListLine = ReadLine | UnreadableLine;

/** Bytes of one line: a record with every list filled has less, and no reader has to hold more. */
export const LONGEST_LINE = 262_144;
